Feature: Users
  Signing up.

  @signUp.usable-token
  Scenario: The access token of a sign-up opens the account
    When I call signUp
    Then the access token of the answer opens my account

  @signUp.usable-refresh-token
  Scenario: The refresh token of a sign-up can be exchanged
    When I call signUp
    Then the refresh token of the answer can be exchanged

  @signUp.unique-email
  Scenario: An e-mail signs up once
    When I call signUp
    Then it succeeds
    When I call signUp with "email" set to mine
    Then it is refused
    When I call logIn
    Then it succeeds

  @signUp.body.password.minLength
  Scenario: The documented password is long enough and has all that is asked
    When I call signUp with "password" set to "the-Secret-123"
    Then it succeeds
    When I call logIn
    Then it succeeds

  @signUp.body.password.minLength
  Scenario: A password without special characters will do
    When I call signUp with "password" set to "Secret12"
    Then it succeeds
    When I call logIn
    Then it succeeds

  @signUp.body.password.minLength
  Scenario: A password that begins with its number will do
    When I call signUp with "password" set to "123-the-Secret"
    Then it succeeds
    When I call logIn
    Then it succeeds

  @signUp.body.password.minLength
  Scenario: A long password will do
    When I call signUp with "password" set to "Correct horse battery staple 42, and a Zebra"
    Then it succeeds
    When I call logIn
    Then it succeeds

Feature: Current User
  Who is signed in.

  @me.own
  Scenario: The answer is about the signed-in user
    Given I am signed in as a new user
    And somebody else is signed in as a new user
    When I call me
    Then the answer's "email" is mine
    And the answer's "name" is mine
    When I call logIn
    And I call me
    Then the answer's "email" is mine
    And the answer's "name" is mine

  @me.own
  Scenario: A name is more than ASCII
    Given I am signed in as a new user with "name" set to "Zoë O'Brien-Łukasiewicz 王"
    When I call me
    Then the answer's "name" is mine

  @me.200.avatar_url.computed
  Scenario: The avatar follows from the e-mail in small letters
    Given I am signed in as a new user whose "email" has capital letters
    When I call me
    Then it succeeds

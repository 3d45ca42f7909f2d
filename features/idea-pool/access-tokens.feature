Feature: AccessTokens
  Logging in, refreshing and logging out.

  Rule: A login gives tokens that work

    @logIn.usable-token
    Scenario: The access token of a login opens the account
      Given I am signed in as a new user
      When I call logIn
      Then the access token of the answer opens my account

    @logIn.usable-refresh-token
    Scenario: The refresh token of a login can be exchanged
      Given I am signed in as a new user
      When I call logIn
      Then the refresh token of the answer can be exchanged

    @logIn.own-account
    Scenario: The access token of a login opens the same account as that of the sign-up
      Given somebody else is signed in as a new user with "password" set to "the-Secret-123"
      And I am signed in as a new user with "password" set to "the-Secret-123"
      When I call logIn
      Then the access token of the answer opens the same account as the one before

    @logIn.second-session
    Scenario: A second login leaves the account usable
      Given I am signed in as a new user
      And I am signed in a second time
      Then my other session still works
      And my access token still works
      When I call logIn
      Then the refresh token of the answer can be exchanged

    @logIn.first-session
    Scenario: The refresh token of the first session outlives the second login
      Given I am signed in as a new user
      And I am signed in a second time
      Then my session still works

    @logIn.second-session
    Scenario: A login of somebody else leaves my session alone
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      When somebody else calls logIn
      Then it succeeds
      And my session still works

    @logIn.wrong-credentials
    Scenario: A wrong password is refused
      Given I am signed in as a new user
      When I call logIn with "password" set to "the-Wrong-456"
      Then it is refused
      When I call logIn with "password" set to my password in other letters
      Then it is refused
      When I call logIn with "password" set to my password but for its end
      Then it is refused
      When I call logIn with "password" set to "' OR '1'='1"
      Then it is refused
      When I call logIn with "password" set to ""
      Then it is refused
      When I call logIn
      Then it succeeds

    @logIn.wrong-credentials
    Scenario: A query in place of the password signs nobody in
      Given I am signed in as a new user
      When I call logIn with "password" set to {"$ne": null}
      Then it does not succeed
      When I call logIn
      Then it succeeds

    @logIn.wrong-credentials
    Scenario: An unknown e-mail is refused
      Given I am signed in as a new user
      When I call logIn with "email" set to "nobody-at-all-was-ever-here@example.com"
      Then it is refused
      When I call logIn
      Then it succeeds

    @logIn.wrong-credentials
    Scenario: The password of somebody else is refused
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      When I call logIn with "password" set to that of somebody else
      Then it is refused
      When I call logIn
      Then it succeeds

  Rule: A refresh token is exchanged for a new access token

    @refresh.usable-token
    Scenario: The new access token can be used
      Given I am signed in as a new user
      When I call refresh
      Then the access token of the answer opens my account

    @refresh.usable-token
    Scenario: The refresh token of a second session gives a token that can be used
      Given I am signed in as a new user
      And I am signed in a second time
      When my other session calls refresh
      Then the access token of the answer opens my account

    @refresh.own-account
    Scenario: The new access token shows the same records
      Given I am signed in as a new user
      And I have called createIdea 2 times
      When I call refresh
      Then it succeeds
      And listIdeas shows me my items as they were answered

    @refresh.own-account
    Scenario: The new access token opens the same account, whoever else is there
      Given somebody else is signed in as a new user
      And I am signed in as a new user
      When I call refresh
      Then the access token of the answer opens the same account as the one before
      When somebody else calls refresh
      Then the access token of the answer opens the same account as the one before
      When I call logIn
      And I call refresh
      Then the access token of the answer opens the same account as the one before

    @refresh.token-stays-valid
    Scenario: The refresh token can be used again
      Given I am signed in as a new user
      And I have called refresh
      When I call refresh with "refresh_token" set to my first refresh token
      Then it succeeds
      And the access token of the answer opens my account

    @refresh.unknown-token
    Scenario: A refresh token that nobody was given is refused
      Given I am signed in as a new user
      When I call refresh with "refresh_token" set to a refresh token that nobody was given
      Then it is refused
      When I call refresh with "refresh_token" set to "no-such-token"
      Then it is refused
      When I call refresh with "refresh_token" set to my refresh token but for its end
      Then it is refused
      When I call refresh
      Then it succeeds

    @refresh.unknown-token
    Scenario: The letters of a refresh token count
      Given I am signed in as a new user
      When I call refresh with "refresh_token" set to my refresh token in other letters
      Then it is refused
      When I call refresh
      Then it succeeds

    @refresh.unknown-token
    Scenario: An access token is no refresh token
      Given I am signed in as a new user
      When I call refresh with "refresh_token" set to my access token
      Then it is refused
      When I call refresh
      Then it succeeds

    @refresh.unknown-token
    Scenario Outline: After somebody has logged out, <what> is still refused
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      And somebody else has called logOut
      When I call refresh with "refresh_token" set to <value>
      Then it is refused
      When I call refresh
      Then it succeeds

      Examples:
        | what                     | value                               |
        | an unknown refresh token | a refresh token that nobody was given |
        | an empty refresh token   | ""                                  |
        | null                     | null                                |

    @refresh.unknown-token
    Scenario: After somebody has logged out, a missing refresh token is still refused
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      And somebody else has called logOut
      When I call refresh without "refresh_token"
      Then it is refused
      When I call refresh
      Then it succeeds

  Rule: Logging out ends the refresh token

    @logOut.refresh-token-dies
    Scenario: The refresh token no longer works
      Given I am signed in as a new user
      And I have called logOut
      When I call refresh with "refresh_token" set to my refresh token
      Then it is refused

    @logOut.refresh-token-dies
    Scenario: The refresh token of a login no longer works
      Given I am signed in as a new user
      And I have called logIn
      And I have called logOut
      When I call refresh with "refresh_token" set to my refresh token
      Then it is refused

    @logOut.refresh-token-dies
    Scenario: Of two sessions the one that logs out ends
      Given I am signed in as a new user
      And I am signed in a second time
      And I have called logOut
      When I call refresh with "refresh_token" set to my refresh token
      Then it is refused

    @logOut.log-in-again
    Scenario: Logging out takes nothing away
      Given I am signed in as a new user
      And I have called createIdea 2 times
      And I have called logOut
      When I call logIn
      Then it succeeds
      And listIdeas shows me my items as they were answered

    @logOut.log-in-again
    Scenario: One can log in again
      Given I am signed in as a new user
      And I have called logOut
      When I call logIn
      Then it succeeds
      And the access token of the answer opens my account

    @logOut.204
    Scenario: One can log out of a second login too
      Given I am signed in as a new user
      And I have called logOut
      And I have called logIn
      When I call logOut
      Then it succeeds

    @logOut.204
    Scenario: Logging out ends nobody else's session
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      When somebody else calls logOut
      Then it succeeds
      And my session still works

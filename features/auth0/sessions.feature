Feature: Refreshing, giving back and signing out
  What outlives a sign-in, and what ends it.

  Rule: a refresh token is for one application and one use

    @refresh.offline-access
    Scenario: A refresh token comes with offline_access, and not without
      Given I have tokens
      Then there is no refresh token
      Given I have tokens and the scope "offline_access"
      Then there is a refresh token

    @refresh.rotates
    Scenario: A refresh gives tokens of the same person and another refresh token
      Given I have tokens and the scope "offline_access"
      When I refresh
      Then I get tokens
      And the refresh token is a new one
      And the id token speaks of the same person

    @refresh.reuse-revokes
    Scenario: A refresh token used again kills what came of it
      Given I have tokens and the scope "offline_access"
      When I refresh
      Then I get tokens
      When I refresh with the first refresh token
      Then I am refused with invalid_grant
      When I refresh
      Then I am refused with invalid_grant

    @refresh.of-client
    Scenario: A refresh token is worth nothing to another client
      Given I have tokens and the scope "offline_access"
      When I refresh as another client
      Then I am refused with invalid_grant or invalid_client or unauthorized_client
      Given I have fresh tokens and the scope "offline_access"
      When I refresh
      Then I get tokens

    @refresh.scope-not-widened
    Scenario: A refresh cannot widen the scope
      Given I have tokens with "scope" set to "openid offline_access"
      When I refresh with "scope" set to "openid email offline_access"
      Then I am refused with invalid_scope
      Given I have fresh tokens and the scope "offline_access"
      When I refresh
      Then I get tokens

  Rule: a token that was given back is worth nothing

    @revoke.token-dies
    Scenario: A revoked refresh token is worth nothing
      Given I have tokens and the scope "offline_access"
      When I revoke my refresh token
      Then I am let in
      When I refresh
      Then I am refused with invalid_grant

    @revoke.takes-along
    Scenario: A revoked refresh token takes the access token with it
      Given I have tokens and the scope "offline_access"
      When I show userInfo my access token
      Then I am let in
      When I revoke my refresh token
      Then I am let in
      When I show userInfo my access token
      Then I am turned away with 401

    @revoke.unknown-is-ok
    Scenario: Giving back what nobody knows is fine
      Given I have tokens
      When I revoke a made-up token
      Then I am let in

    @revoke.of-client
    Scenario: A client cannot give back the tokens of another
      Given I have tokens and the scope "offline_access"
      And I am another client
      When I revoke my refresh token
      Given I am the first client
      When I refresh
      Then I get tokens
  Rule: who signed out is signed out

    @logout.session-ends
    Scenario Outline: After <operation> nobody is signed in
      Given I have tokens
      And my session is remembered
      When I sign out by <operation>
      And I ask for a code with "prompt" set to "none"
      Then I am not signed in

      Examples:
        | operation  |
        | endSession |
        | logOut     |

    @endSession.200
    Scenario: Who has nowhere to go is shown a page
      Given the provider is the documented one
      And I have tokens
      When I sign out by endSession to no address
      Then I am signed out

    @logOut.200
    Scenario: Who has nowhere to go is shown a page by the vendor's way too
      Given the provider is the documented one
      And I have tokens
      When I sign out by logOut to no address
      Then I am signed out

    @logout.redirect-registered
    Scenario Outline: <operation> leads nowhere that nobody registered
      Given I have tokens
      When I sign out by <operation> to an address that nobody registered
      Then I am shown a page and sent nowhere

      Examples:
        | operation  |
        | endSession |
        | logOut     |

    @logout.state-returned
    Scenario: The state of a sign-out comes back
      Given I have tokens
      When I sign out by endSession
      Then I am signed out and back with my state

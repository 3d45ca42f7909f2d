Feature: Sign-out
  Revoking one session, and ending all of them.

  Rule: Revoking a refresh token ends its session

    Background:
      Given I am signed in to the pool in a session of my own

    @revokeToken.refresh-token-dies
    Scenario Outline: A revoked refresh token gives nothing, with <flow>
      When I refresh my tokens with <flow>
      Then it succeeds
      When I revoke my refresh token
      Then it succeeds
      When I refresh my tokens with <flow>
      Then it is refused as NotAuthorizedException

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

    @revokeToken.access-tokens-die
    Scenario: The access token of a revoked session opens nothing
      When I ask for my attributes with my access token
      Then it succeeds
      When I revoke my refresh token
      Then it succeeds
      When I ask for my attributes with my access token
      Then it is refused as NotAuthorizedException

    @revokeToken.access-tokens-die
    Scenario: Nor do the access tokens that came of refreshing
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then the new access token opens my account
      When I revoke my refresh token
      Then it succeeds
      When I ask for my attributes with my access token
      Then it is refused as NotAuthorizedException
      When I ask for my attributes with my access token from before
      Then it is refused as NotAuthorizedException

    @revokeToken.others-live
    Scenario: Another session of the same user goes on
      Given I am signed in to the pool a second time
      When I revoke my refresh token
      Then it succeeds
      And my second session still opens its account

    @revokeToken.unknown-token
    Scenario: Revoking what nobody was given changes nothing
      When I revoke a refresh token that nobody was given
      Then it succeeds
      When I ask for my attributes with my access token
      Then it succeeds

    @revokeToken.of-client
    Scenario: Another client cannot end the session
      When I revoke my refresh token for another client
      Then it is refused
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

  Rule: A global sign-out ends every session of the user

    Background:
      Given I am signed in to the pool in a session of my own

    @globalSignOut.access-tokens-die @alone
    Scenario: No access token opens anything any more
      When I ask for my attributes with my access token
      Then it succeeds
      When I sign out everywhere
      Then it succeeds
      When I ask for my attributes with my access token
      Then it is refused as NotAuthorizedException

    @globalSignOut.refresh-tokens-die @alone
    Scenario Outline: No refresh token gives anything any more, with <flow>
      When I refresh my tokens with <flow>
      Then it succeeds
      When I sign out everywhere
      Then it succeeds
      When I refresh my tokens with <flow>
      Then it is refused as NotAuthorizedException

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

    @globalSignOut.every-session @alone
    Scenario: Other sessions of the user end too
      Given I am signed in to the pool a second time
      When I ask for my attributes with my other session's access token
      Then it succeeds
      When I sign out everywhere
      Then it succeeds
      When I ask for my attributes with my other session's access token
      Then it is refused as NotAuthorizedException
      When I refresh my tokens with REFRESH_TOKEN_AUTH with my other session's refresh token
      Then it is refused as NotAuthorizedException

    @globalSignOut.own-sessions-alone @alone
    Scenario: The sessions of other users go on
      Given another user is signed in to the pool
      When I sign out everywhere
      Then it succeeds
      And another user's session still opens its account

    @accessToken.not-signed-out @alone
    Scenario: Whoever was signed out signs nobody out
      When I revoke my refresh token
      Then it succeeds
      When I sign out everywhere
      Then it is refused as NotAuthorizedException

    @globalSignOut.sign-in-again @alone
    Scenario: One can sign in again
      When I sign out everywhere
      Then it succeeds
      And I can sign in again

  Rule: Only an access token signs anybody out

    Background:
      Given I am signed in to the pool

    @accessToken.signature @alone
    Scenario Outline: A token with <what> signs nobody out
      When I sign out everywhere with <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what                |
        | a changed signature |
        | a changed payload   |
        | no signature        |

    @accessToken.algorithm @alone
    Scenario Outline: A token of <what> signs nobody out
      When I sign out everywhere with <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what                                   |
        | the algorithm none                     |
        | the algorithm HS256 and the public key |

    @accessToken.key-known @alone
    Scenario Outline: A token signed by <what> signs nobody out
      When I sign out everywhere with <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what                                      |
        | a key of nobody's                         |
        | a key of nobody's under an unknown key id |
        | a key of nobody's that comes along        |

    @accessToken.not-id-token @alone
    Scenario Outline: <what> signs nobody out
      When I sign out everywhere with <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what             |
        | my id token      |
        | my refresh token |

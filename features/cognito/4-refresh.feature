Feature: Refresh
  New tokens for a refresh token.

  Background:
    Given I am signed in to the pool

  Rule: New tokens of the same sign-in

    @initiateAuth.refresh @refresh.usable-token
    Scenario Outline: <flow> gives tokens that work
      When I refresh my tokens with <flow>
      Then it succeeds
      And the new access token opens my account

      Examples:
        | flow               |
        | REFRESH_TOKEN_AUTH |
        | REFRESH_TOKEN      |

    @refresh.usable-token
    Scenario: GetTokensFromRefreshToken gives tokens that work
      When I refresh my tokens with GetTokensFromRefreshToken
      Then it succeeds
      And the new access token opens my account

    @refresh.same-sign-in
    Scenario Outline: <flow> keeps the sign-in
      When I refresh my tokens with <flow>
      Then it succeeds
      And the new tokens keep sub, origin_jti, auth_time, client_id and username
      And the new tokens have another jti

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

  Rule: What gives no tokens

    @refresh.unknown-token
    Scenario Outline: A refresh <what> is refused
      When I refresh my tokens with REFRESH_TOKEN_AUTH <what>
      Then it is refused as NotAuthorizedException
      When I refresh my tokens with GetTokensFromRefreshToken <what>
      Then it is refused as NotAuthorizedException
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

      Examples:
        | what                                       |
        | with a changed refresh token               |
        | with a refresh token that nobody was given |
        | with my access token                       |

    @refresh.token-of-client
    Scenario: A refresh token is for its client alone
      When I refresh my tokens with REFRESH_TOKEN_AUTH for another client
      Then it is refused
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

    @token.client-known
    Scenario: A client whom nobody knows refreshes nothing
      When I refresh my tokens with REFRESH_TOKEN_AUTH for a client whom nobody knows
      Then it is refused as ResourceNotFoundException
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

    @initiateAuth.parameters-of-the-flow
    Scenario: A refresh needs a refresh token
      When I refresh my tokens with REFRESH_TOKEN_AUTH without REFRESH_TOKEN
      Then it is refused as InvalidParameterException
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

    @refresh.token-expires @slow
    Scenario: A refresh token does not live for ever
      Given I am signed in to the pool in a session of my own
      And the lifetime of my refresh token has passed
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it is refused
      Given I am signed in to the pool in a session of my own
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

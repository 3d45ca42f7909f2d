Feature: Refresh
  New tokens for a refresh token.

  Background:
    Given I am signed in to the pool in a session of my own

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
      Given I have refreshed my tokens with <flow>
      Then the new tokens keep sub, origin_jti, auth_time, client_id and username
      And the new tokens have another jti

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

    @token.two-keys @token.no-typ @token.access-without-aud @token.claims-of-its-kind @token.names-user-and-client @token.issuer-of-pool @token.expires-in @token.keys-published
    Scenario Outline: The tokens of <flow> are made as those of a sign-in
      Given I have refreshed my tokens with <flow>
      Then my tokens verify with the published keys
      And my tokens name two different keys
      And the headers of my tokens hold kid and alg alone
      And my tokens name the user and the client
      And my access token has no aud
      And each of my tokens holds the claims of its kind
      And the issuer of my tokens is the pool's
      And ExpiresIn is the lifetime of my access token

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
    Scenario Outline: A refresh token is for its client alone, with <flow>
      When I refresh my tokens with <flow> for another client
      Then it is refused
      When I refresh my tokens with <flow>
      Then it succeeds

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

    @token.client-known
    Scenario Outline: A client whom nobody knows refreshes nothing, with <flow>
      When I refresh my tokens with <flow> for a client whom nobody knows
      Then it is refused as ResourceNotFoundException
      When I refresh my tokens with <flow>
      Then it succeeds

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

    @initiateAuth.parameters-of-the-flow
    Scenario: A refresh needs a refresh token
      When I refresh my tokens with REFRESH_TOKEN_AUTH without REFRESH_TOKEN
      Then it is refused as InvalidParameterException
      When I refresh my tokens with REFRESH_TOKEN_AUTH
      Then it succeeds

    @refresh.token-expires @slow
    Scenario Outline: A refresh token does not live for ever, with <flow>
      Given the lifetime of my refresh token has passed
      When I refresh my tokens with <flow>
      Then it is refused
      Given I am signed in to the pool in a session of my own
      When I refresh my tokens with <flow>
      Then it succeeds

      Examples:
        | flow                      |
        | REFRESH_TOKEN_AUTH        |
        | GetTokensFromRefreshToken |

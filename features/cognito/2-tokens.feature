Feature: Tokens
  What the recorded tokens hold.

  Background:
    Given I am signed in to the pool

  Rule: Two tokens of one sign-in

    @token.two-keys
    Scenario: The two tokens are signed with two keys
      Then my tokens name two different keys

    @token.no-typ
    Scenario: The headers hold a key id and an algorithm
      Then the headers of my tokens hold kid and alg alone

    @token.key-ids
    Scenario: Key ids are standard base64
      Then the key ids of my tokens are standard base64 of 32 bytes

    @token.one-sign-in
    Scenario: Both tokens tell of the same sign-in
      Then my tokens agree in sub, origin_jti, event_id, auth_time, iat and exp
      And my tokens differ in jti

    @token.sign-in-time
    Scenario: The tokens tell the moment of the sign-in
      Then auth_time and iat of my tokens are the moment of the sign-in

    @token.names-user-and-client
    Scenario: The tokens name the user and the client
      Then my tokens name the user and the client

    @token.access-without-aud
    Scenario: The access token is for nobody in particular
      Then my access token has no aud

    @token.claims-of-its-kind
    Scenario: No token holds a claim of the other kind
      Then each of my tokens holds the claims of its kind

    @token.issuer-of-pool
    Scenario: The issuer is the pool
      Then the issuer of my tokens is the pool's

    @token.expires-in
    Scenario: ExpiresIn is what the token says
      Then ExpiresIn is the lifetime of my access token

    @token.refresh-is-jwe
    Scenario: The refresh token is a JWE
      Then my refresh token is a JWE of RSA-OAEP and A256GCM

  Rule: The keys are published

    @token.key-size
    Scenario: The keys are large enough
      Then my tokens are signed with keys of 2048 bits or more

    @token.keys-published
    Scenario: Both tokens verify with the published keys
      Then my tokens verify with the published keys

    @getKeySet.key-complete
    Scenario: Every key tells what it is for
      Then every published key tells its id, its algorithm and its use

    @discover.issuer-of-tokens
    Scenario: The discovery document names the issuer
      Then the discovery document names the issuer of my tokens

    @discover.key-set
    Scenario: The key set is where the discovery document says
      Then the key set stands where the discovery document says

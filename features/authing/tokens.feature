Feature: Exchanging a code, and what is refused
  Each refusal stands beside the same request without its fault, which gets tokens.

  Rule: a code is for one application, one address and one use

    @token.code-known
    Scenario: A made-up code gets nothing
      Given I have a code
      When I exchange the code with "code" set to "a made-up code"
      Then I am refused with invalid_grant
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.code-single-use
    Scenario: A code is taken once
      Given I have a code
      When I exchange the code
      Then I get tokens
      When I exchange the code once more
      Then I am refused with invalid_grant

    @token.code-reuse-revokes
    Scenario: A code used twice revokes what its first use gave
      Given I have tokens
      When I show userInfo my access token
      Then I am let in
      Given the code is not taken twice
      When I show userInfo my access token
      Then I am turned away with 401

    @token.code-of-client
    Scenario: A code is worth nothing to another client
      Given I have a code
      When I exchange the code as another client
      Then I am refused with invalid_grant or invalid_client or unauthorized_client
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.code-of-redirect
    Scenario: The redirect_uri is that of the authorization request
      Given I have a code
      When I exchange the code with "redirect_uri" set to "another redirect_uri"
      Then I am refused with invalid_grant or invalid_request
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.code-of-redirect
    Scenario: The redirect_uri is not left out
      Given the provider is the documented one
      And I have a code
      When I exchange the code without "redirect_uri"
      Then I am refused with invalid_grant or invalid_request
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.code-expires @slow
    Scenario: A code expires
      Given I have a code
      And the code has expired
      When I exchange the code
      Then I am refused with invalid_grant
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

  Rule: the code_verifier proves who asked

    @token.verifier-required
    Scenario: Without the code_verifier a code gets nothing
      Given I have a code
      When I exchange the code without "code_verifier"
      Then I am refused with invalid_grant or invalid_request
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.verifier-length
    Scenario: A verifier of 42 characters is too short
      Given I have a code with a challenge of a short verifier
      When I exchange the code
      Then I am refused with invalid_grant or invalid_request
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.verifier-compared
    Scenario: Another verifier gets nothing
      Given I have a code
      When I exchange the code with "code_verifier" set to "another verifier"
      Then I am refused with invalid_grant
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.verifier-hashed
    Scenario: The challenge is no verifier
      Given I have a code
      When I exchange the code with "code_verifier" set to "its challenge"
      Then I am refused with invalid_grant
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

  Rule: the request is well formed and its client known

    @token.client-known
    Scenario: An unknown client gets invalid_client
      Given I have a code
      When I exchange the code with "client_id" set to "nobody-registered-this-client"
      Then I am refused with invalid_client
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.secret-checked
    Scenario: A client's secret is asked for and compared
      Given I am the confidential client
      And I have a code
      When I exchange the code without "client_secret"
      Then I am refused with invalid_client
      Given I have a fresh code
      When I exchange the code with "client_secret" set to "another secret"
      Then I am refused with invalid_client
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.secret-by-basic
    Scenario: A client's secret is taken by HTTP Basic
      Given I am the confidential client
      And I have a code
      When I exchange the code by HTTP Basic
      Then I get tokens

    @token.grant-type-known
    Scenario: An unknown grant_type is told, and a missing one
      Given I have a code
      When I exchange the code with "grant_type" set to "no_such_grant"
      Then I am refused with unsupported_grant_type or invalid_request or unauthorized_client
      When I exchange the code without "grant_type"
      Then I am refused with invalid_request or unsupported_grant_type
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

    @token.parameter-once
    Scenario: A parameter given twice is refused
      Given I have a code
      When I exchange the code with "code" twice
      Then I am refused with invalid_request
      Given I have a fresh code
      When I exchange the code
      Then I get tokens

  Rule: tokens are what was asked for

    @token.no-store
    Scenario: Nobody stores the answer
      Given I have a code
      When I exchange the code
      Then I get tokens
      And the answer is not to be stored

    @token.nonce-echoed
    Scenario: The id token holds the nonce, and none where none was sent
      Given I have tokens
      Then the id token holds my nonce
      Given I have tokens without "nonce"
      Then the id token holds no nonce

    @token.at-hash
    Scenario: at_hash fits the access token
      Given I have tokens
      Then its at_hash fits the access token

    @token.id-audience
    Scenario: The id token is for the client that asked
      Given I have tokens
      Then the id token is for my client

    @token.access-audience
    Scenario: The access token is for the client that asked
      Given I have tokens
      Then the access token is for my client

    @token.key-published
    Scenario: The id token is signed by a published key
      Given I have tokens
      Then the id token is signed by a key of the key set

    @token.scope-narrowed
    Scenario: An unknown scope is not granted
      Given I have tokens with "scope" set to "openid profile email order:read"
      Then the scope holds "openid profile email" and not "order:read"

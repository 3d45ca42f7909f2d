Feature: Showing an access token
  At the provider's own userinfo endpoint, and at an API. Each refusal stands beside a
  token that is let in.

  Rule: userinfo tells who signed in

    @userInfo.by-header
    Scenario: The token is taken from the header
      Given I have tokens
      When I show userInfo my access token in the header
      Then I am let in

    @userInfo.by-post
    Scenario: The token is taken by POST
      Given I have tokens
      When I show userInfo my access token by POST
      Then I am let in

    @userInfo.subject
    Scenario: It speaks of the person of the id token
      Given I have tokens
      When I show userInfo my access token
      Then I am let in
      And userInfo speaks of the same person

    @resource.token-required
    Scenario: userInfo needs a token
      Given I have tokens
      When I show userInfo no token
      Then I am turned away with 401
      When I show userInfo my access token
      Then I am let in

    @resource.challenge
    Scenario: userInfo names its scheme when it refuses
      Given I have tokens
      When I show userInfo no token
      Then the refusal names the scheme Bearer
      When I show userInfo a token with a tampered signature
      Then the refusal names the scheme Bearer

    @resource.scheme-case
    Scenario: userInfo takes the scheme in lower case
      Given I have tokens
      When I show userInfo my access token under the scheme bearer
      Then I am let in

    @resource.one-way
    Scenario: userInfo takes one token in one way
      Given I have tokens
      When I show userInfo my access token in the header and the form
      Then I am turned away with 400
      When I show userInfo my access token
      Then I am let in

    @resource.signature
    Scenario: userInfo takes no tampered token
      Given I have tokens
      When I show userInfo a token with a tampered signature
      Then I am turned away with 401
      When I show userInfo my access token
      Then I am let in

    @resource.id-token
    Scenario: userInfo takes no id token
      Given I have tokens
      When I show userInfo my id token
      Then I am turned away with 401
      When I show userInfo my access token
      Then I am let in

    @resource.expiry @slow
    Scenario: userInfo takes no expired token
      Given I have tokens
      When I show userInfo my access token
      Then I am let in
      Given the tokens have expired
      When I show userInfo my access token
      Then I am turned away with 401

  Rule: an API tells 401 from 403

    @protectedResource.access-token
    Scenario: A valid token lets in
      Given I have tokens for the API
      And the API is there
      When I show protectedResource my access token in the header
      Then I am let in

    @resource.token-required
    Scenario: An API needs a token
      Given I have tokens for the API
      And the API is there
      When I show protectedResource no token
      Then I am turned away with 401

    @resource.challenge
    Scenario: An API names its scheme when it refuses
      Given I have tokens for the API
      And the API is there
      When I show protectedResource no token
      Then the refusal names the scheme Bearer
      When I show protectedResource a token with a tampered signature
      Then the refusal names the scheme Bearer

    @resource.scheme-case
    Scenario: An API takes the scheme in lower case
      Given I have tokens for the API
      And the API is there
      When I show protectedResource my access token under the scheme bearer
      Then I am let in

    @resource.signature
    Scenario Outline: An API takes no token <how>
      Given I have tokens for the API
      And the API is there
      When I show protectedResource a token <how>
      Then I am turned away with 401

      Examples:
        | how                       |
        | with a tampered signature |
        | with a changed payload    |

    @resource.alg-none
    Scenario: An API takes no unsigned token
      Given I have tokens for the API
      And the API is there
      When I show protectedResource a token with the algorithm none
      Then I am turned away with 401

    @resource.alg-hs256
    Scenario: An API takes no public key for a secret
      Given I have tokens for the API
      And the API is there
      When I show protectedResource a token signed with HS256 and the public key
      Then I am turned away with 401

    @resource.key-known
    Scenario: An API takes no token of an unknown key
      Given I have tokens for the API
      And the API is there
      When I show protectedResource a token of an unknown key
      Then I am turned away with 401

    @resource.issuer
    Scenario: An API takes no token of another issuer
      Given I have tokens for the API
      And the API is there
      Given I have tokens of another issuer
      When I show protectedResource my access token
      Then I am turned away with 401

    @resource.audience
    Scenario: An API takes no token for another audience
      Given I have tokens for the API
      And the API is there
      Given I have tokens
      When I show protectedResource my access token
      Then I am turned away with 401

    @resource.id-token
    Scenario: An API takes no id token
      Given I have tokens for the API
      And the API is there
      When I show protectedResource my id token
      Then I am turned away with 401

    @resource.expiry @slow
    Scenario: An API takes no expired token
      Given I have tokens for the API
      And the API is there
      And the tokens have expired
      When I show protectedResource my access token
      Then I am turned away with 401

    @resource.permission
    Scenario: A valid token without the permission is forbidden
      Given I have tokens for the API
      And the API is there
      Given my browser is fresh
      And I am the guest
      And I have tokens for the API
      When I show protectedResource my access token
      Then I am turned away with 403

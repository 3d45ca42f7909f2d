Feature: Asking for a code, and what is refused
  Where the application's own address is not certain the person gets a page, and the
  browser goes nowhere. All other refusals come back to the application.

  Rule: an unknown application or address gets a page

    @authorize.client-known
    Scenario: An unknown client gets a page, a known one is led on
      When I ask for a code with "client_id" set to "nobody-registered-this-client"
      Then I am shown a page and sent nowhere
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.redirect-registered
    Scenario Outline: The browser is not sent to <address>
      When I ask for a code with "redirect_uri" set to "<address>"
      Then I am shown a page and sent nowhere
      When I ask for a code
      And I sign in
      Then I am back with a code

      Examples:
        | address                             |
        | https://attacker.example/callback   |
        | http://localhost.attacker.example/  |
        | javascript:alert(1)                 |

    @authorize.redirect-exact
    Scenario: An address that only begins like the registered one gets a page
      When I ask for a code with "redirect_uri" set to "my redirect_uri and more"
      Then I am shown a page and sent nowhere
      When I ask for a code
      And I sign in
      Then I am back with a code

  Rule: other faults come back to the application

    @authorize.response-type
    Scenario: An unknown response_type is told, and a missing one
      When I ask for a code with "response_type" set to "no_such_type"
      Then I am back with the error unsupported_response_type or invalid_request or unauthorized_client
      When I ask for a code without "response_type"
      Then I am back with the error invalid_request or unsupported_response_type
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.challenge-required
    Scenario: A public client without a challenge is sent back
      Given my client has no secret
      When I ask for a code without "code_challenge" and without "code_challenge_method"
      Then I am back with the error invalid_request
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.challenge-method
    Scenario: An unknown challenge method is sent back
      When I ask for a code with "code_challenge_method" set to "S512"
      Then I am back with the error invalid_request
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.parameter-once
    Scenario: A parameter given twice is refused
      When I ask for a code with "scope" twice
      Then the request is refused
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.request-object
    Scenario: A request object is refused, not ignored
      When I ask for a code with "request" set to "e30.e30."
      Then the request is refused
      When I ask for a code
      And I sign in
      Then I am back with a code

  Rule: the request and its answer travel as they were asked to

    @authorize.by-post
    Scenario: A request by POST is taken as one by GET
      Given the provider is the documented one
      When I ask for a code by POST
      And I sign in
      Then I am back with a code

    @authorize.response-mode
    Scenario Outline: The answer comes by <mode>, from the sign-in and from a session
      Given the provider is the documented one
      When I ask for a code with "response_mode" set to "<mode>"
      And I sign in
      Then I am back by <mode> with a code

      Examples:
        | mode        |
        | query       |
        | fragment    |
        | form_post   |
        | web_message |

    @authorize.response-mode
    Scenario Outline: The answer of a session comes by <mode>
      Given the provider is the documented one
      And I have a code
      And my session is remembered
      When I ask for a code with "response_mode" set to "<mode>"
      And I go to the sign-in page
      Then I am back by <mode> with a code

      Examples:
        | mode        |
        | query       |
        | fragment    |
        | form_post   |
        | web_message |

    @authorizeByForm.200
    Scenario: A request by POST is answered in its response mode too
      Given the provider is the documented one
      And I have a code
      And my session is remembered
      When I ask for a code by POST with "response_mode" set to "form_post"
      Then I am back by form_post with a code

  Rule: the state is the application's own

    @authorize.state-returned
    Scenario: A state of every kind of character comes back byte for byte
      When I ask for a code with a state of every kind of character
      And I sign in
      Then my state is back as I sent it

    @authorize.state-returned
    Scenario: The state comes back with an error too
      When I ask for a code with "prompt" set to "none" and a state of every kind of character
      Then my state is back as I sent it

    @authorize.state-absent
    Scenario: Where no state was sent none comes back
      When I ask for a code without "state"
      And I sign in
      Then I am back with a code
      And no state is back

  Rule: a session answers without a page

    @authorize.session-remembered
    Scenario: Who is signed in gets a code at once, also with prompt=none
      Given I have a code
      When I ask for a code with "prompt" set to "none"
      Then I am back with a code

    @authorize.prompt-none
    Scenario: Who is not signed in is told so, without a page
      When I ask for a code with "prompt" set to "none"
      Then I am back with the error login_required
      When I ask for a code
      And I sign in
      Then I am back with a code

    @authorize.prompt-none-alone
    Scenario: prompt=none beside another value is refused, also of who is signed in
      Given I have a code
      And my session is remembered
      When I ask for a code with "prompt" set to "none login"
      Then the request is refused

    @authorize.prompt-login
    Scenario: With prompt=login the person signs in again
      Given I have a code
      When I ask for a code with "prompt" set to "login"
      Then I am asked to sign in

    @authorize.max-age
    Scenario: With max_age=0 the person signs in again, and the id token says when
      Given I have a code
      And 2 seconds have passed
      When I ask for a code with "max_age" set to "0"
      Then I am asked to sign in
      Given I have tokens with "max_age" set to "0"
      Then the id token holds auth_time, not before I signed in

Feature: Browser
  What a page of another origin needs.

  Rule: Pages may call the pool and read what it says

    @browser.preflight
    Scenario: The headers of the SDKs are allowed
      When a browser asks whether it may call the pool with content-type, x-amz-target, x-amz-user-agent and cache-control
      Then it may

    @browser.preflight
    Scenario: The header of the settings is allowed
      When a browser asks whether it may call the settings with authorization
      Then it may

    @browser.answer-readable
    Scenario: An answer can be read
      When a page of another origin starts a sign-in
      Then it succeeds
      And it can read the answer

    @browser.refusal-readable
    Scenario: A refusal can be read
      When a page of another origin is refused a sign-in
      Then it can read why

    @refusal.names-its-type
    Scenario: A refusal names its type where SDKs look for it
      When I start a sign-in for a client whom nobody knows
      Then the refusal names its type in the body and in the header

  Rule: Answers and refusals are of one type

    @answer.media-type
    Scenario: An answer comes in AWS's JSON
      When I start a sign-in
      Then it succeeds
      And it comes as application/x-amz-json-1.1

    @answer.media-type
    Scenario: A refusal comes in AWS's JSON
      When I start a sign-in for a client whom nobody knows
      Then it is refused
      And it comes as application/x-amz-json-1.1

Feature: Browser
  What a page of another origin needs.

  Rule: Pages may call the pool and read what it says

    @browser.preflight
    Scenario: The headers of the SDKs are allowed
      When a browser asks whether it may call the pool with content-type, x-amz-target, x-amz-user-agent and cache-control
      Then it may

    @browser.refusal-readable
    Scenario: A refusal can be read
      When a page of another origin is refused a sign-in
      Then it can read why

    @refusal.names-its-type
    Scenario: A refusal names its type where SDKs look for it
      When I start a sign-in for a client whom nobody knows
      Then the refusal names its type in the body and in the header

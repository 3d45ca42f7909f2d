Feature: What the provider says of itself

  Rule: a client finds everything from the issuer

    @discovery.issuer
    Scenario: The issuer is where the metadata is, and stands in every token
      When I ask for the metadata
      Given I have tokens
      Then the issuer is the address of the metadata, and the iss of my tokens

Feature: Access
  What an access token opens, and what does not open it.

  Background:
    Given I am signed in to the pool

  Rule: The user

    @getUser.own
    Scenario: The attributes are those of the user who signed in
      When I ask for my attributes with my access token
      Then it succeeds
      And the answer names me, and my sub first

    @getUser.attributes-as-in-id-token
    Scenario: Attributes and id token tell the same
      When I ask for my attributes with my access token
      Then it succeeds
      And the attributes are those of my id token, as strings

    @getUser.attribute-order
    Scenario: Attributes stand in the recorded order
      When I ask for my attributes with my access token
      Then it succeeds
      And the attributes stand in the order sub, custom:identity_pool, email_verified, email

  Rule: The settings

    @listSettings.raw-header
    Scenario: The access token opens the settings as it is
      Then the settings take my access token as it is

    @listSettings.unique-names
    Scenario: Every setting has a name of its own
      When I ask for my settings with my access token
      Then it succeeds
      And no two settings have one name

  Rule: Forged tokens open nothing

    @accessToken.signature
    Scenario Outline: A token with <what> opens no account
      When I ask for my attributes with <what>
      Then it is refused as NotAuthorizedException
      When I ask for my attributes with my access token
      Then it succeeds

      Examples:
        | what                               |
        | a changed signature                |
        | a changed payload                  |
        | another user's name in the payload |
        | no signature                       |

    @accessToken.signature
    Scenario Outline: A token with <what> opens no settings
      When I ask for my settings with <what>
      Then it is refused
      When I ask for my settings with my access token
      Then it succeeds

      Examples:
        | what                               |
        | a changed signature                |
        | a changed payload                  |
        | no signature                       |

    @accessToken.algorithm
    Scenario Outline: A token of <what> opens no account
      When I ask for my attributes with <what>
      Then it is refused as NotAuthorizedException
      When I ask for my attributes with my access token
      Then it succeeds

      Examples:
        | what                                   |
        | the algorithm none                     |
        | the algorithm HS256 and the public key |

    @accessToken.algorithm
    Scenario Outline: A token of <what> opens no settings
      When I ask for my settings with <what>
      Then it is refused
      When I ask for my settings with my access token
      Then it succeeds

      Examples:
        | what                                   |
        | the algorithm none                     |
        | the algorithm HS256 and the public key |

    @accessToken.key-known
    Scenario Outline: A token signed by <what> opens no account
      When I ask for my attributes with <what>
      Then it is refused as NotAuthorizedException
      When I ask for my attributes with my access token
      Then it succeeds

      Examples:
        | what                                      |
        | a key of nobody's                         |
        | a key of nobody's under an unknown key id |
        | a key of nobody's that comes along        |

    @accessToken.key-known
    Scenario Outline: A token signed by <what> opens no settings
      When I ask for my settings with <what>
      Then it is refused
      When I ask for my settings with my access token
      Then it succeeds

      Examples:
        | what                                      |
        | a key of nobody's                         |
        | a key of nobody's under an unknown key id |
        | a key of nobody's that comes along        |

  Rule: Only an access token opens

    @accessToken.not-id-token
    Scenario Outline: <what> opens no account
      When I ask for my attributes with <what>
      Then it is refused as NotAuthorizedException
      When I ask for my attributes with my access token
      Then it succeeds

      Examples:
        | what             |
        | my id token      |
        | my refresh token |

    @accessToken.not-id-token
    Scenario Outline: <what> opens no settings
      When I ask for my settings with <what>
      Then it is refused
      When I ask for my settings with my access token
      Then it succeeds

      Examples:
        | what             |
        | my id token      |
        | my refresh token |

  Rule: And only while its session lasts

    @accessToken.not-signed-out
    Scenario: A signed-out access token opens no settings
      Given I am signed in to the pool in a session of my own
      When I ask for my settings with my access token
      Then it succeeds
      When I revoke my refresh token
      Then it succeeds
      When I ask for my settings with my access token
      Then it is refused

  Rule: And only for a time

    @accessToken.not-expired @slow
    Scenario: An expired access token opens no account
      Given I am signed in to the pool in a session of my own
      When I ask for my attributes with my access token
      Then it succeeds
      Given the lifetime of my access token has passed
      When I ask for my attributes with my access token
      Then it is refused as NotAuthorizedException
      Given I am signed in to the pool in a session of my own
      When I ask for my attributes with my access token
      Then it succeeds

    @accessToken.not-expired @slow
    Scenario: An expired access token opens no settings
      Given I am signed in to the pool in a session of my own
      When I ask for my settings with my access token
      Then it succeeds
      Given the lifetime of my access token has passed
      When I ask for my settings with my access token
      Then it is refused
      Given I am signed in to the pool in a session of my own
      When I ask for my settings with my access token
      Then it succeeds

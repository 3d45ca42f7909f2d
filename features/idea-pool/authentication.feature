Feature: How to implement Authentication
  The access token travels in a request header and lives for 10 minutes. It is
  opaque to its bearer, but the server that issued it must not be fooled.

  Rule: A forged token opens nothing

    @token.signature
    Scenario Outline: <operation> refuses a token with a broken signature
      Given I am signed in as a new user
      And I have called createIdea
      When I call <operation> with a broken signature
      Then it is refused
      When I call <operation>
      Then it succeeds

      Examples:
        | operation  |
        | me         |
        | createIdea |
        | listIdeas  |
        | updateIdea |
        | deleteIdea |
        | logOut     |

    @token.signature
    Scenario: A token signed with an empty key is refused
      Given I am signed in as a new user
      When I call me with the signature of an empty key
      Then it is refused
      When I call me
      Then it succeeds

    @token.payload
    Scenario Outline: <operation> refuses a token whose payload was changed
      Given I am signed in as a new user
      And I have called createIdea
      When I call <operation> with a changed payload
      Then it is refused
      When I call <operation>
      Then it succeeds

      Examples:
        | operation  |
        | me         |
        | createIdea |
        | listIdeas  |
        | updateIdea |
        | deleteIdea |
        | logOut     |

    @token.algorithm
    Scenario Outline: <operation> refuses a token with the algorithm none
      Given I am signed in as a new user
      And I have called createIdea
      When I call <operation> with the algorithm none
      Then it is refused
      When I call <operation> with the algorithm nOnE
      Then it is refused
      When I call <operation>
      Then it succeeds

      Examples:
        | operation  |
        | me         |
        | createIdea |
        | listIdeas  |
        | updateIdea |
        | deleteIdea |
        | logOut     |

  Rule: A token lives for 10 minutes

    @token.lives-on @slow
    Scenario: A token works until it expires
      Given I am signed in as a new user
      And my access token has almost expired
      When I call me with my access token
      Then it succeeds
      When I call listIdeas with my access token
      Then it succeeds

    @token.expiry @slow
    Scenario: An expired token is refused everywhere
      Given I am signed in as a new user
      And I have called createIdea
      When I call me
      Then it succeeds
      Given my access token has expired
      When I call me with my expired access token
      Then it is refused
      When I call listIdeas with my expired access token
      Then it is refused
      When I call createIdea with my expired access token
      Then it is refused
      When I call updateIdea with my expired access token
      Then it is refused
      When I call deleteIdea with my expired access token
      Then it is refused
      When I call logOut with my expired access token
      Then it is refused

    @refresh.usable-token @slow
    Scenario: A refreshed token works when the first has expired
      Given I am signed in as a new user
      And my access token has expired
      When I call refresh
      Then the access token of the answer opens my account

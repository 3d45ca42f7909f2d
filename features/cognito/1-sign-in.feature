Feature: Sign-in
  The recorded flow, step by step: a challenge, its answer, the user, the settings.

  Rule: The flow that the document records

    @respondToAuthChallenge.usable-token @getUser.own
    Scenario: A user signs in with SRP, reads their attributes and the settings
      When I start a sign-in
      Then it succeeds
      And the challenge is complete
      When I answer the challenge
      Then it succeeds
      And the access token of the answer opens the account of the user who signed in
      When I ask for my attributes with my access token
      Then it succeeds
      And the answer names me, and my sub first
      When I ask for my settings with my access token
      Then it succeeds

  Rule: A challenge to prove the password

    @initiateAuth.challenge-complete
    Scenario: The challenge holds all that a client reckons with
      When I start a sign-in
      Then it succeeds
      And the challenge is complete

    @initiateAuth.username-echoed
    Scenario: The challenge names the user as they were named
      When I start a sign-in
      Then it succeeds
      And the challenge names the user who signs in

    @initiateAuth.fresh-challenge
    Scenario: No two challenges are alike
      Given I have started a sign-in
      And I have started a sign-in
      Then the challenge shares neither SRP_B nor SECRET_BLOCK with the one before

    @initiateAuth.no-session
    Scenario: The secret block alone ties the two requests together
      When I start a sign-in
      Then it succeeds
      And the challenge comes without a Session

    @respondToAuthChallenge.no-challenge-left @respondToAuthChallenge.no-new-device
    Scenario: After the password nothing more is asked
      Given I have started a sign-in
      When I answer the challenge
      Then it succeeds
      And no further challenge is named
      And no new device is made known

  Rule: What starts no sign-in

    @initiateAuth.srp-a-not-zero
    Scenario Outline: <value> lets nobody in
      When I start a sign-in with <value>
      Then it is refused
      When I start a sign-in
      Then it succeeds

      Examples:
        | value                             |
        | zero for SRP_A                    |
        | 768 zeros for SRP_A               |
        | the modulus for SRP_A             |
        | the modulus in capitals for SRP_A |

    @initiateAuth.srp-a-not-longer
    Scenario Outline: <value> is refused
      When I start a sign-in with <value>
      Then it is refused
      When I start a sign-in
      Then it succeeds

      Examples:
        | value                       |
        | twice the modulus for SRP_A |
        | an SRP_A one digit too long |
        | an SRP_A of 20000 digits    |

    @initiateAuth.srp-a-a-number
    Scenario Outline: <value> is no number
      When I start a sign-in with <value>
      Then it is refused as InvalidParameterException
      When I start a sign-in
      Then it succeeds

      Examples:
        | value                |
        | words for SRP_A      |
        | a minus before SRP_A |

    @initiateAuth.srp-a-any-length
    Scenario Outline: <value> is taken
      When I start a sign-in with <value>
      Then it succeeds
      When I answer the challenge
      Then it succeeds

      Examples:
        | value                               |
        | an SRP_A of an odd number of digits |
        | SRP_A in capitals                   |
        | SRP_A behind a zero                 |

    @initiateAuth.parameters-of-the-flow
    Scenario Outline: A sign-in <what> is refused
      When I start a sign-in <what>
      Then it is refused as InvalidParameterException
      When I start a sign-in
      Then it succeeds

      Examples:
        | what                   |
        | without SRP_A          |
        | without USERNAME       |
        | without AuthParameters |

    @initiateAuth.unknown-user
    Scenario: A user whom nobody knows gets no tokens
      Given I am signed in to the pool
      When I start a sign-in as a user whom nobody knows
      Then no tokens come of it, whatever is answered
      When I start a sign-in
      Then it succeeds

    @initiateAuth.unknown-user-hidden
    Scenario: A pool that hides whom it does not know hides it to the end
      Given I am signed in to the pool
      When I start a sign-in as a user whom nobody knows
      Then a challenge for them would have the same SALT
      And its answer would be refused as one with a wrong password is

    @token.client-known
    Scenario: A client whom nobody knows starts nothing
      When I start a sign-in for a client whom nobody knows
      Then it is refused as ResourceNotFoundException
      When I start a sign-in
      Then it succeeds

  Rule: What proves nothing

    @respondToAuthChallenge.password-proven
    Scenario Outline: An answer <what> is refused
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what                                |
        | with a wrong password               |
        | with an empty password              |
        | with the password in other letters  |
        | with a changed signature            |
        | with a signature that is no base64  |
        | as if the session key were zero     |

    @respondToAuthChallenge.secret-block-given
    Scenario Outline: An answer <what> proves nothing
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge <what>
      Then it is refused as NotAuthorizedException

      Examples:
        | what                        |
        | with a changed secret block |
        | with a made-up secret block |

    @respondToAuthChallenge.secret-block-given
    Scenario: The secret block of another challenge does not do
      Given I am signed in to the pool
      And I have started a sign-in
      And I have started a sign-in
      When I answer the challenge with the secret block of the challenge before
      Then it is refused as NotAuthorizedException

    @respondToAuthChallenge.secret-block-once
    Scenario: An answer that was taken is not taken again
      Given I have started a sign-in
      When I answer the challenge
      Then it succeeds
      When I answer the challenge once more
      Then it is refused as NotAuthorizedException

    @respondToAuthChallenge.secret-block-of-user
    Scenario: A challenge is not answered by another user
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge as another user
      Then it is refused as NotAuthorizedException

    @respondToAuthChallenge.secret-block-of-client
    Scenario: A challenge is not answered by another client
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge for another client
      Then it is refused

    @token.client-known
    Scenario: A client whom nobody knows answers nothing
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge for a client whom nobody knows
      Then it is refused as ResourceNotFoundException

    @respondToAuthChallenge.secret-block-expires @slow
    Scenario: A challenge is not answered a quarter of an hour later
      Given I have started a sign-in
      And the time for an answer has passed
      When I answer the challenge
      Then it is refused
      Given I have started a sign-in
      When I answer the challenge
      Then it succeeds

  Rule: The time of the proof

    @respondToAuthChallenge.timestamp-format
    Scenario Outline: The time "<time>" is no TIMESTAMP
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge with the time "<time>"
      Then it is refused

      Examples:
        | time                         |
        | 2022-06-15T01:58:46Z         |
        | 1655258326                   |
        | Wed Jun 31 01:58:46 UTC 2022 |
        | now                          |

    @respondToAuthChallenge.timestamp-as-written
    Scenario: A padded day is not what is signed
      Given I am signed in to the pool
      And I have started a sign-in
      When I answer the challenge with a padded day
      Then it is refused

    @respondToAuthChallenge.timestamp-not-compared
    Scenario Outline: A clock that is <hours> hours off is no reason to refuse
      Given I have started a sign-in
      When I answer the challenge with a time <hours> hours off
      Then it succeeds

      Examples:
        | hours |
        | -12   |
        | -1    |
        | 11    |

  Rule: Nothing required is missing

    Background:
      Given I am signed in to the pool
      And I have started a sign-in

    @respondToAuthChallenge.body.ChallengeResponses.USERNAME.required
    Scenario: An answer needs USERNAME
      When I answer the challenge without USERNAME
      Then it is refused

    @respondToAuthChallenge.body.ChallengeResponses.PASSWORD_CLAIM_SECRET_BLOCK.required
    Scenario: An answer needs PASSWORD_CLAIM_SECRET_BLOCK
      When I answer the challenge without PASSWORD_CLAIM_SECRET_BLOCK
      Then it is refused

    @respondToAuthChallenge.body.ChallengeResponses.TIMESTAMP.required
    Scenario: An answer needs TIMESTAMP
      When I answer the challenge without TIMESTAMP
      Then it is refused

    @respondToAuthChallenge.body.ChallengeResponses.PASSWORD_CLAIM_SIGNATURE.required
    Scenario: An answer needs PASSWORD_CLAIM_SIGNATURE
      When I answer the challenge without PASSWORD_CLAIM_SIGNATURE
      Then it is refused

Feature: Ideas
  Creating, listing, changing and deleting ideas.

  Rule: A created idea is kept as it was sent

    @createIdea.values-as-sent
    Scenario: The values come back as they were sent
      Given I am signed in as a new user
      When I call createIdea with "content" set to "Tom & \"Jerry's\"  <b>café</b> 100% ½ – 漢字 💡 \\o/" and "impact" set to 3 and "ease" set to 7 and "confidence" set to 9
      Then it succeeds
      And the answer holds what was sent

    @createIdea.values-as-sent
    Scenario: Each value stands in its own place
      Given I am signed in as a new user
      When I call createIdea with "impact" set to 2 and "ease" set to 3 and "confidence" set to 9
      Then it succeeds
      And the answer holds what was sent
      When I call createIdea with "impact" set to 9 and "ease" set to 8 and "confidence" set to 7
      Then it succeeds
      And the answer holds what was sent

    @createIdea.values-as-sent
    Scenario: A content of several lines stays one
      Given I am signed in as a new user
      When I call createIdea with "content" set to "first line\nsecond line"
      Then it succeeds
      And the answer holds what was sent

    @createIdea.values-as-sent
    Scenario: A long content is not cut
      Given I am signed in as a new user
      And I have called createIdea with "content" set to 255 characters
      Then the answer holds what was sent

    @createIdea.unique-ids
    Scenario: Every idea has an id of its own
      Given I am signed in as a new user
      And somebody else is signed in as a new user
      And I have called createIdea 3 times
      And somebody else has called createIdea 2 times
      Then no two of my items have the same "id"
      When I call deleteIdea on my first item
      Then it succeeds
      When I call createIdea
      Then it succeeds
      And no two of my items have the same "id"

    @createIdea.stored
    Scenario: A created idea stands in the list
      Given I am signed in as a new user
      And I have called createIdea once a row:
        | content                     | impact | ease | confidence |
        | "Tom & Jerry's <i>café</i>" | 3      | 5    | 9          |
        | "second"                    | 9      | 9    | 9          |
        | "third"                     | 2      | 2    | 3          |
      Then listIdeas shows me my items as they were answered
      And listIdeas shows me my items with what was sent
      And listIdeas shows me nothing else
      When I call createIdea
      Then it succeeds
      And listIdeas shows me my items as they were answered

    @createIdea.stored
    Scenario: A long content is stored whole
      Given I am signed in as a new user
      And I have called createIdea with "content" set to 255 characters
      Then listIdeas shows me my items with what was sent

  Rule: A page holds 10 ideas

    @listIdeas.200.maxItems
    Scenario: Every page but the last is full
      Given I am signed in as a new user
      And I have called createIdea 23 times
      Then every page of listIdeas but the last holds 10 items

    @listIdeas.200.maxItems
    Scenario: Exactly one page full
      Given I am signed in as a new user
      And I have called createIdea 10 times
      Then every page of listIdeas but the last holds 10 items
      And listIdeas shows me every item of mine on exactly one page

    @listIdeas.every-item-once
    Scenario: Every idea stands on exactly one of three pages
      Given I am signed in as a new user
      And I have called createIdea 23 times
      Then listIdeas shows me every item of mine on exactly one page

    @listIdeas.every-item-once
    Scenario: Ideas with equal averages stand on exactly one page
      Given I am signed in as a new user
      And I have called createIdea 23 times with "content" set to "the same again" and "impact" set to 5 and "ease" set to 5 and "confidence" set to 5
      Then listIdeas shows me every item of mine on exactly one page

    @listIdeas.every-item-once
    Scenario: One idea more than a page
      Given I am signed in as a new user
      And I have called createIdea 11 times
      Then listIdeas shows me every item of mine on exactly one page

    @listIdeas.200.order
    Scenario: The pages together are in order
      Given I am signed in as a new user
      And I have called createIdea once a row:
        | impact | ease | confidence |
        | 2      | 2    | 2          |
        | 10     | 10   | 10         |
        | 9      | 9    | 9          |
        | 5      | 5    | 5          |
        | 9      | 8    | 8          |
        | 3      | 2    | 2          |
        | 8      | 8    | 3          |
      And I have called createIdea 9 times
      And I have called createIdea with "impact" set to 9 and "ease" set to 9 and "confidence" set to 8
      Then the pages of listIdeas together are in order

    @listIdeas.past-the-end
    Scenario: A page past the last is empty
      Given I am signed in as a new user
      And I have called createIdea 3 times
      Then the page of listIdeas after the last is an empty array

    @listIdeas.query.page.default
    Scenario: Without a page the first one is shown
      Given I am signed in as a new user
      And I have called createIdea 12 times
      Then listIdeas without "page" answers the same as with 1

  Rule: An update is kept

    @updateIdea.values-as-sent
    Scenario: The values of an update come back as they were sent
      Given I am signed in as a new user
      And I have called createIdea with "impact" set to 8 and "ease" set to 8 and "confidence" set to 8
      When I call updateIdea with "content" set to "R&D's  \"<b>new</b>\" café – 漢字 💡" and "impact" set to 2 and "ease" set to 3 and "confidence" set to 9
      Then it succeeds
      And the answer holds what was sent

    @updateIdea.values-as-sent
    Scenario: A long content of an update is not cut
      Given I am signed in as a new user
      And I have called createIdea
      And I have called updateIdea with "content" set to 255 characters
      Then the answer holds what was sent

    @updateIdea.values-as-sent
    Scenario: An update may change nothing
      Given I am signed in as a new user
      And I have called createIdea with "content" set to "the same again" and "impact" set to 5 and "ease" set to 6 and "confidence" set to 7
      When I call updateIdea with "content" set to "the same again" and "impact" set to 5 and "ease" set to 6 and "confidence" set to 7
      Then it succeeds
      And the answer holds what was sent

    @updateIdea.stored
    Scenario: An update shows in the list
      Given I am signed in as a new user
      And I have called createIdea 3 times
      When I call updateIdea on my first item with "content" set to "changed" and "impact" set to 2 and "ease" set to 3 and "confidence" set to 9
      Then it succeeds
      And listIdeas shows me my items with what was sent

    @updateIdea.touches-no-other
    Scenario: An update touches no other idea
      Given I am signed in as a new user
      And I have called createIdea 3 times
      When I call updateIdea on my first item with "content" set to "changed" and "impact" set to 9 and "ease" set to 2 and "confidence" set to 2
      Then it succeeds
      And listIdeas shows me my other items as they were answered

    @updateIdea.touches-no-other
    Scenario: An update touches no other idea of the same content
      Given I am signed in as a new user
      And I have called createIdea 3 times with "content" set to "the same again"
      When I call updateIdea on my first item with "content" set to "changed" and "impact" set to 9 and "ease" set to 2 and "confidence" set to 2
      Then it succeeds
      And listIdeas shows me my other items as they were answered

    @updateIdea.keeps-id
    Scenario: An idea keeps its id
      Given I am signed in as a new user
      And I have called createIdea 2 times
      When I call updateIdea on my first item
      Then it succeeds
      And the answer's "id" is that of my item
      And listIdeas still shows me the updated item

    @updateIdea.keeps-created-at
    Scenario: An idea keeps the moment of its creation
      Given I am signed in as a new user
      And I have called createIdea
      And 1.1 seconds have passed
      When I call updateIdea
      Then it succeeds
      And the answer's "created_at" is that of my item

    @updateIdea.unknown
    Scenario: Updating an unknown idea is refused
      Given I am signed in as a new user
      And I have called createIdea
      When I call updateIdea on an item that nobody made
      Then it is refused
      When I call updateIdea on my item
      Then it succeeds

    @updateIdea.unknown
    Scenario: Updating a deleted idea is refused
      Given I am signed in as a new user
      And I have called createIdea 2 times
      And I have called deleteIdea on my first item
      When I call updateIdea on the deleted item
      Then it is refused
      When I call updateIdea on my item
      Then it succeeds

  Rule: A deleted idea is gone

    @deleteIdea.gone
    Scenario: A deleted idea is gone from the list
      Given I am signed in as a new user
      And I have called createIdea 3 times
      When I call deleteIdea on my first item
      Then it succeeds
      And listIdeas does not show me the deleted item

    @deleteIdea.gone
    Scenario: A deleted idea stays gone when others are made and changed
      Given I am signed in as a new user
      And I have called createIdea 2 times
      And I have called deleteIdea on my first item
      And I have called createIdea
      And I have called updateIdea on my item
      Then listIdeas does not show me the deleted item

    @deleteIdea.others-stay
    Scenario: Deleting an idea leaves the others as they are
      Given I am signed in as a new user
      And I have called createIdea 3 times
      When I call deleteIdea on my first item
      Then it succeeds
      And listIdeas shows me my items as they were answered

    @deleteIdea.others-stay
    Scenario: Deleting an idea leaves the others of the same content
      Given I am signed in as a new user
      And I have called createIdea 3 times with "content" set to "the same again"
      When I call deleteIdea on my first item
      Then it succeeds
      And listIdeas shows me my items as they were answered

    @deleteIdea.unknown
    Scenario: Deleting an unknown idea is refused
      Given I am signed in as a new user
      And I have called createIdea
      When I call deleteIdea on an item that nobody made
      Then it is refused
      When I call deleteIdea on my item
      Then it succeeds

    @deleteIdea.unknown
    Scenario: Deleting a deleted idea is refused
      Given I am signed in as a new user
      And I have called createIdea 2 times
      And I have called deleteIdea on my first item
      When I call deleteIdea on the deleted item
      Then it is refused
      When I call deleteIdea on my item
      Then it succeeds

  Rule: Ideas belong to their user

    @listIdeas.private
    Scenario: Nobody else sees my ideas
      Given I am signed in as a new user
      And I have called createIdea 2 times
      And somebody else is signed in as a new user
      Then listIdeas shows somebody else none of my items

    @listIdeas.private
    Scenario: No page of mine shows anybody else's ideas
      Given somebody else is signed in as a new user
      And somebody else has called createIdea 3 times
      And I am signed in as a new user
      And I have called createIdea 11 times
      Then listIdeas shows me none of somebody else's items

    @updateIdea.private
    Scenario: Nobody else changes my ideas
      Given I am signed in as a new user
      And I have called createIdea
      And somebody else is signed in as a new user
      When somebody else calls updateIdea on my item
      Then it is refused, or nothing comes of it
      And listIdeas shows me my items as they were answered
      When I call updateIdea on my item
      Then it succeeds

    @deleteIdea.private
    Scenario: Nobody else deletes my ideas
      Given I am signed in as a new user
      And I have called createIdea
      And somebody else is signed in as a new user
      When somebody else calls deleteIdea on my item
      Then it is refused, or nothing comes of it
      And listIdeas shows me my items as they were answered
      When I call deleteIdea on my item
      Then it succeeds

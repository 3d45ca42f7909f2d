// Package steps verifies a target against a contract: the Gherkin vocabulary,
// the client that speaks to the target, and the world of a scenario.
//
// Steps speak of operations, members and rules, so they serve any contract. A
// scenario says by its tags which rules it sets out to judge; besides, every
// answer is judged against the contract whatever the step was about. What is
// found becomes a [reports.Run], and its verdict alone decides: godog runs the
// steps and has no say.
package steps

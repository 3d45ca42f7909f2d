// Package mutants proves that the checks check: it makes faulty servers of a
// contract on purpose, verifies each against the true contract, and expects
// the findings to name the rules that it breaks.
//
// A mutant is nothing but an edit of the contract's text, served by our own
// mock: a maximum of 11, a property gone from an answer, a sentence struck
// out. [Derive] finds the edits that a contract's vocabulary offers, so they
// exist for any contract; each operator has a file of its own. What no edit
// can say, such as characters counted as bytes, is a wrapper around the mock's
// handler, planted from outside (planted.go and the files that begin with
// planted_). No handler of the mock knows about mutants.
//
// [Prove] runs them all and returns the [Matrix] of rules and mutants.
// [Diagnose] reads it the other way round: which known fault do the findings
// of a run look like?
package mutants

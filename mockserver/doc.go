// Package mockserver serves a contract: a stateful mock of whatever API the
// contract documents, which refuses what the contract refuses and answers in
// its words.
//
// [New] compiles a [contract.Contract] into a [Mock], which is an
// [http.Handler]; [Start] serves one on a free port, in the shape of
// httptest.Server. Nothing here knows a particular API. Routes, statuses,
// fields, bounds, page size, order, lifetimes and refusals are read from the
// contract; verbs are Go.
//
// Every request travels through the same phases, in this order (phases.go):
//
//	journal → planted fault → route → authenticate → decode strictly →
//	validate → act → compute → project on the answer's schema → write
//
// A verb (verbs.go) or a [Handler] registered under an operationId fills in
// "act" alone, and so cannot forget a step.
//
// State is a [World]: clock, users, tokens, collections, randomness, journal,
// planted faults. A record is its JSON; a collection is an ordered,
// copy-on-write B-tree per owner, so page N costs O(log n) and a world is
// forked in O(1), whatever its size. Same contract, same seed, same clock and
// same requests give the same answers, byte for byte.
package mockserver

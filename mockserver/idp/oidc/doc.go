// Package oidc is the engine behind the OpenID providers: authorization code
// with PKCE, tokens, sessions and keys, after RFC 6749, 7636, 7009, 7662, 9700
// and OpenID Connect Core, Discovery and RP-Initiated Logout.
//
// The engine owns the phases of every endpoint, in order, and so no provider
// can forget one. For the authorization endpoint they are: read, client,
// redirect, response, pkce, scope, prompt, act; for the token endpoint: read,
// client, grant type, redeem, issue. A [Personality] fills in what is a
// provider's own: paths, shapes, claims and the hops of its sign-in.
//
// Nothing comes out of the air: time, randomness and keys are fields of the
// [Provider]. What it refuses is written as sentences in the contract; a
// sentence that the contract does not hold (see [Provider.Obeys]) is not
// obeyed, which is how a mutant of the contract is served.
package oidc

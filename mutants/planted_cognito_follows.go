package mutants

import (
	"strings"

	"assay/contract"
)

// poolsOn lists what cannot hold either where rules of a user pool are broken:
// whoever gets no tokens sees nothing else, and what tokens say is looked at by
// many sentences.
func poolsOn(c *contract.Contract, breaks []string) (out []string) {
	if poolOf(c) == nil {
		return nil
	}
	for _, id := range breaks {
		out = append(out, poolConsequences[id]...)
		switch {
		case shutsOut(id), id == "globalSignOut.sign-in-again", id == "revokeToken.others-live": // which end the sessions of other scenarios
			return allRules(c)
		case strings.HasPrefix(id, "getUser.200"):
			out = append(out, rulesBelow(c, "getUser")...)
			out = append(out, "respondToAuthChallenge.usable-token", "refresh.usable-token", "revokeToken.others-live", "globalSignOut.own-sessions-alone")
		case strings.HasPrefix(id, "getKeySet.200"):
			out = append(out, rulesBelow(c, "getKeySet")...)
			out = append(out, "token.keys-published", "discover.key-set", "accessToken.algorithm")
		case id == "listSettings.security", strings.HasPrefix(id, "getUser.body."), strings.HasPrefix(id, "globalSignOut.body."): // what opens with a token refuses there
			out = append(out, rulesBelow(c, "accessToken")...)
			out = append(out, "revokeToken.access-tokens-die", "globalSignOut.access-tokens-die", "globalSignOut.every-session")
		case strings.HasPrefix(id, "initiateAuth.body."), strings.HasPrefix(id, "getTokensFromRefreshToken.body."): // and what refreshes
			out = append(out, rulesBelow(c, "refresh")...)
			out = append(out, "revokeToken.refresh-token-dies", "globalSignOut.refresh-tokens-die", "globalSignOut.every-session", "refusal.names-its-type", "browser.refusal-readable", "answer.media-type")
		case strings.HasPrefix(id, "discover.200"):
			out = append(out, rulesBelow(c, "discover")...)
		case strings.HasPrefix(id, "initiateAuth.200.ChallengeName."):
			out = append(out, "initiateAuth.challenge-complete")
		case strings.Contains(id, ".AuthenticationResult."):
			out = append(out, rulesBelow(c, "token")...)
			out = append(out, rulesBelow(c, "refresh")...)
			out = append(out, "initiateAuth.refresh", "respondToAuthChallenge.usable-token", "getUser.own", "getUser.attributes-as-in-id-token", "discover.issuer-of-tokens")
		}
	}
	return out
}

// shutsOut reports whether nobody can sign in, or use what a sign-in gives,
// where the rule is broken.
func shutsOut(id string) bool {
	const challenge, tokens = "initiateAuth.200", "respondToAuthChallenge.200"
	switch {
	case id == challenge, id == tokens, id == challenge+".type", id == tokens+".type", id == "respondToAuthChallenge.usable-token":
		return true
	case strings.HasPrefix(id, challenge+".ChallengeParameters"):
		return strings.HasSuffix(id, ".required") || strings.HasSuffix(id, ".type")
	case strings.HasPrefix(id, tokens+".AuthenticationResult.AccessToken.claims."):
		claim, _, _ := strings.Cut(strings.TrimPrefix(id, tokens+".AuthenticationResult.AccessToken.claims."), ".")
		return readByPool[claim] // the pool does not take its own token back
	case strings.HasPrefix(id, tokens+".AuthenticationResult"):
		return !strings.Contains(id, ".claims.") && !strings.HasSuffix(id, ".lifetime") && !strings.Contains(id, ".ExpiresIn") && !strings.Contains(id, ".TokenType")
	}
	return false
}

// readByPool are the claims of an access token that the pool itself looks at.
var readByPool = map[string]bool{"sub": true, "iss": true, "origin_jti": true, "token_use": true, "scope": true, "exp": true, "username": true}

// poolConsequences are sentences, and the sentences that fall with them.
var poolConsequences = map[string][]string{
	"accessToken.signature":                  {"accessToken.algorithm", "accessToken.key-known"},
	"accessToken.not-signed-out":             {"revokeToken.access-tokens-die", "globalSignOut.access-tokens-die", "globalSignOut.every-session"},
	"revokeToken.access-tokens-die":          {"accessToken.not-signed-out"},
	"globalSignOut.access-tokens-die":        {"globalSignOut.every-session"},
	"globalSignOut.refresh-tokens-die":       {"globalSignOut.every-session"},
	"respondToAuthChallenge.password-proven": {"respondToAuthChallenge.secret-block-given"},
	"getUser.own":                            {"respondToAuthChallenge.usable-token", "refresh.usable-token", "getUser.attributes-as-in-id-token"},
	"getUser.attributes-as-in-id-token":      {"getUser.own"},
	"listSettings.raw-header":                {"listSettings.200"},
	"token.client-known":                     {"refusal.names-its-type", "browser.refusal-readable", "answer.media-type"},
	"refresh.usable-token":                   {"token.keys-published"},
	"initiateAuth.unknown-user":              {"initiateAuth.unknown-user-hidden"},
}

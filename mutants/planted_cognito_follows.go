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
	case strings.HasPrefix(id, tokens+".AuthenticationResult"):
		return !strings.Contains(id, ".claims.") && !strings.HasSuffix(id, ".lifetime") && !strings.Contains(id, ".ExpiresIn") && !strings.Contains(id, ".TokenType") ||
			strings.HasSuffix(id, ".claims.exp.required") || strings.HasSuffix(id, ".claims.exp.type")
	}
	return false
}

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
	"initiateAuth.unknown-user":              {"initiateAuth.unknown-user-hidden"},
}

package mutants

import "slices"

// flowsOn lists what cannot hold either where rules of an OpenID Connect flow are broken:
// the steps build on each other.
func flowsOn(breaks []string) (out []string) {
	for _, id := range breaks {
		for _, entailed := range flowConsequences[id] {
			if !slices.Contains(breaks, entailed) {
				out = append(out, entailed)
			}
		}
	}
	return out
}

var (
	// letsNobodyIn is what can be said of resources only when they let a valid token in.
	letsNobodyIn = []string{"userInfo.200", "userInfo.by-header", "userInfo.by-post", "protectedResource.200", "protectedResource.access-token", "introspect.inactive", "resource.scheme-case", "resource.one-way"}
	// leadsElsewhere are the hops of a sign-in behind one that leads elsewhere.
	leadsElsewhere = []string{"authorize.query-repeated", "interaction.login-page", "finishLogin.resumes"}
)

var flowConsequences = map[string][]string{
	"authorize.by-post":              {"authorizeByForm.200"},
	"authorize.interaction":          leadsElsewhere,
	"authorize.response-mode":        {"authorizeByForm.200"},
	"authorize.state-returned":       {"resume.callback"},
	"token.verifier-compared":        {"token.verifier-hashed"},
	"token.api-issuer":               {"protectedResource.200", "protectedResource.access-token"},
	"token.api-lifetime":             {"resource.expiry"},
	"token.api-permissions":          {"token.api-claims", "protectedResource.200", "protectedResource.access-token"},
	"token.access-audience":          letsNobodyIn,
	"revoke.token-dies":              {"revoke.takes-along", "introspect.inactive"},
	"userInfo.by-header":             {"userInfo.200", "userInfo.by-post", "resource.scheme-case", "resource.one-way"},
	"userInfo.by-post":               {"resource.one-way"},
	"protectedResource.access-token": {"protectedResource.200"},

	// One lifetime stands in a token and beside it.
	"token.200.access_token.lifetime": {"token.200.expires_in.minimum", "token.200.expires_in.maximum", "resource.expiry"},
	// Without an id of its own a token equals another of the same second, and dies with it.
	"token.200.access_token.claims.jti.required":   {"revoke.token-dies", "revoke.takes-along", "token.code-reuse-revokes", "refresh.reuse-revokes", "userInfo.200", "introspect.inactive"},
	"token.200.access_token.claims.jti.minLength":  {"revoke.token-dies", "revoke.takes-along", "token.code-reuse-revokes", "refresh.reuse-revokes", "userInfo.200", "introspect.inactive"},
	"token.200.access_token.claims.sub.required":   letsNobodyIn,
	"token.200.access_token.claims.sub.type":       letsNobodyIn,
	"token.200.access_token.claims.exp.required":   letsNobodyIn,
	"token.200.access_token.claims.exp.type":       letsNobodyIn,
	"token.200.access_token.claims.scope.required": letsNobodyIn,
	"token.200.access_token.claims.scope.type":     letsNobodyIn,
	"token.200.access_token.claims.iss.required":   letsNobodyIn,
	"token.200.access_token.claims.iss.type":       letsNobodyIn,
	"token.200.access_token.claims.aud.required":   letsNobodyIn,
	"token.200.access_token.claims.aud.type":       letsNobodyIn,
}

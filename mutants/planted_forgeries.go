package mutants

import (
	"net/http"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"assay/contract"
)

var forgeries = operator{
	name: "forgeries",
	does: "one operation alone takes a token that is forged, unsigned or expired, where all others check it",
	derive: func(d *deriver) {
		a := accountsOf(d.contract)
		if a == nil {
			return
		}
		for _, op := range d.contract.Operations {
			if op.Public() {
				continue
			}
			d.forgery(a, op, "signature", op.ID, "whose signature is wrong", func(given, issued string) bool { return unsigned(given) == unsigned(issued) })
			d.forgery(a, op, "payload", op.ID, "whose payload was changed", func(given, issued string) bool {
				return strings.HasSuffix(given, issued[strings.LastIndexByte(issued, '.'):])
			})
			d.forgery(a, op, "algorithm", op.ID, "that names the algorithm none", func(given, issued string) bool {
				t, ok := contract.ReadToken(given)
				was, _ := contract.ReadToken(issued)
				return ok && t.Header["alg"] == "none" && was != nil && sameClaims(t.Claims, was.Claims)
			})
			if op == a.me {
				d.forgery(a, op, "signature", "empty-key", "that is signed with an empty key", signedByNobody)
			}
			d.expired(a, op)
		}
	},
}

// signedByNobody reports whether a token tells the claims of the one that was
// issued, signed with HMAC and an empty key.
func signedByNobody(given, issued string) bool {
	t, ok := contract.ReadToken(given)
	was, _ := contract.ReadToken(issued)
	if !ok || was == nil || !sameClaims(t.Claims, was.Claims) {
		return false
	}
	head := given[:strings.LastIndexByte(given, '.')]
	return jwt.SigningMethodHS256.Verify(head, t.Signature, []byte{}) == nil
}

// unsigned is a token without its signature.
func unsigned(token string) string { return token[:strings.LastIndexByte(token, '.')+1] }

// sameClaims compares all but the moments, which a forger moves.
func sameClaims(a, b map[string]any) bool {
	for name, v := range b {
		if name != "exp" && name != "iat" && name != "nbf" && a[name] != v {
			return false
		}
	}
	return true
}

// forgery puts the token that was issued in the place of the one forged from it.
func (d *deriver) forgery(a *accounts, op *contract.Operation, rule, name, says string, from func(given, issued string) bool) {
	rule = "token." + rule
	d.add(Mutant{Name: rule + "/" + name, Says: op.ID + " takes an access token " + says, Breaks: []string{rule},
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			issued := map[string]bool{}
			return through(nil, func(x *passage) {
				if !meant(op, x.request) {
					return
				}
				given := carried(op, x.request)
				mu.Lock()
				defer mu.Unlock()
				if given == "" || issued[given] {
					return
				}
				for token := range issued {
					if from(given, token) {
						carry(op, x.request, token)
						return
					}
				}
			}, func(x *passage) {
				if token := given(a, x); token != "" {
					mu.Lock()
					defer mu.Unlock()
					issued[token] = true
				}
			})(next)
		}})
}

// given is the access token that an answer gives; empty for none.
func given(a *accounts, x *passage) string {
	if !x.succeeded() || !meant(a.signUp, x.request) && !meant(a.logIn, x.request) && (a.refresh == nil || !meant(a.refresh, x.request)) {
		return ""
	}
	m, _ := x.value().(map[string]any)
	return textOf(m[a.access])
}

// expired takes an old token: its user is logged in anew behind the scenes.
func (d *deriver) expired(a *accounts, op *contract.Operation) {
	d.add(Mutant{Name: "token.expiry/" + op.ID, Says: op.ID + " takes an expired access token", Breaks: []string{"token.expiry"},
		plant: func(next http.Handler) http.Handler {
			credentials := &memory[[]byte]{} // by access token
			return through(nil, func(x *passage) {
				if !meant(op, x.request) {
					return
				}
				body, ok := credentials.get(carried(op, x.request))
				if !ok || a.me == nil || x.again(next, a.me.Method, a.me.Path, nil).status != http.StatusUnauthorized {
					return
				}
				fresh := x.again(next, a.logIn.Method, a.logIn.Path, body)
				if token := textAt(fresh.value(), a.access); fresh.succeeded() {
					carry(op, x.request, token)
				}
			}, func(x *passage) {
				if token := given(a, x); token != "" && x.member(a.password) != nil {
					credentials.put(token, encoded(map[string]any{a.login: x.member(a.login), a.password: x.member(a.password)}))
				}
			})(next)
		}})
}

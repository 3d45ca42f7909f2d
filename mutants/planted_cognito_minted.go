package mutants

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // RS512
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"

	"assay/contract"
)

// A mint stands before a pool and makes its tokens anew, signed with keys of
// its own, so that they can say something else and still verify: clients see
// the mint's tokens and keys alone, the pool its own.
type mint struct {
	minting
	mu       sync.Mutex
	original map[string]string // the pool's token, by the mint's
}

// A minting says how tokens are made.
type minting struct {
	pool *pool
	edit func(*coin)
	keys func() (access, id *rsa.PrivateKey)
	set  func([]map[string]any) []map[string]any // of the published keys; nil for as they are
}

// A coin is a token that is being made.
type coin struct {
	use            string // "access" or "id"
	from           string // the operation that answers with it
	header, claims *members
	other          *members // the claims of the token beside it
	key            *rsa.PrivateKey
}

// members of an object, in their order.
type members struct {
	names  []string
	values map[string]any
}

func membersOf(object []byte) *members {
	m := &members{values: map[string]any{}}
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return m
	}
	for dec.More() {
		name, _ := dec.Token()
		var value any
		if dec.Decode(&value) != nil {
			return m
		}
		m.set(textOf(name), value)
	}
	return m
}

func (m *members) set(name string, value any) {
	if !slices.Contains(m.names, name) {
		m.names = append(m.names, name)
	}
	m.values[name] = value
}

func (m *members) drop(name string) {
	m.names = slices.DeleteFunc(m.names, func(n string) bool { return n == name })
	delete(m.values, name)
}

// rename keeps a member's value and place.
func (m *members) rename(from, to string) {
	if at := slices.Index(m.names, from); at >= 0 {
		m.names[at], m.values[to] = to, m.values[from]
		delete(m.values, from)
	}
}

func (m *members) text(name string) string { return textOf(m.values[name]) }

func (m *members) number(name string) int64 {
	n, _ := m.values[name].(json.Number)
	i, _ := n.Int64()
	return i
}

func (m *members) json() []byte {
	var b bytes.Buffer
	for i, name := range m.names {
		b.WriteByte("{,"[min(i, 1)])
		b.Write(encoded(name))
		b.WriteByte(':')
		b.Write(encoded(m.values[name]))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// mintKeys are pairs of keys that every mint of a process shares, by their size in bits.
var mintKeys = map[int]func() (access, id *rsa.PrivateKey){1024: mintedKeys(1024), 2048: mintedKeys(2048)}

func mintedKeys(bits int) func() (access, id *rsa.PrivateKey) {
	return sync.OnceValues(func() (access, id *rsa.PrivateKey) {
		access, _ = rsa.GenerateKey(rand.Reader, bits) // cannot fail: the sizes are sound and the reader never errs
		id, _ = rsa.GenerateKey(rand.Reader, bits)
		return access, id
	})
}

func kidOf(key *rsa.PrivateKey) string {
	sum := sha256.Sum256(key.N.Bytes())
	return base64.StdEncoding.EncodeToString(sum[:])
}

// plant puts a mint around a handler.
func (m minting) plant(next http.Handler) http.Handler {
	mine := &mint{minting: m, original: map[string]string{}}
	return through(nil, mine.before, mine.after)(next)
}

// before gives the pool its own tokens back.
func (m *mint) before(x *passage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	back := func(token string) string {
		scheme, rest, found := strings.Cut(token, " ")
		if found {
			token = rest
		}
		if own, ok := m.original[token]; ok {
			token = own
		}
		if found {
			return scheme + " " + token
		}
		return token
	}
	if meant(m.pool.setting, x.request) {
		header := m.pool.setting.Security[0][0].Key
		if token := x.request.Header.Get(header); token != "" {
			x.request.Header.Set(header, back(token))
		}
	}
	x.change(func(body map[string]any) {
		if token, ok := body["AccessToken"].(string); ok {
			body["AccessToken"] = back(token)
		}
	})
}

// after makes the tokens of an answer anew, and publishes the mint's keys.
func (m *mint) after(x *passage) {
	if meant(m.pool.keys, x.request) {
		x.changeAnswer(func(any) any { return map[string]any{"keys": m.published()} })
		return
	}
	for _, op := range []*contract.Operation{m.pool.respond, m.pool.initiate, m.pool.exchange} {
		if !meant(op, x.request) {
			continue
		}
		x.changeAnswer(func(answer any) any {
			body, _ := answer.(map[string]any)
			if result, _ := body["AuthenticationResult"].(map[string]any); result != nil {
				m.remint(op.ID, result)
			}
			return answer
		})
	}
}

func (m *mint) remint(from string, result map[string]any) {
	access, id := coinOf("access", from, textOf(result["AccessToken"])), coinOf("id", from, textOf(result["IdToken"]))
	if access == nil || id == nil {
		return
	}
	access.other, id.other = id.claims, access.claims
	access.key, id.key = m.keys()
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, c := range map[string]*coin{"AccessToken": access, "IdToken": id} {
		c.header.set("kid", kidOf(c.key))
		m.edit(c)
		made := c.signed()
		m.original[made] = textOf(result[name])
		result[name] = made
	}
}

func coinOf(use, from, token string) *coin {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	c := &coin{use: use, from: from}
	for i, to := range []**members{&c.header, &c.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil
		}
		*to = membersOf(raw)
	}
	return c
}

func (c *coin) signed() string {
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(c.header.json()) + "." + encode(c.claims.json())
	hash := crypto.SHA256
	if c.header.text("alg") == "RS512" {
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write([]byte(input))
	signature, _ := rsa.SignPKCS1v15(nil, c.key, hash, h.Sum(nil)) // cannot fail: the key is longer than the digest
	return input + "." + encode(signature)
}

// published is the mint's key set.
func (m *mint) published() []map[string]any {
	access, id := m.keys()
	var set []map[string]any
	for _, key := range []*rsa.PrivateKey{id, access} {
		set = append(set, map[string]any{"alg": "RS256", "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()), "kid": kidOf(key), "kty": "RSA",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "use": "sig"})
	}
	if m.set != nil {
		set = m.set(set)
	}
	return set
}

// mintSize is the size of a mint's keys, in bits.
const mintSize = 2048

// minted changes what tokens say, by whom and how they are signed.
func (d *deriver) minted(p *pool) {
	add := func(breaks []string, name, says string, edit func(*coin), entails ...string) {
		d.add(Mutant{Name: breaks[0] + "/" + name, Says: says, Breaks: breaks, Entails: entails, plant: minting{pool: p, edit: edit, keys: mintKeys[mintSize]}.plant})
	}
	of := func(use string, edit func(c *coin)) func(*coin) {
		return func(c *coin) {
			if c.use == use {
				edit(c)
			}
		}
	}
	d.mintedClaims(p, add, of)
	d.mintedTimes(p, add, of)
	d.mintedHeaders(p, add, of)
	d.mintedRefreshes(p, add, of)
}

type (
	addMinted func(breaks []string, name, says string, edit func(*coin), entails ...string)
	ofUse     func(use string, edit func(c *coin)) func(*coin)
)

// claimRules are the ids of a claim's rule in every answer that has the token.
func claimRules(p *pool, token, rule string) (out []string) {
	for _, op := range []*contract.Operation{p.respond, p.initiate, p.exchange} {
		out = append(out, success(op)+".AuthenticationResult."+token+"."+rule)
	}
	return out
}

// mintedClaims adds claims, drops and renames them, and tells others.
func (d *deriver) mintedClaims(p *pool, add addMinted, of ofUse) {
	kind := []string{"token.claims-of-its-kind"}
	add([]string{"token.access-without-aud"}, "client", "the access token has the client for its aud", of("access", func(c *coin) { c.claims.set("aud", c.claims.text("client_id")) }))
	add([]string{"token.access-without-aud"}, "array", "the access token has a list for its aud", of("access", func(c *coin) { c.claims.set("aud", []any{c.claims.text("client_id")}) }))
	add(kind, "attributes", "the access token tells the user's attributes", of("access", func(c *coin) {
		c.claims.set("email", c.other.values["email"])
		c.claims.set("email_verified", c.other.values["email_verified"])
	}))
	add(kind, "both-names", "the access token names the user as the id token does, too", of("access", func(c *coin) { c.claims.set("cognito:username", c.claims.text("username")) }))
	add(kind, "role", "the access token has a claim of nobody's", of("access", func(c *coin) { c.claims.set("role", "admin") }))
	attributes := "getUser.attributes-as-in-id-token"
	add(kind, "id-client", "the id token has client_id", of("id", func(c *coin) { c.claims.set("client_id", c.claims.text("aud")) }), attributes)
	add(kind, "id-scope", "the id token has scope", of("id", func(c *coin) { c.claims.set("scope", "aws.cognito.signin.user.admin") }), attributes)
	add(kind, "id-username", "the id token has username", of("id", func(c *coin) { c.claims.set("username", c.claims.text("cognito:username")) }), attributes)
	add(claimRules(p, "AccessToken", "claims.username.required"), "renamed", "the access token names the user as the id token does", of("access", func(c *coin) { c.claims.rename("username", "cognito:username") }),
		"token.claims-of-its-kind", "token.names-user-and-client", "getUser.own", "refresh.usable-token", "refresh.same-sign-in")
	add(claimRules(p, "IdToken", "claims.cognito:username.required"), "renamed", "the id token names the user as the access token does", of("id", func(c *coin) { c.claims.rename("cognito:username", "username") }),
		"token.claims-of-its-kind", "token.names-user-and-client", attributes)
	add(claimRules(p, "AccessToken", "claims.token_use.enum"), "id", "the access token says that it is an id token", of("access", func(c *coin) { c.claims.set("token_use", "id") }))
	add(claimRules(p, "IdToken", "claims.token_use.enum"), "access", "the id token says that it is an access token", of("id", func(c *coin) { c.claims.set("token_use", "access") }))
	add(claimRules(p, "AccessToken", "claims.scope.enum"), "openid", "the access token has another scope", of("access", func(c *coin) { c.claims.set("scope", "openid") }))
	add(claimRules(p, "AccessToken", "claims.scope.type"), "array", "the access token's scope is a list", of("access", func(c *coin) { c.claims.set("scope", []any{c.claims.text("scope")}) }), claimRules(p, "AccessToken", "claims.scope.enum")...)
	add(claimRules(p, "IdToken", "claims.aud.type"), "array", "the id token's aud is a list", of("id", func(c *coin) { c.claims.set("aud", []any{c.claims.text("aud")}) }), "token.names-user-and-client")
	add(claimRules(p, "IdToken", "claims.email_verified.type"), "text", "email_verified is a string in the id token", of("id", func(c *coin) { c.claims.set("email_verified", "true") }))
	add([]string{attributes}, "claim-lost", "the id token lacks the user's e-mail address", of("id", func(c *coin) { c.claims.drop("email") }))
	add([]string{attributes}, "claim-differs", "the id token says that the address is not verified", of("id", func(c *coin) { c.claims.set("email_verified", false) }))
	names := []string{"token.names-user-and-client"}
	add(names, "sub-for-name", "the access token has the user's sub for username", of("access", func(c *coin) { c.claims.set("username", c.claims.text("sub")) }), "getUser.own", "refresh.usable-token")
	add(names, "other-client", "the id token is for another client", of("id", func(c *coin) { c.claims.set("aud", "another") }))
	add([]string{"getUser.own"}, "other-sub", "getUser tells another sub than the tokens", func(c *coin) { c.claims.set("sub", "00000000-0000-4000-8000-000000000000") }, attributes)
	one := []string{"token.one-sign-in"}
	for _, name := range []string{"sub", "origin_jti", "event_id"} {
		add(one, name, "the two tokens of a sign-in differ in "+name, of("id", func(c *coin) { c.claims.set(name, "00000000-0000-4000-8000-000000000000") }), attributes)
	}
	add(one, "jti", "the two tokens of a sign-in have one jti", of("id", func(c *coin) { c.claims.set("jti", c.other.text("jti")) }))
	issuer := []string{"token.issuer-of-pool"}
	add(issuer, "host", "the issuer is the host without the pool", func(c *coin) { c.claims.set("iss", cutTail(c.claims.text("iss"), "/")) }, "discover.issuer-of-tokens")
	add(issuer, "access-alone", "the access token has another issuer than the id token", of("access", func(c *coin) { c.claims.set("iss", "https://issuer.example.com/"+lastPart(c.claims.text("iss"))) }))
}

func cutTail(text, sep string) string { return text[:max(strings.LastIndex(text, sep), 0)] }

func lastPart(text string) string { return text[strings.LastIndexByte(text, '/')+1:] }

// mintedTimes tells other times.
func (d *deriver) mintedTimes(p *pool, add addMinted, of ofUse) {
	moved := func(by int64, names ...string) func(*coin) {
		return func(c *coin) {
			for _, name := range names {
				c.claims.set(name, c.claims.number(name)+by)
			}
		}
	}
	const hour = 3600
	when := []string{"token.sign-in-time"}
	add(when, "time-zone", "the tokens' times are two hours ahead", moved(2*hour, "auth_time", "iat", "exp"),
		append(claimRules(p, "AccessToken", "lifetime"), claimRules(p, "IdToken", "lifetime")...)...)
	add(when, "auth-time", "auth_time is an hour before the sign-in", moved(-hour, "auth_time"))
	add([]string{"token.one-sign-in"}, "auth-time", "the two tokens of a sign-in differ in auth_time", of("id", moved(1, "auth_time")))
	add([]string{"token.one-sign-in"}, "iat", "the two tokens of a sign-in differ in iat and exp", of("id", moved(1, "iat", "exp")))
	lifetime := "respondToAuthChallenge.200.AuthenticationResult."
	add([]string{lifetime + "AccessToken.lifetime"}, "six-hours", "every access token lives six times as long", of("access", moved(5*hour, "exp")), "token.expires-in", "token.one-sign-in", "accessToken.not-expired",
		"initiateAuth.200.AuthenticationResult.AccessToken.lifetime", "getTokensFromRefreshToken.200.AuthenticationResult.AccessToken.lifetime")
	add([]string{lifetime + "IdToken.lifetime"}, "six-hours", "every id token lives six times as long", of("id", moved(5*hour, "exp")), "token.one-sign-in",
		"initiateAuth.200.AuthenticationResult.IdToken.lifetime", "getTokensFromRefreshToken.200.AuthenticationResult.IdToken.lifetime")
	add([]string{lifetime + "AccessToken.lifetime"}, "milliseconds", "exp of the access token is in milliseconds", of("access", func(c *coin) { c.claims.set("exp", c.claims.number("exp")*1000) }), "token.expires-in", "token.one-sign-in", "accessToken.not-expired",
		"initiateAuth.200.AuthenticationResult.AccessToken.lifetime", "getTokensFromRefreshToken.200.AuthenticationResult.AccessToken.lifetime")
}

// mintedHeaders signs otherwise, or names the key otherwise.
func (d *deriver) mintedHeaders(p *pool, add addMinted, of ofUse) {
	add([]string{"token.no-typ"}, "typ", "the headers of the tokens have typ", func(c *coin) { c.header.set("typ", "JWT") })
	add([]string{"token.no-typ"}, "id-alone", "the header of the id token has typ", of("id", func(c *coin) { c.header.set("typ", "JWT") }))
	algorithm := claimRules(p, "AccessToken", "algorithm")
	add(algorithm, "RS512", "access tokens are signed by RS512", of("access", func(c *coin) { c.header.set("alg", "RS512") }), "token.keys-published")
	add(claimRules(p, "IdToken", "algorithm"), "RS512", "id tokens are signed by RS512", of("id", func(c *coin) { c.header.set("alg", "RS512") }), "token.keys-published")
	published := []string{"token.keys-published"}
	add(published, "kids-swapped", "each token names the other's key", func(c *coin) {
		access, id := mintKeys[mintSize]()
		c.header.set("kid", map[string]string{"access": kidOf(id), "id": kidOf(access)}[c.use])
	})
	add(published, "unpublished-id-key", "the id token is signed by a key that is not published", of("id", func(c *coin) { c.key = mintStranger() }))
	add(published, "no-kid", "the tokens name no key", func(c *coin) { c.header.drop("kid") }, "token.key-ids", "token.no-typ", "token.two-keys")
	two := []string{"token.two-keys"}
	add(two, "one-key", "both tokens are signed by one key", of("id", func(c *coin) {
		c.key, _ = mintKeys[mintSize]()
		c.header.set("kid", kidOf(c.key))
	}))
	ids := func(name, says string, spell func(raw []byte) string) {
		rename := func(kid string) string {
			raw, _ := base64.StdEncoding.DecodeString(kid)
			return spell(raw)
		}
		d.add(Mutant{Name: "token.key-ids/" + name, Says: says, Breaks: []string{"token.key-ids"}, plant: minting{pool: p, keys: mintKeys[mintSize],
			edit: func(c *coin) { c.header.set("kid", rename(c.header.text("kid"))) },
			set: func(set []map[string]any) []map[string]any {
				for _, jwk := range set {
					jwk["kid"] = rename(textOf(jwk["kid"]))
				}
				return set
			}}.plant})
	}
	ids("base64url", "key ids are base64url", func(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) })
	ids("hexadecimal", "key ids are hexadecimal", func(raw []byte) string { return hex.EncodeToString(raw) })
	ids("short", "key ids have 16 bytes", func(raw []byte) string { return base64.StdEncoding.EncodeToString(raw[:16]) })
	d.add(Mutant{Name: "token.key-size/1024", Says: "the tokens are signed with keys of 1024 bits", Breaks: []string{"token.key-size"}, plant: minting{pool: p, keys: mintKeys[1024], edit: func(*coin) {}}.plant})
	d.add(Mutant{Name: "respondToAuthChallenge.usable-token/swapped", Says: "access token and id token stand in each other's place", Breaks: []string{"respondToAuthChallenge.usable-token"}, Entails: allRules(d.contract),
		plant: through(p.respond, nil, func(x *passage) {
			x.changeAnswer(func(answer any) any {
				body, _ := answer.(map[string]any)
				if result, _ := body["AuthenticationResult"].(map[string]any); result != nil {
					result["AccessToken"], result["IdToken"] = result["IdToken"], result["AccessToken"]
				}
				return answer
			})
		})})
}

// mintStranger is a key that no set of keys holds.
var mintStranger = sync.OnceValue(func() *rsa.PrivateKey {
	key, _ := mintedKeys(mintSize)()
	return key
})

// mintedRefreshes makes the tokens of a refresh otherwise than those of a sign-in.
func (d *deriver) mintedRefreshes(p *pool, add addMinted, of ofUse) {
	for _, op := range []*contract.Operation{p.initiate, p.exchange} {
		refreshed := func(breaks, name, says string, edit func(*coin), entails ...string) {
			add([]string{breaks}, op.ID+"-"+name, op.ID+" gives "+says, func(c *coin) {
				if c.from == op.ID {
					edit(c)
				}
			}, entails...)
		}
		refreshed("refresh.same-sign-in", "origin", "tokens of another sign-in", func(c *coin) { c.claims.set("origin_jti", "00000000-0000-4000-8000-000000000000") })
		first := &memory[string]{} // jti of a sign-in's access token, by its origin
		add([]string{"refresh.same-sign-in"}, op.ID+"-jti", op.ID+" gives an access token with the jti of the sign-in", of("access", func(c *coin) {
			origin := c.claims.text("origin_jti")
			switch c.from {
			case p.respond.ID:
				first.put(origin, c.claims.text("jti"))
			case op.ID:
				jti, _ := first.get(origin)
				c.claims.set("jti", jti)
			}
		}))
		refreshed("refresh.same-sign-in", "time", "tokens with another auth_time", func(c *coin) { c.claims.set("auth_time", c.claims.number("auth_time")-60) })
		refreshed("token.access-without-aud", "aud", "an access token with aud", of("access", func(c *coin) { c.claims.set("aud", c.claims.text("client_id")) }))
		refreshed("token.claims-of-its-kind", "email", "an access token that tells the e-mail address", of("access", func(c *coin) { c.claims.set("email", c.other.values["email"]) }))
		refreshed("token.no-typ", "typ", "tokens whose headers have typ", func(c *coin) { c.header.set("typ", "JWT") })
		refreshed("token.keys-published", "key", "tokens signed by a key that is not published", func(c *coin) { c.key = mintStranger() })
		refreshed("token.two-keys", "one-key", "tokens signed by one key", of("id", func(c *coin) {
			c.key, _ = mintKeys[mintSize]()
			c.header.set("kid", kidOf(c.key))
		}))
		refreshed("token.issuer-of-pool", "issuer", "tokens of another issuer", func(c *coin) { c.claims.set("iss", cutTail(c.claims.text("iss"), "/")) })
		refreshed("token.names-user-and-client", "client", "an id token for another client", of("id", func(c *coin) { c.claims.set("aud", "another") }))
	}
}

// keySets publishes keys otherwise.
func (d *deriver) keySets(p *pool) {
	published := func(rule, name, says string, change func(set []map[string]any) []map[string]any, entails ...string) {
		d.poolMutant(rule, name, says, minting{pool: p, keys: mintKeys[mintSize], edit: func(*coin) {}, set: change}.plant, entails...)
	}
	each := func(member string, value func(old any) any) func([]map[string]any) []map[string]any {
		return func(set []map[string]any) []map[string]any {
			for _, jwk := range set {
				jwk[member] = value(jwk[member])
			}
			return set
		}
	}
	const verify, complete = "token.keys-published", "getKeySet.key-complete"
	published(verify, "one-key", "the key set holds one of the two keys", func(set []map[string]any) []map[string]any { return set[:1] })
	published(verify, "standard-base64", "the modulus in the key set is standard base64", each("n", func(old any) any {
		raw, _ := base64.RawURLEncoding.DecodeString(textOf(old))
		return base64.StdEncoding.EncodeToString(raw)
	}))
	published(verify, "other-keys", "the key set holds other keys under the same ids", each("n", func(any) any {
		return base64.RawURLEncoding.EncodeToString(mintStranger().N.Bytes())
	}))
	published("getKeySet.200.keys.minItems", "none", "the key set is empty", func([]map[string]any) []map[string]any { return []map[string]any{} }, verify, complete, "accessToken.algorithm")
	published("getKeySet.200.keys[].kty.enum", "EC", "the key set holds keys of another kind", each("kty", func(any) any { return "EC" }))
	d.poolMutant("getKeySet.200.keys.required", "lost", "the key set has no keys", p.visited(p.keys, func(v *visit) {
		v.changeAnswer(func(any) any { return map[string]any{} })
	}), verify, complete, "discover.key-set", "accessToken.algorithm")
	published(complete, "use", "the key set holds keys for encryption", each("use", func(any) any { return "enc" }))
	published(complete, "algorithm", "the key set holds keys for RS512", each("alg", func(any) any { return "RS512" }))
	published(complete, "nameless", "the key set names no key ids", func(set []map[string]any) []map[string]any {
		for _, jwk := range set {
			delete(jwk, "kid")
		}
		return set
	}, verify)
}

package cognito

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"sync"

	"assay/mockserver/idp/cognito/srp"
	"assay/mockserver/idp/config"
)

// A pool is what does not change while an engine runs. Forks share it.
type pool struct {
	id       string
	name     string // the part of the id after "_", which is part of what is hashed and signed
	issuer   string
	clients  map[string]config.CognitoClient
	users    map[string]*user // by name
	bySub    map[string]*user
	first    *user  // of the configuration; nil when there is none
	hide     bool   // of unknown users
	disguise []byte // keys what an unknown user is shown
	settings []config.Setting
}

// A user as the pool keeps one: a verifier and no password.
type user struct {
	name       string
	attributes config.Attributes // "sub" first
	verifier   func() *srp.Verifier
}

func newPool(c config.Cognito, users []config.User, bytes func(int) []byte) pool {
	region, name, _ := strings.Cut(c.Pool, "_")
	p := pool{
		id: c.Pool, name: name, issuer: c.Issuer, hide: c.HideUnknownUsers, settings: c.Settings,
		clients: map[string]config.CognitoClient{}, users: map[string]*user{}, bySub: map[string]*user{}, disguise: bytes(32),
	}
	if p.issuer == "" {
		p.issuer = "https://cognito-idp." + region + ".amazonaws.com/" + c.Pool
	}
	if p.settings == nil {
		p.settings = defaultSettings
	}
	for _, client := range c.Clients {
		p.clients[client.ID] = client
	}
	for _, u := range users {
		who := newUser(name, u, freshSalt(bytes))
		p.users[u.Username], p.bySub[who.sub()] = who, who
		if p.first == nil {
			p.first = who
		}
	}
	return p
}

// freshSalt draws a salt that every client reads alike: one that begins with a
// zero byte is hashed with it by some clients and without it by others.
func freshSalt(bytes func(int) []byte) []byte {
	for {
		if salt := bytes(srp.SaltSize); salt[0] != 0 {
			return salt
		}
	}
}

func newUser(pool string, u config.User, salt []byte) *user {
	sub, given := u.Attributes.Get("sub")
	if !given {
		sub = madeUpSub(pool, u.Username)
	}
	attributes := config.Attributes{{Name: "sub", Value: sub}}
	for _, a := range u.Attributes {
		if a.Name != "sub" {
			attributes = append(attributes, a)
		}
	}
	return &user{
		name:       u.Username,
		attributes: attributes,
		// Deriving a verifier costs an exponentiation; nobody waits for those of users who do not sign in.
		verifier: sync.OnceValue(func() *srp.Verifier { return srp.NewVerifier(pool, u.Username, u.Password, salt) }),
	}
}

// madeUpSub is a version 4 UUID that stays the same for a name in a pool.
func madeUpSub(pool, name string) string {
	sum := sha256.Sum256([]byte(pool + "\x00" + name))
	return uuidOf(sum[:16])
}

// uuidOf writes 16 bytes as a version 4 UUID (RFC 9562 section 5.4), which it makes them.
func uuidOf(b []byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// nobody is what an unknown user is shown: always the same salt, and a
// verifier whose password nobody knows.
func (p *pool) nobody(name string) *user {
	h := hmac.New(sha256.New, p.disguise)
	h.Write([]byte(name))
	sum := h.Sum(nil)
	sum[0] |= 1
	return &user{name: name, verifier: func() *srp.Verifier {
		return srp.NewVerifier(p.name, name, hex.EncodeToString(sum[srp.SaltSize:]), sum[:srp.SaltSize])
	}}
}

// somebody is an unknown user as a careless pool shows one: never twice the same.
func (p *pool) somebody(name string, bytes func(int) []byte) *user {
	return newUser(p.name, config.User{Username: name, Password: hex.EncodeToString(bytes(16))}, freshSalt(bytes))
}

// sub is the user's id.
func (u *user) sub() string {
	sub, _ := u.attributes.Get("sub")
	return sub
}

// secretHash is what a client that has a secret sends beside a name.
func secretHash(c config.CognitoClient, name string) string {
	h := hmac.New(sha256.New, []byte(c.Secret))
	h.Write([]byte(name + c.ID))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// defaultSettings are what the settings API tells where no file says otherwise.
var defaultSettings = []config.Setting{
	{Name: "SAAS_BOOST_BUCKET", Value: "sb-demo-assets", ReadOnly: true, Version: 1, Description: "bucket that holds the environment's assets"},
	{Name: "SAAS_BOOST_ENVIRONMENT", Value: "demo", ReadOnly: true, Version: 1, Description: "name of this environment"},
	{Name: "DOMAIN_NAME", Value: "app.example.com", Version: 1, Description: "domain that tenants are given names under"},
	{Name: "BILLING_API_KEY", Value: "****", Secure: true, Version: 2, Description: "key of the billing provider, never shown"},
}

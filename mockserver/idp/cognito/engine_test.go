package cognito

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/contract"
	"assay/mockserver/idp/config"
)

const (
	testPool   = "us-east-1_EQ4a9mqJD"
	testClient = "3obd6pn17cm5oh20ir8kreqa7d"
)

var (
	testKeys     = GenerateKeys()
	testContract = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load("../../../openapi/cognito.yaml") })
)

// A bench is a pool under test whose clock is moved by hand.
type bench struct {
	*Engine
	t   testing.TB
	now time.Time
}

func newBench(t testing.TB, change ...func(*Options)) *bench {
	t.Helper()
	c, err := testContract()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2022, 6, 15, 1, 58, 46, 0, time.UTC)}
	d := config.Default()
	o := Options{Pool: d.Cognito, Users: d.Users, Terms: TermsOf(c), Now: func() time.Time { return b.now }, Random: rand.Reader, Keys: testKeys}
	for _, f := range change {
		f(&o)
	}
	o.Terms = o.Terms.With(o.Pool.Lifetimes)
	b.Engine = NewEngine(o)
	return b
}

// without serves the contract as if it did not hold these sentences.
func without(rules ...string) func(*Options) {
	return func(o *Options) {
		has := o.Terms.Has
		o.Terms.Has = func(rule string) bool { return has(rule) && !slices.Contains(rules, rule) }
	}
}

func withUsers(users ...config.User) func(*Options) {
	return func(o *Options) { o.Users = append(slices.Clone(o.Users), users...) }
}

func withClients(clients ...config.CognitoClient) func(*Options) {
	return func(o *Options) { o.Pool.Clients = append(slices.Clone(o.Pool.Clients), clients...) }
}

// attempt is a sign-in before its last step, to be spoilt.
type attempt struct {
	client    *client
	clientID  string
	challenge *Challenge
	responses map[string]string
}

func (b *bench) begin(user, password string) *attempt {
	b.t.Helper()
	c := newClient(b.t)
	challenge, refusal := b.Begin(testClient, map[string]string{"USERNAME": user, "SRP_A": c.A.Text(16)})
	if refusal != nil {
		b.t.Fatal(refusal)
	}
	timestamp := b.now.Format(timestampLayout)
	return &attempt{c, testClient, challenge, map[string]string{
		"USERNAME": challenge.Username, "PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock,
		"TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": c.sign(b.t, b.pool.name, password, challenge, timestamp),
	}}
}

func (b *bench) end(a *attempt) (*Tokens, *Error) { return b.Prove(a.clientID, a.responses) }

func (b *bench) signedIn(user, password string) *Tokens {
	b.t.Helper()
	tokens, refusal := b.end(b.begin(user, password))
	if refusal != nil {
		b.t.Fatal(refusal)
	}
	return tokens
}

func (b *bench) admin() *Tokens {
	b.t.Helper()
	return b.signedIn(config.DefaultUsername, config.DefaultPassword)
}

func wantRefusal(t testing.TB, got *Error, kind string) {
	t.Helper()
	if got == nil {
		t.Errorf("not refused, want %s", kind)
	} else if got.Type != kind {
		t.Errorf("refused with %v, want %s", got, kind)
	}
}

func jwtPart(t testing.TB, token string, part int) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[part])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal([]byte(jwtPart(t, token, 1)), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// keysInOrder lists the members of a JSON object as they are written.
func keysInOrder(t testing.TB, text string) (names []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func TestAChallengeHasTheRecordedShape(t *testing.T) {
	b := newBench(t)
	c := b.begin("admin", config.DefaultPassword).challenge
	block, err := base64.StdEncoding.DecodeString(c.SecretBlock)
	if err != nil || len(c.SecretBlock) != 1724 || len(block) != 1291 {
		t.Errorf("the secret block has %d characters, %d bytes (%v)", len(c.SecretBlock), len(block), err)
	}
	if len(c.Salt) != 32 || len(c.PublicB) != 768 || c.PublicB != strings.ToLower(c.PublicB) {
		t.Errorf("SALT has %d digits, SRP_B %d", len(c.Salt), len(c.PublicB))
	}
	if c.Username != "admin" {
		t.Errorf("USERNAME is %q", c.Username)
	}
	again := b.begin("admin", config.DefaultPassword).challenge
	if again.SecretBlock == c.SecretBlock || again.PublicB == c.PublicB {
		t.Error("the second challenge repeats the first")
	}
	if again.Salt != c.Salt {
		t.Error("the salt of a user changes between sign-ins")
	}
}

func TestTokensHaveTheRecordedShape(t *testing.T) {
	tokens := newBench(t).admin()
	if tokens.ExpiresIn != 3600 {
		t.Errorf("ExpiresIn is %d", tokens.ExpiresIn)
	}
	for name, want := range map[string][]string{
		"header of the access token": {"kid", "alg"},
		"header of the id token":     {"kid", "alg"},
		"access token":               {"sub", "iss", "client_id", "origin_jti", "event_id", "token_use", "scope", "auth_time", "exp", "iat", "jti", "username"},
		"id token": {
			"sub", "email_verified", "iss", "cognito:username", "origin_jti", "aud", "custom:identity_pool", "event_id",
			"token_use", "auth_time", "exp", "iat", "jti", "email",
		},
	} {
		token, part := tokens.Access, 1
		if strings.Contains(name, "id token") {
			token = tokens.ID
		}
		if strings.HasPrefix(name, "header") {
			part = 0
		}
		if diff := cmp.Diff(want, keysInOrder(t, jwtPart(t, token, part))); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if !strings.Contains(jwtPart(t, tokens.Access, 1), `"iss":"https:\/\/cognito-idp.us-east-1.amazonaws.com\/us-east-1_EQ4a9mqJD"`) {
		t.Errorf("the issuer is not written as recorded: %s", jwtPart(t, tokens.Access, 1))
	}
	access, id := claimsOf(t, tokens.Access), claimsOf(t, tokens.ID)
	for _, same := range []string{"sub", "iss", "origin_jti", "event_id", "auth_time", "exp", "iat"} {
		if access[same] != id[same] {
			t.Errorf("%s differs: %v and %v", same, access[same], id[same])
		}
	}
	for claim, want := range map[string]any{
		"auth_time": 1655258326.0, "iat": 1655258326.0, "exp": 1655261926.0, "token_use": "access",
		"scope": "aws.cognito.signin.user.admin", "client_id": testClient, "username": "admin",
	} {
		if access[claim] != want {
			t.Errorf("%s is %v, want %v", claim, access[claim], want)
		}
	}
	for claim, want := range map[string]any{"email_verified": true, "aud": testClient, "token_use": "id", "cognito:username": "admin", "email": "admin@example.com"} {
		if id[claim] != want {
			t.Errorf("%s is %v, want %v", claim, id[claim], want)
		}
	}
	if access["jti"] == id["jti"] {
		t.Error("both tokens have one jti")
	}
}

func TestTheTwoTokensVerifyWithTwoPublishedKeys(t *testing.T) {
	b := newBench(t)
	tokens := b.admin()
	set, refusal := b.KeySet(testPool)
	if refusal != nil {
		t.Fatal(refusal)
	}
	kids := map[string]bool{}
	for _, token := range []string{tokens.Access, tokens.ID} {
		var header struct{ Kid string }
		if err := json.Unmarshal([]byte(jwtPart(t, token, 0)), &header); err != nil {
			t.Fatal(err)
		}
		if raw, err := base64.StdEncoding.DecodeString(header.Kid); err != nil || len(raw) != 32 {
			t.Errorf("the key id %q is no standard base64 of 32 bytes", header.Kid)
		}
		kids[header.Kid] = true
		i := slices.IndexFunc(set.Keys, func(k JWK) bool { return k.ID == header.Kid })
		if i < 0 {
			t.Fatalf("the key %q is not published", header.Kid)
		}
		if key := set.Keys[i]; key.Algorithm != "RS256" || key.Use != "sig" || key.Type != "RSA" {
			t.Errorf("the key is published as %+v", key)
		}
		n, _ := base64.RawURLEncoding.DecodeString(set.Keys[i].Modulus)
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
		at := strings.LastIndexByte(token, '.')
		signature, _ := base64.RawURLEncoding.DecodeString(token[at+1:])
		if err := rsa.VerifyPKCS1v15(public, 5, clientHash([]byte(token[:at])), signature); err != nil { // 5 is crypto.SHA256
			t.Errorf("the signature does not verify: %v", err)
		}
	}
	if len(kids) != 2 {
		t.Errorf("the tokens are signed with %d keys", len(kids))
	}
}

func TestTheRefreshTokenIsARealJWE(t *testing.T) {
	b := newBench(t)
	parts := strings.Split(b.admin().Refresh, ".")
	if len(parts) != 5 {
		t.Fatalf("it has %d parts", len(parts))
	}
	var raw [5][]byte
	for i, part := range parts {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		raw[i] = text
	}
	if got, want := string(raw[0]), `{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`; got != want {
		t.Errorf("the header is %s", got)
	}
	for i, want := range []int{256, 12, 965, 16} {
		if len(raw[i+1]) != want {
			t.Errorf("part %d has %d bytes, want %d", i+1, len(raw[i+1]), want)
		}
	}
	_, _, private := b.keys.wait()
	key, err := rsa.DecryptOAEP(sha1.New(), nil, private, raw[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := gcm.Open(nil, raw[2], append(raw[3], raw[4]...), []byte(parts[0]))
	if err != nil {
		t.Fatal(err)
	}
	if claims := claimsOf(t, string(inner)); claims["username"] != "admin" || claims["client_id"] != testClient {
		t.Errorf("inside stands %v", claims)
	}
	if fresh := strings.Split(b.admin().Refresh, "."); fresh[1] == parts[1] || fresh[2] == parts[2] {
		t.Error("the second refresh token repeats the first one's key or nonce")
	}
}

func TestNamesAndPasswordsOfEveryKind(t *testing.T) {
	users := []config.User{
		{Username: "zoë.ångström", Password: "пароль-密码-🔑"},
		{Username: "team:admin", Password: ":a:b:"},
		{Username: "sam@example.com", Password: ` "q" \ '`},
		{Username: strings.Repeat("ü", 128), Password: strings.Repeat("long ", 200)},
	}
	b := newBench(t, withUsers(users...))
	for _, u := range users {
		tokens := b.signedIn(u.Username, u.Password)
		name, attributes, refusal := b.User(tokens.Access)
		if refusal != nil || name != u.Username || len(attributes) == 0 || attributes[0].Name != "sub" {
			t.Errorf("%q is told as %q with %v (%v)", u.Username, name, attributes, refusal)
		}
		if _, refusal := b.end(b.begin(u.Username, u.Password+" ")); refusal == nil {
			t.Errorf("%q signs in with a space after the password", u.Username)
		}
	}
}

func TestTheClientsWaysOfWritingNumbersAreTaken(t *testing.T) {
	b := newBench(t)
	for name, write := range map[string]func(string) string{
		"as it is":                func(s string) string { return s },
		"in capitals":             strings.ToUpper,
		"with a sign digit":       func(s string) string { return "0" + s },
		"padded to 768 digits":    func(s string) string { return strings.Repeat("0", 768-len(s)) + s },
		"with a whole sign byte":  func(s string) string { return "00" + s },
		"in capitals with a sign": func(s string) string { return "0" + strings.ToUpper(s) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			challenge, refusal := b.Begin(testClient, map[string]string{"USERNAME": "admin", "SRP_A": write(c.A.Text(16))})
			if refusal != nil {
				t.Fatal(refusal)
			}
			timestamp := b.now.Format(timestampLayout)
			if _, refusal := b.Prove(testClient, map[string]string{
				"USERNAME": "admin", "TIMESTAMP": timestamp,
				"PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock, "PASSWORD_CLAIM_SIGNATURE": c.sign(t, "EQ4a9mqJD", config.DefaultPassword, challenge, timestamp),
			}); refusal != nil {
				t.Error(refusal)
			}
		})
	}
}

func TestASignInIsNotBegun(t *testing.T) {
	n := clientN.Text(16)
	good := newClient(t).A.Text(16)
	tests := []struct {
		name, client, user, a, kind string
	}{
		{"for an unknown client", "nobody", "admin", good, ResourceNotFound},
		{"for no client", "", "admin", good, InvalidParameter},
		{"for an unknown user", testClient, "nobody", good, UserNotFound},
		{"for a user in other capitals", testClient, "Admin", good, UserNotFound},
		{"without a name", testClient, "", good, InvalidParameter},
		{"with a blank name", testClient, "  ", good, InvalidParameter},
		{"without SRP_A", testClient, "admin", "", InvalidParameter},
		{"with SRP_A of zero", testClient, "admin", "0", InvalidParameter},
		{"with the modulus for SRP_A", testClient, "admin", n, InvalidParameter},
		{"with the modulus in capitals", testClient, "admin", strings.ToUpper(n), InvalidParameter},
		{"with twice the modulus", testClient, "admin", new(big.Int).Lsh(clientN, 1).Text(16), InvalidParameter},
		{"with an SRP_A beyond the modulus", testClient, "admin", "1" + strings.Repeat("0", 768), InvalidParameter},
		{"with an endless SRP_A", testClient, "admin", strings.Repeat("f", 1<<20), InvalidParameter},
		{"with words for SRP_A", testClient, "admin", "not a number", InvalidParameter},
	}
	b := newBench(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, refusal := b.Begin(tt.client, map[string]string{"USERNAME": tt.user, "SRP_A": tt.a})
			wantRefusal(t, refusal, tt.kind)
		})
	}
}

func TestAProofIsRefused(t *testing.T) {
	other := config.User{Username: "other", Password: "Other-Horse-8"}
	flipBlock := func(t *testing.T, a *attempt, at int) {
		block, err := base64.StdEncoding.DecodeString(a.challenge.SecretBlock)
		if err != nil {
			t.Fatal(err)
		}
		block[(at+len(block))%len(block)] ^= 1
		a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(block)
	}
	resign := func(t *testing.T, b *bench, a *attempt, timestamp string) {
		a.responses["TIMESTAMP"] = timestamp
		a.responses["PASSWORD_CLAIM_SIGNATURE"] = a.client.sign(t, b.pool.name, config.DefaultPassword, a.challenge, timestamp)
	}
	tests := []struct {
		name  string
		spoil func(t *testing.T, b *bench, a *attempt)
		kind  string
	}{
		{"with a wrong password", func(t *testing.T, b *bench, a *attempt) {
			a.responses["PASSWORD_CLAIM_SIGNATURE"] = a.client.sign(t, b.pool.name, "wrong", a.challenge, a.responses["TIMESTAMP"])
		}, NotAuthorized},
		{"with an empty password", func(t *testing.T, b *bench, a *attempt) {
			a.responses["PASSWORD_CLAIM_SIGNATURE"] = a.client.sign(t, b.pool.name, "", a.challenge, a.responses["TIMESTAMP"])
		}, NotAuthorized},
		{"with the name of another pool", func(t *testing.T, b *bench, a *attempt) {
			a.responses["PASSWORD_CLAIM_SIGNATURE"] = a.client.sign(t, "us-east-1_EQ4a9mqJD", config.DefaultPassword, a.challenge, a.responses["TIMESTAMP"])
		}, NotAuthorized},
		{"with a signature changed in one bit", func(t *testing.T, b *bench, a *attempt) {
			s := a.responses["PASSWORD_CLAIM_SIGNATURE"]
			raw, _ := base64.StdEncoding.DecodeString(s)
			raw[31] ^= 1
			a.responses["PASSWORD_CLAIM_SIGNATURE"] = base64.StdEncoding.EncodeToString(raw)
		}, NotAuthorized},
		{"with a signature that is no base64", func(t *testing.T, b *bench, a *attempt) { a.responses["PASSWORD_CLAIM_SIGNATURE"] = "%%%" }, NotAuthorized},
		{"with a secret block changed in its first byte", func(t *testing.T, b *bench, a *attempt) { flipBlock(t, a, 0) }, NotAuthorized},
		{"with a secret block changed in its middle", func(t *testing.T, b *bench, a *attempt) { flipBlock(t, a, 600) }, NotAuthorized},
		{"with a secret block changed in its last byte", func(t *testing.T, b *bench, a *attempt) { flipBlock(t, a, -1) }, NotAuthorized},
		{"with a made-up secret block", func(t *testing.T, b *bench, a *attempt) {
			a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = base64.StdEncoding.EncodeToString(make([]byte, 1291))
		}, NotAuthorized},
		{"with a short secret block", func(t *testing.T, b *bench, a *attempt) { a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = "AAAA" }, NotAuthorized},
		{"with a secret block that is no base64", func(t *testing.T, b *bench, a *attempt) { a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = "?" }, NotAuthorized},
		{"with the secret block of another sign-in", func(t *testing.T, b *bench, a *attempt) {
			a.responses["PASSWORD_CLAIM_SECRET_BLOCK"] = b.begin("admin", config.DefaultPassword).challenge.SecretBlock
		}, NotAuthorized},
		{"for another user than the one challenged", func(t *testing.T, b *bench, a *attempt) { a.responses["USERNAME"] = "other" }, NotAuthorized},
		{"for a user whom nobody knows", func(t *testing.T, b *bench, a *attempt) { a.responses["USERNAME"] = "nobody" }, NotAuthorized},
		{"for another client than the one challenged", func(t *testing.T, b *bench, a *attempt) { a.clientID = "second" }, NotAuthorized},
		{"for a client that nobody knows", func(t *testing.T, b *bench, a *attempt) { a.clientID = "nobody" }, ResourceNotFound},
		{"after the challenge expired", func(t *testing.T, b *bench, a *attempt) { b.now = b.now.Add(3 * time.Minute) }, NotAuthorized},
		{"with another time than the one signed", func(t *testing.T, b *bench, a *attempt) { a.responses["TIMESTAMP"] = "Wed Jun 15 01:58:47 UTC 2022" }, NotAuthorized},
		{"with a padded day", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "Sun Jun 05 01:58:46 UTC 2022") }, NotAuthorized},
		{"with a wrong weekday", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "Mon Jun 15 01:58:46 UTC 2022") }, NotAuthorized},
		{"with a time as RFC 3339 has it", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "2022-06-15T01:58:46Z") }, InvalidParameter},
		{"with an hour of one digit", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "Wed Jun 15 1:58:46 UTC 2022") }, NotAuthorized},
		{"with a 31st of June", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "Wed Jun 31 01:58:46 UTC 2022") }, InvalidParameter},
		{"with words for a time", func(t *testing.T, b *bench, a *attempt) { resign(t, b, a, "now") }, InvalidParameter},
		{"without a name", func(t *testing.T, b *bench, a *attempt) { delete(a.responses, "USERNAME") }, InvalidParameter},
		{"without a secret block", func(t *testing.T, b *bench, a *attempt) { delete(a.responses, "PASSWORD_CLAIM_SECRET_BLOCK") }, InvalidParameter},
		{"without a time", func(t *testing.T, b *bench, a *attempt) { delete(a.responses, "TIMESTAMP") }, InvalidParameter},
		{"without a signature", func(t *testing.T, b *bench, a *attempt) { delete(a.responses, "PASSWORD_CLAIM_SIGNATURE") }, InvalidParameter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, withUsers(other), withClients(config.CognitoClient{ID: "second"}))
			good := b.begin("admin", config.DefaultPassword)
			if _, refusal := b.end(good); refusal != nil {
				t.Fatalf("the same proof unspoilt: %v", refusal)
			}
			bad := b.begin("admin", config.DefaultPassword)
			tt.spoil(t, b, bad)
			_, refusal := b.end(bad)
			wantRefusal(t, refusal, tt.kind)
		})
	}
}

func TestAChallengeIsGoodForOneAnswer(t *testing.T) {
	b := newBench(t)
	a := b.begin("admin", config.DefaultPassword)
	if _, refusal := b.end(a); refusal != nil {
		t.Fatal(refusal)
	}
	_, refusal := b.end(a)
	wantRefusal(t, refusal, NotAuthorized)

	guess := b.begin("admin", "wrong")
	_, refusal = b.end(guess)
	wantRefusal(t, refusal, NotAuthorized)
	guess.responses["PASSWORD_CLAIM_SIGNATURE"] = guess.client.sign(t, "EQ4a9mqJD", config.DefaultPassword, guess.challenge, guess.responses["TIMESTAMP"])
	_, refusal = b.end(guess)
	wantRefusal(t, refusal, NotAuthorized)
}

func TestOfManyEqualAnswersAtOnceOneIsTaken(t *testing.T) {
	b := newBench(t)
	a := b.begin("admin", config.DefaultPassword)
	var taken sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if _, refusal := b.Prove(a.clientID, a.responses); refusal == nil {
				taken.Store(i, true)
			}
		})
	}
	all.Wait()
	n := 0
	taken.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d of 8 were taken", n)
	}
}

func TestATimeUpToTwelveHoursOffIsTaken(t *testing.T) {
	for _, off := range []time.Duration{-12 * time.Hour, -time.Hour, 0, time.Hour, 12 * time.Hour} {
		b := newBench(t)
		a := b.begin("admin", config.DefaultPassword)
		timestamp := b.now.Add(off).Format(timestampLayout)
		a.responses["TIMESTAMP"] = timestamp
		a.responses["PASSWORD_CLAIM_SIGNATURE"] = a.client.sign(t, "EQ4a9mqJD", config.DefaultPassword, a.challenge, timestamp)
		tokens, refusal := b.end(a)
		if refusal != nil {
			t.Errorf("%v off: %v", off, refusal)
			continue
		}
		if got := claimsOf(t, tokens.Access)["auth_time"]; got != float64(b.now.Unix()) {
			t.Errorf("%v off: auth_time is %v, which is not the server's time", off, got)
		}
	}
}

func TestAnUnknownUserCanBeHidden(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Pool.HideUnknownUsers = true })
	first, second, known := b.begin("nobody", "x"), b.begin("nobody", "x"), b.begin("admin", "x")
	if first.challenge.Salt != second.challenge.Salt || first.challenge.Salt == known.challenge.Salt {
		t.Error("the salt tells that the user is unknown")
	}
	if len(first.challenge.SecretBlock) != len(known.challenge.SecretBlock) || len(first.challenge.PublicB) != len(known.challenge.PublicB) {
		t.Error("the sizes tell that the user is unknown")
	}
	_, refusal := b.end(first)
	_, want := b.end(known)
	if diff := cmp.Diff(want, refusal); diff != "" || refusal == nil {
		t.Errorf("the refusal tells that the user is unknown:\n%s", diff)
	}
}

// Where SRP_A is zero modulo N, the session key is that of S = 0, and whoever
// sends such a value can sign without the password.
func TestZeroForSRPAWouldLetAnybodyIn(t *testing.T) {
	b := newBench(t, without("initiateAuth.srp-a-not-zero"))
	challenge, refusal := b.Begin(testClient, map[string]string{"USERNAME": "admin", "SRP_A": clientN.Text(16)})
	if refusal != nil {
		t.Fatal(refusal)
	}
	c := &client{A: clientN}
	public, _ := new(big.Int).SetString(challenge.PublicB, 16)
	u := clientInt(clientHash(clientPad(c.A), clientPad(public)))
	timestamp := b.now.Format(timestampLayout)
	_, refusal = b.Prove(testClient, map[string]string{
		"USERNAME": "admin", "PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock,
		"TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": c.signWith(t, "EQ4a9mqJD", clientKey(u, new(big.Int)), challenge, timestamp),
	})
	if refusal != nil {
		t.Errorf("the attack that the rule is against does not work: %v", refusal)
	}
}

func TestAClientWithASecretProvesThatItHasIt(t *testing.T) {
	secret := config.CognitoClient{ID: "confidential", Secret: "s3cret"}
	b := newBench(t, withClients(secret))
	begin := func(hash string) *Error {
		_, refusal := b.Begin(secret.ID, map[string]string{"USERNAME": "admin", "SRP_A": newClient(t).A.Text(16), "SECRET_HASH": hash})
		return refusal
	}
	right := base64.StdEncoding.EncodeToString(clientMAC([]byte("s3cret"), []byte("admin"), []byte("confidential")))
	if refusal := begin(right); refusal != nil {
		t.Error(refusal)
	}
	wantRefusal(t, begin(""), NotAuthorized)
	wantRefusal(t, begin(base64.StdEncoding.EncodeToString(clientMAC([]byte("guess"), []byte("admin"), []byte("confidential")))), NotAuthorized)
}

func TestTheSameSeedGivesTheSameAnswers(t *testing.T) {
	run := func() []string {
		b := newBench(t, func(o *Options) { o.Random = newSeeded() })
		c := &client{a: big.NewInt(123456789), A: new(big.Int).Exp(clientG, big.NewInt(123456789), clientN)}
		challenge, refusal := b.Begin(testClient, map[string]string{"USERNAME": "admin", "SRP_A": c.A.Text(16)})
		if refusal != nil {
			t.Fatal(refusal)
		}
		timestamp := b.now.Format(timestampLayout)
		tokens, refusal := b.Prove(testClient, map[string]string{
			"USERNAME": "admin", "TIMESTAMP": timestamp,
			"PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock, "PASSWORD_CLAIM_SIGNATURE": c.sign(t, "EQ4a9mqJD", config.DefaultPassword, challenge, timestamp),
		})
		if refusal != nil {
			t.Fatal(refusal)
		}
		return []string{challenge.Salt, challenge.SecretBlock, challenge.PublicB, tokens.Access, tokens.ID, tokens.Refresh}
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Error(diff)
	}
}

// seeded repeats one stream of bytes.
type seeded struct {
	mu    sync.Mutex
	count uint64
	rest  bytes.Buffer
}

func newSeeded() *seeded { return &seeded{} }

func (s *seeded) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.rest.Len() < len(p) {
		s.count++
		s.rest.Write(clientHash(new(big.Int).SetUint64(s.count).Bytes()))
	}
	return s.rest.Read(p)
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

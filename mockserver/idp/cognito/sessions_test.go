package cognito

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay/mockserver/idp/config"
)

func TestARefreshGivesNewTokensOfTheSameSignIn(t *testing.T) {
	b := newBench(t)
	old := b.admin()
	b.now = b.now.Add(30 * time.Minute)
	fresh, refusal := b.Refresh(testClient, map[string]string{"REFRESH_TOKEN": old.Refresh})
	if refusal != nil {
		t.Fatal(refusal)
	}
	if fresh.Refresh != "" {
		t.Error("a pool that does not rotate gives a new refresh token")
	}
	before, after := claimsOf(t, old.Access), claimsOf(t, fresh.Access)
	for _, same := range []string{"sub", "origin_jti", "auth_time", "username", "client_id"} {
		if before[same] != after[same] {
			t.Errorf("%s changes from %v to %v", same, before[same], after[same])
		}
	}
	if before["jti"] == after["jti"] || after["iat"] != before["iat"].(float64)+1800 || after["exp"] != after["iat"].(float64)+3600 {
		t.Errorf("the new token is of another moment: %v", after)
	}
	for _, token := range []string{old.Access, fresh.Access} {
		if name, _, refusal := b.User(token); refusal != nil || name != "admin" {
			t.Errorf("an access token of the session: %v", refusal)
		}
	}
}

func TestARefreshIsRefused(t *testing.T) {
	tests := []struct {
		name    string
		refresh func(b *bench, token string) *Error
		kind    string
	}{
		{"with a token that nobody was given", func(b *bench, token string) *Error { return b.refreshed(testClient, "made-up") }, NotAuthorized},
		{"with a changed token", func(b *bench, token string) *Error { return b.refreshed(testClient, token[:len(token)-1]+"x") }, NotAuthorized},
		{"with a token of another client", func(b *bench, token string) *Error { return b.refreshed("second", token) }, NotAuthorized},
		{"for an unknown client", func(b *bench, token string) *Error { return b.refreshed("nobody", token) }, ResourceNotFound},
		{"without a token", func(b *bench, token string) *Error { return b.refreshed(testClient, "") }, InvalidParameter},
		{"after thirty days", func(b *bench, token string) *Error {
			b.now = b.now.Add(30 * 24 * time.Hour)
			return b.refreshed(testClient, token)
		}, NotAuthorized},
		{"after the token was revoked", func(b *bench, token string) *Error {
			if refusal := b.Revoke(testClient, token, ""); refusal != nil {
				b.t.Fatal(refusal)
			}
			return b.refreshed(testClient, token)
		}, NotAuthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, withClients(config.CognitoClient{ID: "second"}))
			token := b.admin().Refresh
			if refusal := b.refreshed(testClient, token); refusal != nil {
				t.Fatalf("before that: %v", refusal)
			}
			wantRefusal(t, tt.refresh(b, token), tt.kind)
		})
	}
}

func (b *bench) refreshed(client, token string) *Error {
	_, refusal := b.Refresh(client, map[string]string{"REFRESH_TOKEN": token})
	return refusal
}

func TestARotatedRefreshTokenIsGoodOnce(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Pool.Clients = []config.CognitoClient{{ID: testClient, RotateRefreshTokens: true}} })
	first := b.admin()
	second, refusal := b.Refresh(testClient, map[string]string{"REFRESH_TOKEN": first.Refresh})
	if refusal != nil || second.Refresh == "" || second.Refresh == first.Refresh {
		t.Fatalf("got %+v, %v", second, refusal)
	}
	wantRefusal(t, b.refreshed(testClient, first.Refresh), NotAuthorized)
	if refusal := b.refreshed(testClient, second.Refresh); refusal != nil {
		t.Error(refusal)
	}
}

func TestRevokingEndsOneSession(t *testing.T) {
	b := newBench(t)
	one, two := b.admin(), b.admin()
	later, refusal := b.Refresh(testClient, map[string]string{"REFRESH_TOKEN": one.Refresh})
	if refusal != nil {
		t.Fatal(refusal)
	}
	if refusal := b.Revoke(testClient, one.Refresh, ""); refusal != nil {
		t.Fatal(refusal)
	}
	for _, dead := range []string{one.Access, later.Access} {
		_, _, refusal := b.User(dead)
		wantRefusal(t, refusal, NotAuthorized)
	}
	wantRefusal(t, b.refreshed(testClient, one.Refresh), NotAuthorized)
	if _, _, refusal := b.User(two.Access); refusal != nil {
		t.Errorf("the other session: %v", refusal)
	}
	if refusal := b.Revoke(testClient, one.Refresh, ""); refusal != nil {
		t.Errorf("revoking again: %v", refusal)
	}
}

func TestWhatCannotBeRevoked(t *testing.T) {
	b := newBench(t, withClients(config.CognitoClient{ID: "second"}, config.CognitoClient{ID: "third", Secret: "s"}))
	tokens := b.admin()
	wantRefusal(t, b.Revoke("nobody", tokens.Refresh, ""), ResourceNotFound)
	wantRefusal(t, b.Revoke("second", tokens.Refresh, ""), Unauthorized)
	wantRefusal(t, b.Revoke("third", tokens.Refresh, "guess"), Unauthorized)
	wantRefusal(t, b.Revoke(testClient, tokens.Access, ""), UnsupportedToken)
	wantRefusal(t, b.Revoke(testClient, "", ""), InvalidParameter)
	if refusal := b.Revoke(testClient, "made-up", ""); refusal != nil {
		t.Errorf("a token that nobody was given: %v", refusal)
	}
	if _, _, refusal := b.User(tokens.Access); refusal != nil {
		t.Errorf("the session ended all the same: %v", refusal)
	}
}

func TestAGlobalSignOutEndsEverySessionOfTheUserAndOfNobodyElse(t *testing.T) {
	other := config.User{Username: "other", Password: "Other-Horse-8"}
	b := newBench(t, withUsers(other))
	one, two, theirs := b.admin(), b.admin(), b.signedIn("other", "Other-Horse-8")
	if refusal := b.SignOutEverywhere(one.Access); refusal != nil {
		t.Fatal(refusal)
	}
	for _, dead := range []*Tokens{one, two} {
		_, _, refusal := b.User(dead.Access)
		wantRefusal(t, refusal, NotAuthorized)
		wantRefusal(t, b.refreshed(testClient, dead.Refresh), NotAuthorized)
		wantRefusal(t, b.SignOutEverywhere(dead.Access), NotAuthorized)
	}
	if _, _, refusal := b.User(theirs.Access); refusal != nil {
		t.Errorf("another user is signed out too: %v", refusal)
	}
	if _, _, refusal := b.User(b.admin().Access); refusal != nil {
		t.Errorf("signing in again: %v", refusal)
	}
}

func TestAnAccessTokenIsRefused(t *testing.T) {
	b := newBench(t)
	tokens := b.admin()
	parts := strings.Split(tokens.Access, ".")
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	kid := strings.Split(jwtPart(t, tokens.Access, 0), `"`)[3]
	payload := jwtPart(t, tokens.Access, 1)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	signed := func(header, payload string, sign func(input string) []byte) string {
		input := encode(header) + "." + encode(payload)
		return input + "." + base64.RawURLEncoding.EncodeToString(sign(input))
	}
	byStranger := func(input string) []byte {
		digest := sha256.Sum256([]byte(input))
		s, err := rsa.SignPKCS1v15(nil, stranger, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	byPool := func(input string) []byte {
		access, _, _ := b.keys.wait()
		digest := sha256.Sum256([]byte(input))
		s, err := rsa.SignPKCS1v15(nil, access.key, crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	withPublicKey := func(input string) []byte {
		access, _, _ := b.keys.wait()
		der, err := x509.MarshalPKIXPublicKey(&access.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		mac.Write([]byte(input))
		return mac.Sum(nil)
	}
	header := `{"kid":"` + kid + `","alg":"RS256"}`
	for name, token := range map[string]string{
		"that is empty":                            "",
		"that is a word":                           "token",
		"that is two dots":                         "..",
		"with four parts":                          tokens.Access + ".x",
		"with a changed signature":                 parts[0] + "." + parts[1] + "." + "AAAA" + parts[2][4:],
		"without a signature":                      parts[0] + "." + parts[1] + ".",
		"with another user in it":                  parts[0] + "." + encode(strings.Replace(payload, `"username":"admin"`, `"username":"other"`, 1)) + "." + parts[2],
		"of the algorithm none":                    signed(`{"kid":"`+kid+`","alg":"none"}`, payload, func(string) []byte { return nil }),
		"of HS256 with the public key":             signed(`{"kid":"`+kid+`","alg":"HS256"}`, payload, withPublicKey),
		"of a stranger's key":                      signed(`{"kid":"stranger","alg":"RS256"}`, payload, byStranger),
		"of a stranger's key under the pool's kid": signed(header, payload, byStranger),
		"of no kid":                                signed(`{"alg":"RS256"}`, payload, byPool),
		"of another issuer":                        signed(header, strings.Replace(payload, "EQ4a9mqJD", "EQ4a9mqJE", 1), byPool),
		"of another use":                           signed(header, strings.Replace(payload, `"access"`, `"refresh"`, 1), byPool),
		"of another scope":                         signed(header, strings.Replace(payload, "signin.user.admin", "signin.user.other", 1), byPool),
		"of a session that never was":              signed(header, strings.Replace(payload, `"origin_jti":"`, `"origin_jti":"0`, 1), byPool),
		"that is an id token":                      tokens.ID,
		"that is a refresh token":                  tokens.Refresh,
		"that is endless":                          strings.Repeat("a", 1<<20) + "." + parts[1] + "." + parts[2],
		"with a header that is no object":          encode("[]") + "." + parts[1] + "." + parts[2],
		"with numbers for names":                   signed(header, `{"iss":5,"token_use":"access"}`, byPool),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, refusal := b.User(token)
			wantRefusal(t, refusal, NotAuthorized)
			wantRefusal(t, b.SignOutEverywhere(token), NotAuthorized)
			if _, refusal := b.Authorize(token); refusal == nil || refusal.Message != "Unauthorized" {
				t.Errorf("the settings: %v", refusal)
			}
		})
	}
	if _, _, refusal := b.User(tokens.Access); refusal != nil {
		t.Errorf("the token itself: %v", refusal)
	}
	if _, _, refusal := b.User(signed(header, payload, byPool)); refusal != nil {
		t.Errorf("the token signed here: %v", refusal)
	}
}

func TestAnAccessTokenEndsWithItsHour(t *testing.T) {
	b := newBench(t)
	token := b.admin().Access
	b.now = b.now.Add(time.Hour - time.Second)
	if _, _, refusal := b.User(token); refusal != nil {
		t.Errorf("a second before: %v", refusal)
	}
	b.now = b.now.Add(time.Second)
	_, _, refusal := b.User(token)
	wantRefusal(t, refusal, NotAuthorized)
}

func TestAttributesAreToldAsStringsInOrder(t *testing.T) {
	b := newBench(t)
	_, attributes, refusal := b.User(b.admin().Access)
	if refusal != nil {
		t.Fatal(refusal)
	}
	var names []string
	for _, a := range attributes {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, " "); got != "sub custom:identity_pool email_verified email" {
		t.Errorf("the order is %s", got)
	}
	if v, _ := attributes.Get("email_verified"); v != "true" {
		t.Errorf("email_verified is %q", v)
	}
}

func TestOtherAttributesFollowInTheIDToken(t *testing.T) {
	u := config.User{Username: "zoe", Password: "Zoe-Horse-9", Attributes: config.Attributes{
		{Name: "phone_number", Value: "+15550100"}, {Name: "phone_number_verified", Value: "false"}, {Name: "updated_at", Value: "1655258326"}, {Name: "custom:level", Value: "7"},
	}}
	b := newBench(t, withUsers(u))
	claims := claimsOf(t, b.signedIn("zoe", "Zoe-Horse-9").ID)
	for name, want := range map[string]any{"phone_number": "+15550100", "phone_number_verified": false, "updated_at": 1655258326.0, "custom:level": "7"} {
		if claims[name] != want {
			t.Errorf("%s is %v (%T), want %v", name, claims[name], claims[name], want)
		}
	}
	if _, there := claims["email"]; there {
		t.Error("an attribute that the user does not have stands in the token")
	}
}

func TestTheSettingsTakeTheTokenRawOrAsBearer(t *testing.T) {
	b := newBench(t)
	token := b.admin().Access
	for _, header := range []string{token, "Bearer " + token, "bearer " + token} {
		if _, refusal := b.Authorize(header); refusal != nil {
			t.Errorf("%.10s…: %v", header, refusal)
		}
	}
	for _, header := range []string{"", "Basic " + token, "Bearer", token + " " + token} {
		if _, refusal := b.Authorize(header); refusal == nil {
			t.Errorf("%.10s… is taken", header)
		}
	}
}

func TestTheKeySetAndTheDiscoveryOfAnotherPool(t *testing.T) {
	b := newBench(t)
	_, refusal := b.KeySet("us-east-1_other")
	wantRefusal(t, refusal, ResourceNotFound)
	_, refusal = b.Discover("us-east-1_other", "http://127.0.0.1:4001")
	wantRefusal(t, refusal, ResourceNotFound)
	d, refusal := b.Discover(testPool, "http://127.0.0.1:4001/")
	if refusal != nil || d.Issuer != claimsOf(t, b.admin().ID)["iss"] || d.KeySet != "http://127.0.0.1:4001/"+testPool+"/.well-known/jwks.json" {
		t.Errorf("got %+v, %v", d, refusal)
	}
}

func TestAForkGoesItsOwnWay(t *testing.T) {
	b := newBench(t)
	tokens := b.admin()
	open := b.begin("admin", config.DefaultPassword)
	fork := &bench{Engine: b.Fork(b.Engine.now, rand.Reader), t: t, now: b.now}
	if refusal := fork.SignOutEverywhere(tokens.Access); refusal != nil {
		t.Fatal(refusal)
	}
	if _, _, refusal := b.User(tokens.Access); refusal != nil {
		t.Errorf("the first world: %v", refusal)
	}
	for name, world := range map[string]*bench{"the first world": b, "its fork": fork} {
		if _, refusal := world.Prove(open.clientID, open.responses); refusal != nil {
			t.Errorf("a challenge from before, in %s: %v", name, refusal)
		}
	}
}

func TestSessionsAreForgottenOldestFirst(t *testing.T) {
	s := newSessions()
	now := time.Unix(0, 0)
	put := func(i int) {
		x := session{origin: fmt.Sprint(i), user: "admin", expires: now.Add(time.Hour)}
		x.refresh[0], x.refresh[1], x.refresh[2] = byte(i), byte(i>>8), byte(i>>16)
		s.add(x, now)
	}
	for i := range maxSessions {
		put(i)
	}
	s.signOut("5", true, true)
	put(maxSessions)
	if _, there := s.byOrigin["5"]; there {
		t.Error("a session that is over is kept")
	}
	if _, there := s.byOrigin["4"]; !there {
		t.Error("an open session is forgotten though one that was over made room")
	}
	put(maxSessions + 1)
	if _, there := s.byOrigin["4"]; there || len(s.byOrigin) > maxSessions || len(s.byRefresh) != len(s.byOrigin) {
		t.Errorf("%d sessions and %d refresh tokens are kept", len(s.byOrigin), len(s.byRefresh))
	}
}

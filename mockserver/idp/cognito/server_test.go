package cognito

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
)

// A served pool, reached as a client reaches it.
type served struct {
	t    testing.TB
	mock *mockserver.Mock
}

func serve(t testing.TB, change ...func(*mockserver.Options)) *served {
	t.Helper()
	c, err := testContract()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	o := mockserver.Options{SelfCheck: func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
		t.Errorf("the answer to %s breaks the contract: %d %s %+v", op.ID, status, body, j.Breaches)
	}}
	for _, f := range change {
		f(&o)
	}
	mock, err := mockserver.New(c, New(&cfg).Equip(o, c))
	if err != nil {
		t.Fatal(err)
	}
	return &served{t, mock}
}

func (s *served) do(method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.mock.ServeHTTP(w, r)
	return w
}

func (s *served) post(operation, body string) *httptest.ResponseRecorder {
	header := map[string]string{"Content-Type": "application/x-amz-json-1.1"}
	if operation != "" {
		header["X-Amz-Target"] = "AWSCognitoIdentityProviderService." + operation
	}
	return s.do(http.MethodPost, "/", body, header)
}

// value is the answer's body, which must be there.
func (s *served) value(w *httptest.ResponseRecorder) map[string]any {
	s.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		s.t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return v
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// signIn goes through both steps; without headers the bodies tell the operations.
func (s *served) signIn(withHeaders bool) map[string]any {
	s.t.Helper()
	name := func(operation string) string {
		if withHeaders {
			return operation
		}
		return ""
	}
	c := newClient(s.t)
	w := s.post(name("InitiateAuth"), jsonOf(map[string]any{"AuthFlow": "USER_SRP_AUTH", "ClientId": testClient, "AuthParameters": map[string]any{"USERNAME": "admin", "SRP_A": c.A.Text(16)}, "ClientMetadata": map[string]any{}}))
	if w.Code != 200 {
		s.t.Fatalf("InitiateAuth: %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff([]string{"ChallengeName", "ChallengeParameters"}, keysInOrder(s.t, w.Body.String())); diff != "" {
		s.t.Error(diff)
	}
	p := s.value(w)["ChallengeParameters"].(map[string]any)
	challenge := &Challenge{Salt: p["SALT"].(string), SecretBlock: p["SECRET_BLOCK"].(string), PublicB: p["SRP_B"].(string), Username: p["USER_ID_FOR_SRP"].(string)}
	timestamp := s.mock.World().Now().UTC().Format(timestampLayout)
	w = s.post(name("RespondToAuthChallenge"), jsonOf(map[string]any{
		"ChallengeName": "PASSWORD_VERIFIER", "ClientId": testClient, "ClientMetadata": map[string]any{}, "ChallengeResponses": map[string]any{
			"USERNAME": "admin", "PASSWORD_CLAIM_SECRET_BLOCK": challenge.SecretBlock, "TIMESTAMP": timestamp,
			"PASSWORD_CLAIM_SIGNATURE": c.sign(s.t, "EQ4a9mqJD", config.DefaultPassword, challenge, timestamp),
		},
	}))
	if w.Code != 200 {
		s.t.Fatalf("RespondToAuthChallenge: %d %s", w.Code, w.Body)
	}
	return s.value(w)["AuthenticationResult"].(map[string]any)
}

func TestTheRecordedFlowOverHTTP(t *testing.T) {
	for name, withHeaders := range map[string]bool{"told by the header": true, "told by the body, as recorded": false} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			tokens := s.signIn(withHeaders)
			operation := ""
			if withHeaders {
				operation = "GetUser"
			}
			w := s.post(operation, jsonOf(map[string]any{"AccessToken": tokens["AccessToken"]}))
			want := `{"UserAttributes":[{"Name":"sub","Value":"6f1c9a52-3d0e-4b7a-9c58-2e7d41b06fa3"},` +
				`{"Name":"custom:identity_pool","Value":"us-east-1:b7e2d4c6-91f8-4a35-8d0c-5f6a7b8c9d0e"},` +
				`{"Name":"email_verified","Value":"true"},{"Name":"email","Value":"admin@example.com"}],"Username":"admin"}`
			if w.Code != 200 || w.Body.String() != want {
				t.Errorf("GetUser: %d %s", w.Code, w.Body)
			}
			w = s.do(http.MethodGet, "/v1/settings/", "", map[string]string{"authorization": tokens["AccessToken"].(string)})
			if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `[{"name":"`) {
				t.Errorf("settings: %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestRefusalsAreWrittenAsAWSWritesThem(t *testing.T) {
	s := serve(t)
	tests := []struct{ name, operation, body, kind string }{
		{"an unknown client", "InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH","ClientId":"x","AuthParameters":{"USERNAME":"admin","SRP_A":"5"}}`, ResourceNotFound},
		{"an unknown user", "InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH","ClientId":"` + testClient + `","AuthParameters":{"USERNAME":"x","SRP_A":"5"}}`, UserNotFound},
		{"no client", "InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH"}`, InvalidParameter},
		{"another flow", "InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"` + testClient + `"}`, InvalidParameter},
		{"a number for a name", "InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH","ClientId":"` + testClient + `","AuthParameters":{"USERNAME":["a"],"SRP_A":"5"}}`, InvalidParameter},
		{"no challenge responses", "RespondToAuthChallenge", `{"ChallengeName":"PASSWORD_VERIFIER","ClientId":"` + testClient + `"}`, InvalidParameter},
		{"another challenge", "RespondToAuthChallenge", `{"ChallengeName":"SMS_MFA","ClientId":"` + testClient + `","ChallengeResponses":{}}`, InvalidParameter},
		{"a made-up access token", "GetUser", `{"AccessToken":"a.b.c"}`, NotAuthorized},
		{"no access token", "GetUser", `{}`, InvalidParameter},
		{"a made-up refresh token", "GetTokensFromRefreshToken", `{"RefreshToken":"x","ClientId":"` + testClient + `"}`, NotAuthorized},
		{"an operation that nobody has", "DeleteUserPool", `{}`, InvalidParameter},
		{"no JSON", "GetUser", `{"AccessToken":`, "SerializationException"},
		{"an array", "GetUser", `[]`, InvalidParameter},
		{"a member twice", "GetUser", `{"AccessToken":"a","AccessToken":"b"}`, "SerializationException"},
		{"ten thousand brackets", "GetUser", strings.Repeat("[", 10_000), "SerializationException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := s.post(tt.operation, tt.body)
			v := s.value(w)
			if w.Code != 400 || v["__type"] != tt.kind || v["message"] == "" {
				t.Errorf("got %d %s, want 400 %s", w.Code, w.Body, tt.kind)
			}
			if got := w.Header().Get("X-Amzn-Errortype"); got != tt.kind+":" {
				t.Errorf("the header says %q", got)
			}
			if got := w.Header().Get("Content-Type"); got != amzJSON {
				t.Errorf("the content type is %q", got)
			}
		})
	}
}

func TestTheSettingsAPIRefusesAsTheGatewayDoes(t *testing.T) {
	s := serve(t)
	tokens := s.signIn(true)
	for name, header := range map[string]map[string]string{
		"no token":        nil,
		"an empty header": {"authorization": ""},
		"an id token":     {"authorization": tokens["IdToken"].(string)},
		"a refresh token": {"authorization": tokens["RefreshToken"].(string)},
		"a word":          {"authorization": "token"},
	} {
		w := s.do(http.MethodGet, "/v1/settings/", "", header)
		if w.Code != 401 || strings.TrimSpace(w.Body.String()) != `{"message":"Unauthorized"}` {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// In a browser the SDK sends what its storage holds for a device key, which is null.
func TestANullIsNoParameter(t *testing.T) {
	s := serve(t)
	tokens := s.signIn(true)
	w := s.post("InitiateAuth", `{"AuthFlow":"REFRESH_TOKEN_AUTH","ClientId":"`+testClient+`","ClientMetadata":null,"AuthParameters":{"DEVICE_KEY":null,"REFRESH_TOKEN":"`+tokens["RefreshToken"].(string)+`"}}`)
	if w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if _, there := s.value(w)["AuthenticationResult"].(map[string]any)["RefreshToken"]; there {
		t.Error("a refresh that does not rotate gives a refresh token")
	}
}

func TestABrowserMayCallThePool(t *testing.T) {
	s := serve(t)
	const origin = "https://app.example.com"
	w := s.do(http.MethodOptions, "/", "", map[string]string{
		"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "cache-control,content-type,x-amz-target,x-amz-user-agent",
	})
	if w.Code/100 != 2 || w.Header().Get("Access-Control-Allow-Origin") != origin {
		t.Errorf("preflight: %d %v", w.Code, w.Header())
	}
	for _, name := range []string{"cache-control", "content-type", "x-amz-target", "x-amz-user-agent"} {
		if !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("preflight: %s is not allowed", name)
		}
	}
	w = s.do(http.MethodPost, "/", `{}`, map[string]string{"Origin": origin, "X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"})
	if w.Code != 400 || w.Header().Get("Access-Control-Allow-Origin") != origin || !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "x-amzn-ErrorType") {
		t.Errorf("a refusal: %d %v", w.Code, w.Header())
	}
}

func TestKeySetAndDiscoveryOverHTTP(t *testing.T) {
	s := serve(t)
	w := s.do(http.MethodGet, "http://pool.test:4001/"+testPool+"/.well-known/openid-configuration", "", nil)
	d := s.value(w)
	if w.Code != 200 || d["issuer"] != "https://cognito-idp.us-east-1.amazonaws.com/"+testPool || d["jwks_uri"] != "http://pool.test:4001/"+testPool+"/.well-known/jwks.json" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.do(http.MethodGet, "/"+testPool+"/.well-known/jwks.json", "", nil)
	if keys, _ := s.value(w)["keys"].([]any); w.Code != 200 || len(keys) != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.do(http.MethodGet, "/us-east-1_other/.well-known/jwks.json", "", nil); w.Code != 404 {
		t.Errorf("another pool's keys: %d %s", w.Code, w.Body)
	}
}

func TestAForkedWorldKeepsItsSessions(t *testing.T) {
	s := serve(t)
	tokens := s.signIn(true)
	first := s.mock.World()
	fork := first.Fork()
	s.mock.SetWorld(fork)
	body := jsonOf(map[string]any{"AccessToken": tokens["AccessToken"]})
	if w := s.post("GlobalSignOut", body); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := s.post("GetUser", body); w.Code != 400 {
		t.Errorf("signed out in the fork: %d", w.Code)
	}
	s.mock.SetWorld(first)
	if w := s.post("GetUser", body); w.Code != 200 {
		t.Errorf("in the first world: %d %s", w.Code, w.Body)
	}
}

func TestAShorterLifetimeForRehearsals(t *testing.T) {
	s := serve(t, func(o *mockserver.Options) { o.TokenLifetime = 5 * time.Second; o.SelfCheck = nil })
	tokens := s.signIn(true)
	if tokens["ExpiresIn"] != 5.0 {
		t.Errorf("ExpiresIn is %v", tokens["ExpiresIn"])
	}
	body := jsonOf(map[string]any{"AccessToken": tokens["AccessToken"]})
	if w := s.post("GetUser", body); w.Code != 200 {
		t.Errorf("at once: %d", w.Code)
	}
	s.mock.World().Clock.Advance(6 * time.Second)
	if w := s.post("GetUser", body); w.Code != 400 {
		t.Errorf("six seconds later: %d", w.Code)
	}
}

// An edited contract is served as edited, by the same server.
func TestAReloadedContractIsObeyed(t *testing.T) {
	s := serve(t, func(o *mockserver.Options) { o.SelfCheck = nil })
	before := s.signIn(true)
	c, err := testContract()
	if err != nil {
		t.Fatal(err)
	}
	text := readFile(t, c.File)
	text = strings.ReplaceAll(text, "        ttl: 3600\n", "        ttl: 60\n")
	text = strings.Replace(text, "        jti: {type: string}\n        username: {type: string}\n", "        username: {type: string}\n        jti: {type: string}\n", 1)
	text = strings.Replace(text, "        email_verified: {type: boolean}\n", "        email_verified: {type: string}\n", 1)
	edited, err := contract.Parse(c.File, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.mock.Reload(edited); err != nil {
		t.Fatal(err)
	}
	tokens := s.signIn(true)
	names := keysInOrder(t, jwtPart(t, tokens["AccessToken"].(string), 1))
	if names[len(names)-1] != "jti" || tokens["ExpiresIn"] != 60.0 {
		t.Errorf("the claims end with %s, ExpiresIn is %v", names[len(names)-1], tokens["ExpiresIn"])
	}
	if got := claimsOf(t, tokens["IdToken"].(string))["email_verified"]; got != "true" {
		t.Errorf("email_verified is %v (%T)", got, got)
	}
	if w := s.post("GetUser", jsonOf(map[string]any{"AccessToken": before["AccessToken"]})); w.Code != 200 {
		t.Errorf("a token from before: %d %s", w.Code, w.Body)
	}
}

func FuzzPool(f *testing.F) {
	mock := serve(f, func(o *mockserver.Options) {
		o.SelfCheck = func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
			panic(fmt.Sprintf("the answer to %s breaks the contract: %d %s %+v", op.ID, status, body, j.Breaches))
		}
	}).mock
	f.Add("InitiateAuth", `{"AuthFlow":"USER_SRP_AUTH","ClientId":"`+testClient+`","AuthParameters":{"USERNAME":"admin","SRP_A":"5"}}`)
	f.Add("RespondToAuthChallenge", `{"ChallengeName":"PASSWORD_VERIFIER","ClientId":"`+testClient+`","ChallengeResponses":{"USERNAME":"admin","PASSWORD_CLAIM_SECRET_BLOCK":"AAAA","TIMESTAMP":"Wed Jun 15 01:58:46 UTC 2022","PASSWORD_CLAIM_SIGNATURE":"AAAA"}}`)
	f.Add("GetUser", `{"AccessToken":"e30.e30.AAAA"}`)
	f.Add("GlobalSignOut", `{"AccessToken":"eyJraWQiOm51bGx9.bnVsbA."}`)
	f.Add("GetTokensFromRefreshToken", `{"RefreshToken":"a.b.c.d.e","ClientId":"`+testClient+`"}`)
	f.Add("RevokeToken", `{"Token":"x","ClientId":null}`)
	f.Add("", `{"AccessToken":5}`)
	f.Add("Nothing", `[`)
	f.Fuzz(func(t *testing.T, operation, body string) {
		w := (&served{t, mock}).post(operation, body)
		if w.Code >= 500 {
			t.Fatalf("%s %q: %d %s", operation, body, w.Code, w.Body)
		}
		if w.Code/100 == 2 && strings.Contains(w.Body.String(), "AccessToken") {
			t.Fatalf("%s %q gave tokens: %s", operation, body, w.Body)
		}
	})
}

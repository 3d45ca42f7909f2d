package authing_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/authing"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

const (
	client   = "62a8392bb610e1da3f7aeefb"
	redirect = "http://localhost:4000/callback"
	verifier = "a-verifier-of-forty-three-characters-or-more"
)

// start serves Authing and tells every answer that breaks its own contract.
func start(t *testing.T) *mockserver.Server {
	t.Helper()
	c, err := contract.Load("../../../openapi/authing.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	s, err := mockserver.Start(c, mockserver.Options{
		Handlers: authing.Handlers(c, &cfg),
		Now:      time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		SelfCheck: func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
			t.Errorf("%s answered %d against the contract: %+v\n%s", op.ID, status, j.Breaches, body)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// browser keeps cookies and follows nothing by itself.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type answer struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, b *http.Client, at string) answer {
	t.Helper()
	r, err := b.Get(at)
	return read(t, r, err)
}

func post(t *testing.T, b *http.Client, at string, form url.Values) answer {
	t.Helper()
	r, err := b.PostForm(at, form)
	return read(t, r, err)
}

func read(t *testing.T, r *http.Response, err error) answer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, string(text)}
}

func (a answer) location() string { return a.header.Get("Location") }

func ask() string {
	return "nonce=008384778829504000&state=6776512299880000&scope=openid+email+profile+address+phone+order:read&client_id=" + client +
		"&redirect_uri=" + redirect + "&response_type=code&code_challenge=" + oidc.Challenge(verifier) + "&code_challenge_method=S256"
}

func want(t *testing.T, got, pattern string) []string {
	t.Helper()
	m := regexp.MustCompile("^(?s:" + pattern + ")$").FindStringSubmatch(got)
	if m == nil {
		t.Fatalf("got  %s\nwant %s", got, pattern)
	}
	return m
}

func exchange(code string) url.Values {
	return url.Values{"client_id": {client}, "grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
}

func TestTheRecordedSignInHopByHop(t *testing.T) {
	s, b := start(t), browser(t)
	a := get(t, b, s.URL+"/oidc/auth?"+ask())
	uid := want(t, a.location(), `/interaction/oidc/([A-Za-z0-9_-]{21})\?`+regexp.QuoteMeta(ask()))[1]
	a = get(t, b, s.URL+a.location())
	want(t, a.location(), "/login\\?app_id="+client+"&uuid="+uid+"&finish_login_url=/interaction/oidc/"+uid+"/login&tenant_id=")
	a = get(t, b, s.URL+a.location())
	if a.status != 200 || !strings.Contains(a.body, `<form method="post" action="/login"`) {
		t.Fatalf("the sign-in page is %d %s", a.status, a.body)
	}
	a = post(t, b, s.URL+"/login", url.Values{"uuid": {uid}, "username": {"admin"}, "password": {config.DefaultPassword}})
	m := want(t, a.body, `.*<form method="post" action="([^"]+)">.*name="token" value="([^"]+)".*`)
	login := claims(t, m[2])
	want(t, login, `\{"updated_at":"2026-03-01T12:00:0.*","address".*"sub":"[0-9a-f]{24}","external_id":null,"unionid":null,"username":"admin","data":\{"type":"user","userPoolId":"62a8b1c4d7e0f3a69b2c5d81","appId":"`+client+
		`",.*"clientId":"62a8b1c4d7e0f3a69b2c5d81"\},"userpool_id":"62a8b1c4d7e0f3a69b2c5d81","aud":"`+client+`","exp":\d+,"iat":\d+,"iss":"`+s.URL+`/oidc"\}`)
	a = post(t, b, s.URL+m[1], url.Values{"token": {m[2]}})
	want(t, a.location(), s.URL+"/oidc/auth/"+uid)
	a = get(t, b, a.location())
	code := want(t, a.location(), regexp.QuoteMeta(redirect)+`\?code=([A-Za-z0-9_-]{43})&state=6776512299880000`)[1]

	a = post(t, b, s.URL+"/oidc/token", exchange(code))
	want(t, a.body, `\{"access_token":"[^"]+","expires_in":1209600,"id_token":"[^"]+","scope":"openid email profile phone address","token_type":"Bearer"\}`)
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(a.body), &tokens); err != nil {
		t.Fatal(err)
	}
	want(t, claims(t, tokens.Access), `\{"jti":"[A-Za-z0-9_-]{21}","sub":"[0-9a-f]{24}","iat":\d+,"exp":\d+,"scope":"openid email profile phone address","iss":"`+s.URL+`/oidc","aud":"`+client+`"\}`)
	id := claims(t, tokens.ID)
	a = get(t, b, s.URL+"/oidc/me?access_token="+tokens.Access)
	want(t, id, regexp.QuoteMeta(strings.TrimSuffix(a.body, "}"))+`,"nonce":"008384778829504000","at_hash":"[A-Za-z0-9_-]{22}","aud":"`+client+`","exp":\d+,"iat":\d+,"iss":"`+s.URL+`/oidc"\}`)
	want(t, a.body, `\{"sub":"[0-9a-f]{24}","email":"admin@example.com","email_verified":true,"birthdate":null,.*"gender":"U",.*"address":\{"country":null,"postal_code":null,"region":null,"formatted":null\}\}`)
}

// claims is the payload of a token as it is written.
func claims(t *testing.T, token string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// accessToken signs in and exchanges the code.
func accessToken(t *testing.T, s *mockserver.Server) string {
	t.Helper()
	b := browser(t)
	uid := want(t, get(t, b, s.URL+"/oidc/auth?"+ask()).location(), `/interaction/oidc/([A-Za-z0-9_-]{21})\?.*`)[1]
	a := post(t, b, s.URL+"/login", url.Values{"uuid": {uid}, "username": {"admin"}, "password": {config.DefaultPassword}})
	m := want(t, a.body, `.*<form method="post" action="([^"]+)">.*name="token" value="([^"]+)".*`)
	a = get(t, b, post(t, b, s.URL+m[1], url.Values{"token": {m[2]}}).location())
	code := want(t, a.location(), `.*\?code=([A-Za-z0-9_-]{43})&state=.*`)[1]
	a = post(t, b, s.URL+"/oidc/token", exchange(code))
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(a.body), &tokens); err != nil {
		t.Fatal(err)
	}
	return tokens.Access
}

func TestTokensFollowTheContractThatIsServed(t *testing.T) {
	const file = "../../../openapi/authing.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	want(t, claims(t, accessToken(t, s)), `.*"iss":"[^"]+","aud":"`+client+`"\}`)

	edited := regexp.MustCompile(`(?s)(AccessClaims:.*?required: \[jti, sub, iat, exp, scope, iss), aud\](.*?)        aud: [^\n]*\n`).ReplaceAll(text, []byte("$1]$2"))
	c, err := contract.Parse(file, edited)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(c); err != nil {
		t.Fatal(err)
	}
	want(t, claims(t, accessToken(t, s)), `[^}]*"iss":"[^"]+"\}`)
}

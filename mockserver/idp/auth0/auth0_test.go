package auth0_test

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/auth0"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

const (
	client   = "RlbKJBuUxV3yuG00G05DWCqb6eMlFoiS"
	redirect = "http://localhost:3000"
	state    = "eSBvd24gc3RhdGUgb2YgZm9ydHktdGhyZWUgY2hhcmFjdGVycy4uLg=="
	nonce    = "YSBub25jZSBvZiBmb3J0eS10aHJlZSBjaGFyYWN0ZXJzLi4uLi4uLg=="
	verifier = "a-verifier-of-forty-three-characters-or-more"
	sdk      = "eyJuYW1lIjoiYXV0aDAtcmVhY3QiLCJ2ZXJzaW9uIjoiMS4xMC4xIn0="
)

func start(t *testing.T) *mockserver.Server {
	t.Helper()
	c, err := contract.Load("../../../openapi/auth0.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	s, err := mockserver.Start(c, mockserver.Options{
		Handlers: auth0.Handlers(c, &cfg),
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

func (a answer) location() string { return a.header.Get("Location") }

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

func get(t *testing.T, b *http.Client, at string) answer {
	t.Helper()
	r, err := b.Get(at)
	return read(t, r, err)
}

func send(t *testing.T, b *http.Client, at string, body any) answer {
	t.Helper()
	if form, ok := body.(url.Values); ok {
		r, err := b.PostForm(at, form)
		return read(t, r, err)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Post(at, "application/json", strings.NewReader(string(raw)))
	return read(t, r, err)
}

func want(t *testing.T, got, pattern string) []string {
	t.Helper()
	m := regexp.MustCompile("^(?s:" + pattern + ")$").FindStringSubmatch(got)
	if m == nil {
		t.Fatalf("got  %s\nwant %s", got, pattern)
	}
	return m
}

func ask(more string) string {
	e := url.QueryEscape
	return "client_id=" + client + "&redirect_uri=" + e(redirect) + "&scope=openid%20profile%20email&response_type=code&response_mode=query&state=" + e(state) + "&nonce=" + e(nonce) +
		"&code_challenge=" + oidc.Challenge(verifier) + "&code_challenge_method=S256&auth0Client=" + e(sdk) + more
}

// login is the recorded body of nineteen members.
func login(handle, username, password string) map[string]any {
	return map[string]any{
		"client_id": client, "redirect_uri": redirect, "tenant": "dev-0gi5y814", "response_type": "code", "scope": "openid profile email", "state": handle, "nonce": nonce,
		"connection": "Username-Password-Authentication", "username": username, "password": password, "popup_options": map[string]any{}, "sso": true, "response_mode": "query",
		"_intstate": "deprecated", "_csrf": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "code_challenge_method": "S256", "code_challenge": oidc.Challenge(verifier), "auth0Client": sdk, "protocol": "oauth2",
	}
}

// signIn goes the recorded way to a code.
func signIn(t *testing.T, s *mockserver.Server, b *http.Client, username, more string) string {
	t.Helper()
	a := get(t, b, s.URL+"/authorize?"+ask(more))
	e := func(s string) string { return regexp.QuoteMeta(oidc.Escape(s)) }
	handle := want(t, a.location(), `/login\?state=([A-Za-z0-9_-]+)&client=`+client+`&protocol=oauth2&redirect_uri=`+e(redirect)+`&scope=openid%20profile%20email.*&response_type=code&response_mode=query&nonce=`+e(nonce)+
		`&code_challenge=`+oidc.Challenge(verifier)+`&code_challenge_method=S256&auth0Client=`+e(sdk)+`.*`)[1]
	raw, err := base64.RawURLEncoding.DecodeString(handle)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) != 121 {
		t.Fatalf("the state holds %q", raw)
	}
	tid := string(raw[51:83])
	if shape := "\x84\xa1h\xd9 " + string(raw[5:37]) + "\xa1n\xa5login\xa3tid\xd9 " + tid + "\xa3cid\xd9 " + client; string(raw) != shape {
		t.Fatalf("the state holds %q, not %q", raw, shape)
	}
	if page := get(t, b, s.URL+a.location()); page.status != 200 || !strings.Contains(page.body, `name="password"`) {
		t.Fatalf("the sign-in page is %d %s", page.status, page.body)
	}
	a = send(t, b, s.URL+"/usernamepassword/login", login(handle, username, config.DefaultPassword))
	form := url.Values{}
	m := want(t, a.body, `<form method="post" name="hiddenform" action="`+s.URL+`/login/callback">\n(.*)<noscript>.*</form>\n`)
	for _, input := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(m[1], -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	if len(form) != 3 || form.Get("wa") == "" || form.Get("wresult") == "" || form.Get("wctx") == "" {
		t.Fatalf("the form holds %v", form)
	}
	a = send(t, b, s.URL+"/login/callback", form)
	want(t, a.location(), `/authorize/resume\?state=`+tid)
	a = get(t, b, s.URL+a.location())
	return want(t, a.location(), regexp.QuoteMeta(redirect)+`\?code=([A-Za-z0-9_-]{45})&state=`+regexp.QuoteMeta(url.QueryEscape(state)))[1]
}

func exchange(code string) map[string]string {
	return map[string]string{"client_id": client, "code_verifier": verifier, "grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
}

func tokens(t *testing.T, a answer) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return m
}

func payload(t *testing.T, token any) string {
	t.Helper()
	parts := strings.Split(token.(string), ".")
	if len(parts) != 3 {
		t.Fatalf("%v is no JWT", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestTheRecordedSignInAndWhatIsMissingBetweenItsSteps(t *testing.T) {
	s, b := start(t), browser(t)
	a := send(t, b, s.URL+"/oauth/token", exchange(signIn(t, s, b, "admin@example.com", "")))
	got := tokens(t, a)
	if access := got["access_token"].(string); strings.Contains(access, ".") {
		t.Errorf("without an audience the access token is opaque, got %s", access)
	}
	want(t, payload(t, got["id_token"]), `\{"nickname":"admin","name":"admin@example.com","picture":"data:[^"]*","updated_at":"[^"]*","email":"admin@example.com","email_verified":true,"iss":"`+s.URL+`/","aud":"`+client+
		`","iat":\d+,"exp":\d+,"sub":"auth0\|[0-9a-f]{24}","sid":"[^"]+","nonce":"`+nonce+`"\}`)
}

func TestATokenForAnAPIHasTheRecordedClaims(t *testing.T) {
	s, b := start(t), browser(t)
	code := signIn(t, s, b, "admin", "&audience=saas-boost%3Aapi")
	form := url.Values{}
	for name, value := range exchange(code) {
		form.Set(name, value)
	}
	got := tokens(t, send(t, b, s.URL+"/oauth/token", form))
	m := want(t, payload(t, got["access_token"]), `\{"iss":"`+s.URL+`/","sub":"auth0\|[0-9a-f]{24}","aud":\["saas-boost:api","`+s.URL+`/userinfo"\],"iat":(\d+),"exp":(\d+),"azp":"`+client+`","scope":"openid profile email","permissions":\["admin"\]\}`)
	var iat, exp int64
	if json.Unmarshal([]byte(m[1]), &iat) != nil || json.Unmarshal([]byte(m[2]), &exp) != nil || exp-iat != 86400 {
		t.Errorf("it lives from %s to %s, not a day", m[1], m[2])
	}
}

func TestAnAPITells401From403(t *testing.T) {
	s := start(t)
	token := func(username, more string) string {
		b := browser(t)
		return tokens(t, send(t, b, s.URL+"/oauth/token", exchange(signIn(t, s, b, username, more))))["access_token"].(string)
	}
	for _, tt := range []struct {
		name, token string
		want        int
	}{
		{"the permission is there", token("admin", "&audience=saas-boost:api"), 200},
		{"the permission is missing", token("guest", "&audience=saas-boost:api"), 403},
		{"the token is for no API", token("admin", ""), 401},
		{"there is no token", "", 401},
	} {
		r, err := http.NewRequest(http.MethodGet, s.URL+"/api/protected", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.token != "" {
			r.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(r)
		if a := read(t, res, err); a.status != tt.want || a.status != 200 && a.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
	}
}

func TestAWrongPasswordIsToldAsTheVendorsPageReadsIt(t *testing.T) {
	s, b := start(t), browser(t)
	handle := want(t, get(t, b, s.URL+"/authorize?"+ask("")).location(), `/login\?state=([^&]+)&.*`)[1]
	a := send(t, b, s.URL+"/usernamepassword/login", login(handle, "admin", "wrong"))
	if a.status != 401 || a.body != `{"name":"ValidationError","code":"invalid_user_password","description":"Wrong email or password.","statusCode":401}` {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestARefreshTokenRotatesAndItsReuseKillsTheFamily(t *testing.T) {
	s, b := start(t), browser(t)
	more := strings.Replace(ask(""), "%20email", "%20email%20offline_access", 1)
	a := get(t, b, s.URL+"/authorize?"+more)
	handle := want(t, a.location(), `/login\?state=([^&]+)&.*`)[1]
	a = send(t, b, s.URL+"/usernamepassword/login", login(handle, "admin", config.DefaultPassword))
	form := url.Values{}
	for _, input := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	a = get(t, b, s.URL+send(t, b, s.URL+"/login/callback", form).location())
	first := tokens(t, send(t, b, s.URL+"/oauth/token", exchange(want(t, a.location(), `.*code=([^&]+)&.*`)[1])))
	refresh := func(token any) answer {
		return send(t, b, s.URL+"/oauth/token", map[string]any{"client_id": client, "grant_type": "refresh_token", "refresh_token": token})
	}
	second := tokens(t, refresh(first["refresh_token"]))
	if again := refresh(first["refresh_token"]); again.status != 400 || !strings.Contains(again.body, `"invalid_grant"`) {
		t.Errorf("the old one again: %d %s", again.status, again.body)
	}
	if dead := refresh(second["refresh_token"]); dead.status != 400 {
		t.Errorf("the new one, after that: %d %s", dead.status, dead.body)
	}
}

func TestAResultOfASignInCountsOnce(t *testing.T) {
	s, b := start(t), browser(t)
	handle := want(t, get(t, b, s.URL+"/authorize?"+ask("")).location(), `/login\?state=([^&]+)&.*`)[1]
	a := send(t, b, s.URL+"/usernamepassword/login", login(handle, "admin", config.DefaultPassword))
	form := url.Values{}
	for _, input := range regexp.MustCompile(`name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	forged := url.Values{"wa": form["wa"], "wctx": form["wctx"], "wresult": {form.Get("wresult")[:len(form.Get("wresult"))-4] + "AAAA"}}
	if a := send(t, b, s.URL+"/login/callback", forged); a.status != 400 || a.location() != "" {
		t.Errorf("forged: %d %s", a.status, a.location())
	}
	if a := send(t, b, s.URL+"/login/callback", form); a.status != 302 {
		t.Errorf("once: %d %s", a.status, a.body)
	}
	if a := send(t, b, s.URL+"/login/callback", form); a.status != 400 {
		t.Errorf("twice: %d %s", a.status, a.location())
	}
}

package oidc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay/mockserver"
	"assay/mockserver/idp/authing"
	"assay/mockserver/idp/config"
	"assay/mockserver/idp/oidc"
)

const verifier = "a-verifier-of-forty-three-characters-or-more"

// start serves Authing, where admin is signed in without a page.
func start(t testing.TB, change func(*config.Config)) *mockserver.Server {
	t.Helper()
	name := "authing"
	cfg := config.Default()
	cfg.AutoLogin = "admin"
	if change != nil {
		change(&cfg)
	}
	c := load(t.(*testing.T), name)
	s, err := mockserver.Start(c, authing.New(c, &cfg).Equip(mockserver.Options{Now: now, Frozen: true, Seed: 7}))
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

func ask(more string) string {
	return "/oidc/auth?client_id=62a8392bb610e1da3f7aeefb&redirect_uri=http://localhost:4000/callback&response_type=code&scope=openid+offline_access&state=s&code_challenge=" +
		oidc.Challenge(verifier) + "&code_challenge_method=S256" + more
}

// code asks for one as admin, who is signed in without a page.
func code(t *testing.T, b *http.Client, base string) string {
	t.Helper()
	r, err := b.Get(base + ask(""))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	m := regexp.MustCompile(`^http://localhost:4000/callback\?code=([\w-]{43})&state=s$`).FindStringSubmatch(r.Header.Get("Location"))
	if m == nil {
		t.Fatalf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
	return m[1]
}

func post(t *testing.T, at string, form url.Values) (int, map[string]any) {
	t.Helper()
	r, err := http.PostForm(at, form)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer r.Body.Close()
	var m map[string]any
	_ = json.NewDecoder(r.Body).Decode(&m) // some answers have no body
	return r.StatusCode, m
}

func exchange(t *testing.T, base, code string) (int, map[string]any) {
	t.Helper()
	return post(t, base+"/oidc/token", url.Values{
		"client_id": {"62a8392bb610e1da3f7aeefb"}, "grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"http://localhost:4000/callback"}, "code_verifier": {verifier},
	})
}

func protected(t *testing.T, base string, token any) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, base+"/api/protected", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", fmt.Sprintf("Bearer %v", token))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestAutoLoginShowsNoPageButPromptNoneStillTellsWhoIsSignedOut(t *testing.T) {
	s, b := start(t, nil), browser(t)
	r, err := b.Get(s.URL + ask("&prompt=none"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if got := r.Header.Get("Location"); !strings.Contains(got, "error=login_required") {
		t.Errorf("before: %s", got)
	}
	code(t, b, s.URL)
	r, err = b.Get(s.URL + ask("&prompt=none"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if got := r.Header.Get("Location"); !strings.Contains(got, "?code=") {
		t.Errorf("after: %s", got)
	}
}

func TestOfManyWhoRedeemACodeAtOnceOneGetsTokens(t *testing.T) {
	s := start(t, nil)
	value := code(t, browser(t), s.URL)
	var won atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, _ := exchange(t, s.URL, value); status == http.StatusOK {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d got tokens", won.Load())
	}
}

func TestTheSameSeedAndClockGiveTheSameTokens(t *testing.T) {
	var seen []string
	for range 2 {
		s := start(t, nil)
		value := code(t, browser(t), s.URL)
		_, m := exchange(t, s.URL, value)
		refresh, _ := m["refresh_token"].(string)
		seen = append(seen, value+" "+refresh)
	}
	if seen[0] != seen[1] || !strings.Contains(seen[0], " ") {
		t.Errorf("%q", seen)
	}
}

func TestAForkedWorldGoesItsOwnWay(t *testing.T) {
	s := start(t, nil)
	value := code(t, browser(t), s.URL)
	before := s.World()
	fork := before.Fork()
	for _, world := range []*mockserver.World{before, fork} {
		s.SetWorld(world)
		if status, m := exchange(t, s.URL, value); status != http.StatusOK {
			t.Errorf("first: %d %v", status, m)
		}
		if status, _ := exchange(t, s.URL, value); status != http.StatusBadRequest {
			t.Errorf("second: %d", status)
		}
	}
}

func TestKeysAreRotatedOverlapAndAreRetired(t *testing.T) {
	s := start(t, nil)
	turn := func(verb string) []string {
		r, err := http.Post(s.URL+oidc.KeysPath+verb, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var m struct{ Keys []string }
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", verb, r.StatusCode, err)
		}
		return m.Keys
	}
	published := func() int {
		r, err := http.Get(s.URL + "/oidc/.well-known/jwks.json")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), `"kid"`)
	}
	b := browser(t)
	_, old := exchange(t, s.URL, code(t, b, s.URL))
	if keys := turn("/rotate"); len(keys) != 2 || published() != 2 {
		t.Fatalf("after rotating there are %v", keys)
	}
	_, fresh := exchange(t, s.URL, code(t, b, s.URL))
	for name, token := range map[string]any{"old": old["access_token"], "fresh": fresh["access_token"]} {
		if status := protected(t, s.URL, token); status != http.StatusOK {
			t.Errorf("while the keys overlap the %s token gets %d", name, status)
		}
	}
	if keys := turn("/retire"); len(keys) != 1 || published() != 1 {
		t.Fatalf("after retiring there are %v", keys)
	}
	if status := protected(t, s.URL, old["access_token"]); status != http.StatusUnauthorized {
		t.Errorf("the old token gets %d", status)
	}
	if status := protected(t, s.URL, fresh["access_token"]); status != http.StatusOK {
		t.Errorf("the fresh token gets %d", status)
	}
}

func TestWhatIsConfiguredLivesAsLongAsItSays(t *testing.T) {
	s := start(t, func(c *config.Config) {
		c.Authing.Lifetimes = config.OIDCLifetimes{AccessToken: 5 * time.Second, RefreshToken: 20 * time.Second, Code: 3 * time.Second, Session: 30 * time.Second}
	})
	b := browser(t)
	late := code(t, b, s.URL)
	_, m := exchange(t, s.URL, code(t, b, s.URL))
	if m["expires_in"] != 5.0 {
		t.Errorf("expires_in is %v", m["expires_in"])
	}
	refresh := func() int {
		status, answer := post(t, s.URL+"/oidc/token", url.Values{"client_id": {"62a8392bb610e1da3f7aeefb"}, "grant_type": {"refresh_token"}, "refresh_token": {m["refresh_token"].(string)}})
		if status == http.StatusOK {
			m = answer
		}
		return status
	}
	s.Advance(3 * time.Second)
	if status, _ := exchange(t, s.URL, late); status != http.StatusBadRequest {
		t.Errorf("a code of 3 seconds, after 3: %d", status)
	}
	if status := protected(t, s.URL, m["access_token"]); status != http.StatusOK {
		t.Errorf("a token of 5 seconds, after 3: %d", status)
	}
	s.Advance(2 * time.Second)
	if status := protected(t, s.URL, m["access_token"]); status != http.StatusUnauthorized {
		t.Errorf("a token of 5 seconds, after 5: %d", status)
	}
	if status := refresh(); status != http.StatusOK {
		t.Errorf("a refresh token of 20 seconds, after 5: %d", status)
	}
	s.Advance(20 * time.Second)
	if status := refresh(); status != http.StatusBadRequest {
		t.Errorf("a refresh token of 20 seconds, after 20: %d", status)
	}
}

func TestAConfidentialClientMustKnowItsSecret(t *testing.T) {
	s := start(t, func(c *config.Config) { c.Authing.Clients[0].Secret = "sëcret" })
	b := browser(t)
	form := func() url.Values {
		return url.Values{"grant_type": {"authorization_code"}, "code": {code(t, b, s.URL)}, "redirect_uri": {"http://localhost:4000/callback"}, "code_verifier": {verifier}}
	}
	send := func(secret string, form url.Values) *http.Response {
		r, err := http.NewRequest(http.MethodPost, s.URL+"/oidc/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if secret != "" {
			r.SetBasicAuth("62a8392bb610e1da3f7aeefb", url.QueryEscape(secret)) // RFC 6749 §2.3.1
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	if res := send("sëcret", form()); res.StatusCode != http.StatusOK {
		t.Errorf("by the header: %d", res.StatusCode)
	}
	if res := send("wrong", form()); res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("with a wrong secret: %d", res.StatusCode)
	}
	inBody := form()
	inBody.Set("client_id", "62a8392bb610e1da3f7aeefb")
	if res := send("", inBody); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("without one: %d", res.StatusCode)
	}
	inBody.Set("client_secret", "sëcret")
	inBody.Set("code", code(t, b, s.URL))
	if res := send("", inBody); res.StatusCode != http.StatusOK {
		t.Errorf("by the body: %d", res.StatusCode)
	}
	if res := send("sëcret", inBody); res.StatusCode != http.StatusBadRequest {
		t.Errorf("by both: %d", res.StatusCode)
	}
}

func TestABareOriginIsTheSameWithAndWithoutItsSlash(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"http://localhost:3000", "http://localhost:3000/", true},
		{"http://localhost:3000/", "http://localhost:3000", true},
		{"http://localhost:3000/a", "http://localhost:3000/a", true},
		{"http://localhost:3000/a", "http://localhost:3000/a/", false},
		{"http://localhost:3000", "http://localhost:3000?", false},
		{"http://localhost:3000", "http://localhost:30000", false},
		{"http://localhost:3000", "https://localhost:3000", false},
		{"http://localhost:3000", "http://user@localhost:3000", false},
		{"com.example.app:/back", "com.example.app:/back", true},
	} {
		if got := oidc.SameURI(tt.a, tt.b); got != tt.same {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

func FuzzQueries(f *testing.F) {
	for _, seed := range []string{"", "a=b&c=d", "state=%zz&scope=a+b", "x=\r\nSet-Cookie:a", "ü=<>\"", "&&==&%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		clean := oidc.CleanQuery(query)
		if strings.ContainsFunc(clean, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '<' || r == '>' }) {
			t.Fatalf("%q becomes %q", query, clean)
		}
		params := oidc.Ordered(query)
		if again := oidc.Ordered(oidc.Encode(params)); !slices.Equal(names(again), names(params)) {
			t.Fatalf("%v reads back as %v", params, again)
		}
	})
}

func names(o oidc.Object) []string {
	var all []string
	for _, m := range o {
		all = append(all, m.Name+"="+m.Value.(string))
	}
	return all
}

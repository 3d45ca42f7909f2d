package contract_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unicode"

	"assay/contract"
)

// signInServer signs in with a code and PKCE: every value of a step comes from the one before.
func signInServer() *httptest.Server {
	var mu sync.Mutex
	n := 0
	type session struct{ cookie, challenge, code string }
	sessions := map[string]*session{}
	fresh := func(kind string) string { n++; return fmt.Sprintf("%s%08dOpaqueValue%d", kind, 7919*n, n) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		uid := fresh("uid")
		sessions[uid] = &session{cookie: fresh("sid"), challenge: r.URL.Query().Get("code_challenge")}
		http.SetCookie(w, &http.Cookie{Name: "op.session", Value: sessions[uid].cookie, Path: "/", HttpOnly: true})
		w.Header().Set("Location", "/interaction/"+uid+"?lang=en")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("POST /interaction/{uid}", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		s := sessions[r.PathValue("uid")]
		if c, err := r.Cookie("op.session"); s == nil || err != nil || c.Value != s.cookie {
			http.Error(w, "no such session", http.StatusBadRequest)
			return
		}
		s.code = fresh("code")
		w.Header().Set("Location", "http://localhost:4000/callback?code="+s.code+"&state=77")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		for _, s := range sessions {
			if s.code != "" && s.code == r.FormValue("code") && s.challenge == base64.RawURLEncoding.EncodeToString(sum[:]) {
				s.code = ""
				fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer"}`, fresh("at"))
				return
			}
		}
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
	})
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "you hold %s", r.Header.Get("Authorization"))
	})
	return httptest.NewServer(mux)
}

// signedIn makes the chain of a sign-in against the server.
func signedIn(t *testing.T, base string) []*contract.Exchange {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	http.DefaultClient, client = client, http.DefaultClient
	defer func() { http.DefaultClient = client }()
	verifier := "Kc1pq7Zt-e9_WmXr4aUv2bYsD8hJ0oNfG6iLkQ3TzyE"
	sum := sha256.Sum256([]byte(verifier))
	const form = "application/x-www-form-urlencoded"
	asked := send(t, "GET", base+"/authorize?client_id=app&code_challenge="+base64.RawURLEncoding.EncodeToString(sum[:])+"&code_challenge_method=S256", "", "", "")
	cookie, _, _ := strings.Cut(asked.Response.Header.Get("Set-Cookie"), ";")
	path, _, _ := strings.Cut(asked.Response.Header.Get("Location"), "?")
	login := sendCookie(t, base+path, cookie, form, "username=admin&password=Hidden-Secret-12")
	back, err := url.Parse(login.Response.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := send(t, "POST", base+"/token", "", form, "grant_type=authorization_code&code="+back.Query().Get("code")+"&code_verifier="+verifier)
	_, token, _ := strings.Cut(tokens.Response.Body, `"access_token":"`)
	token, _, _ = strings.Cut(token, `"`)
	return []*contract.Exchange{asked, login, tokens, send(t, "GET", base+"/me", token, "", "")}
}

func sendCookie(t *testing.T, address, cookie, contentType, body string) *contract.Exchange {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", cookie)
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return &contract.Exchange{
		Request:  contract.Request{Method: http.MethodPost, URL: address, Header: request.Header, Body: body},
		Response: &contract.Response{Status: response.StatusCode, Header: response.Header},
	}
}

func TestASignInIsRepeatedThroughItsRedirectsCookiesAndVerifier(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is not installed")
	}
	server := signInServer()
	defer server.Close()
	chain := signedIn(t, server.URL)
	if !strings.HasPrefix(chain[3].Response.Body, "you hold Bearer at") {
		t.Fatalf("the sign-in itself fails: %s", chain[2].Response.Body)
	}
	commands := contract.CurlChain(chain, false)
	for _, secret := range []string{"Hidden-Secret-12", "Kc1pq7Zt", "OpaqueValue"} {
		if strings.Contains(commands, secret) {
			t.Errorf("the commands hold %s:\n%s", secret, commands)
		}
	}
	for _, shell := range shells(t) {
		out := paste(t, shell, commands)
		if !strings.Contains(out, "you hold Bearer at") || strings.Contains(out, chain[3].Response.Body) {
			t.Errorf("%s: got\n%s\nfrom\n%s", shell, out, commands)
		}
	}

	recipe := contract.NewRecipe(chain, false)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	http.DefaultClient, client = client, http.DefaultClient
	defer func() { http.DefaultClient = client }()
	var answers []*contract.Exchange
	for i := range recipe.Requests {
		r, err := recipe.Fill(i, answers, "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie := r.Header.Get("Cookie"); cookie != "" {
			answers = append(answers, sendCookie(t, r.URL, cookie, r.Header.Get("Content-Type"), r.Body))
			continue
		}
		answers = append(answers, send(t, r.Method, r.URL, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("Content-Type"), r.Body))
	}
	if got := answers[3].Response.Body; !strings.HasPrefix(got, "you hold Bearer at") || got == chain[3].Response.Body {
		t.Errorf("filled, the recipe ends with %q", got)
	}
}

func TestWhatATargetNamesCannotLeaveTheRecipesCommands(t *testing.T) {
	canary := t.TempDir() + "/canary"
	evil := "x'; touch " + canary + "; '/e;$(touch " + canary + ")"
	value := "0pAqueValue1234567"
	body := fmt.Sprintf(`{%q:{"token":%q}, "PATH":{"IFS":"opaque-value-11"}}`, evil, value)
	first := &contract.Exchange{
		Request: contract.Request{Method: "GET", URL: "http://127.0.0.1:1/"},
		Response: &contract.Response{Status: 302, Body: body, Header: http.Header{
			"Location": {"/" + value + "9?" + evil + "=" + value + "8&code=" + value + "7"}, "Set-Cookie": {evil + "=" + value + "6", "sid=" + value + "5"},
		}},
	}
	second := &contract.Exchange{Request: contract.Request{Method: "GET", URL: "http://127.0.0.1:1/" + value + "/" + value + "9?a=" + value + "8&b=" + value + "7&c=opaque-value-11", Header: http.Header{"Cookie": {"sid=" + value + "5; x=" + value + "6"}}}}
	commands := contract.CurlChain([]*contract.Exchange{first, second}, false)
	for _, shell := range shells(t) {
		cmd := exec.Command(shell)
		cmd.Stdin = strings.NewReader(commands)
		_ = cmd.Run() // nobody listens there: the commands fail, but do nothing else
		if out, err := exec.Command("ls", canary).Output(); err == nil {
			t.Fatalf("%s ran a command of the target's (%s):\n%s", shell, out, commands)
		}
	}
	if strings.Contains(commands, "\nPATH=") || strings.Contains(commands, "IFS=") && !strings.Contains(commands, "IFS_VALUE=") {
		t.Errorf("a variable of the shell is overwritten:\n%s", commands)
	}
}

func FuzzCommandsArePlainTextWhateverWasExchanged(f *testing.F) {
	f.Add("/a?b=c", `{"id":"abcd1234efgh5678"}`, `{"id":"abcd1234efgh5678"}`, "eyJhbGciOiJub25lIn0.e30.")
	f.Add("\x1b[31m", "\x00\xff'\"$(id)`", "a=b&password=\ue000RUN\ue001", "Bearer \r\n")
	f.Fuzz(func(t *testing.T, path, answer, body, header string) {
		e := &contract.Exchange{
			Request:  contract.Request{Method: "POST", URL: "http://127.0.0.1" + path, Body: body, Header: http.Header{"X-A": {header}, header: {body}}},
			Response: &contract.Response{Status: 302, Body: answer, Header: http.Header{"Location": {answer}, "Set-Cookie": {answer}}},
		}
		for _, reveal := range []bool{false, true} {
			for _, text := range []string{e.Curl(reveal), contract.CurlChain([]*contract.Exchange{e, e, e}, reveal)} {
				for _, r := range text {
					if r != '\n' && !unicode.IsPrint(r) {
						t.Fatalf("%q holds %q", text, r)
					}
				}
			}
		}
		recipe := contract.NewRecipe([]*contract.Exchange{e, e}, false)
		if _, err := recipe.Fill(1, []*contract.Exchange{e}, "x", nil); err != nil && !strings.Contains(err.Error(), "needs") {
			t.Error(err)
		}
	})
}

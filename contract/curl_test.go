package contract_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"assay/contract"
)

func TestCurlNamesOnlyWhatCurlWouldNotChoose(t *testing.T) {
	for _, c := range []struct {
		name    string
		request contract.Request
		want    string
	}{
		{"a plain GET", contract.Request{Method: "GET", URL: "http://localhost/me"}, `curl -i http://localhost/me`},
		{"a query is quoted", contract.Request{Method: "GET", URL: "http://localhost/ideas?page=1"}, `curl -i 'http://localhost/ideas?page=1'`},
		{
			"a POST with a body needs no method",
			contract.Request{Method: "POST", URL: "http://localhost/users", Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"a":1}`},
			`curl -i http://localhost/users -H 'Content-Type: application/json' --data-raw '{"a":1}'`,
		},
		{
			"a body without a type sends none",
			contract.Request{Method: "POST", URL: "http://localhost/users", Body: `x`},
			`curl -i http://localhost/users -H Content-Type: --data-raw x`,
		},
		{"a POST without a body", contract.Request{Method: "POST", URL: "http://localhost/x"}, `curl -i -X POST http://localhost/x`},
		{"a DELETE", contract.Request{Method: "DELETE", URL: "http://localhost/ideas/1"}, `curl -i -X DELETE http://localhost/ideas/1`},
		{"a HEAD", contract.Request{Method: "HEAD", URL: "http://localhost/"}, `curl -i --head http://localhost/`},
		{"brackets in an address", contract.Request{Method: "GET", URL: "http://[::1]:80/a"}, `curl -i --globoff 'http://[::1]:80/a'`},
		{
			"an empty header, and those that curl writes itself",
			contract.Request{Method: "GET", URL: "http://localhost/", Header: http.Header{"X-Access-Token": {""}, "User-Agent": {"x"}, "Accept": {"*/*"}}},
			`curl -i http://localhost/ -H 'X-Access-Token;'`,
		},
		{
			"a secret is masked",
			contract.Request{Method: "GET", URL: "http://localhost/", Header: http.Header{"X-Access-Token": {aToken}}},
			`curl -i http://localhost/ -H 'X-Access-Token: eyJ…(83 characters)'`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &contract.Exchange{Request: c.request}
			if got := e.Curl(false); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// shells are those that a person may paste into; only sh is sure to be there.
func shells(t *testing.T) []string {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	var found []string
	for _, name := range []string{"sh", "bash", "zsh"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	return found
}

func paste(t *testing.T, shell, commands string) string {
	t.Helper()
	script := exec.Command(shell)
	script.Stdin = strings.NewReader(commands + "\n")
	script.Env = append(os.Environ(), "no_proxy=*")
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", shell, err, commands, out)
	}
	return string(out)
}

func TestAHostileBodyArrivesByteForByteWhateverTheShell(t *testing.T) {
	var got contract.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = contract.Request{Method: r.Method, URL: r.RequestURI, Header: r.Header, Body: string(body)}
	}))
	defer server.Close()
	canary := t.TempDir() + "/canary"
	bodies := []string{
		`{"content":"it's; $(touch ` + canary + `) ` + "`touch " + canary + "`" + ` \n !! \\ %s %d"}`,
		"\x00\x01\x1b[2J\xff\xfe end\n\n",
		"-n -- %",
		"line one\nline two\r\n\ttab \u202e turned \u200b ending '",
		"@/etc/hostname",
		"é漢字 🙂",
	}
	for _, shell := range shells(t) {
		for _, body := range bodies {
			e := &contract.Exchange{Request: contract.Request{
				Method: "PUT", URL: server.URL + "/a%27b?q='$(touch+" + canary + ")'", Body: body,
				Header: http.Header{"X-Odd": {`it's "$HOME" ` + "`id`"}, "Content-Type": {"text/plain"}},
			}}
			command := e.Curl(true)
			if strings.ContainsAny(command, "\x00\x1b\n\r\u202e\u200b") {
				t.Errorf("%q holds what must not reach a terminal", command)
			}
			paste(t, shell, command)
			if got.Body != body || got.Method != "PUT" || got.Header.Get("X-Odd") != e.Request.Header.Get("X-Odd") {
				t.Errorf("%s: sent %q, arrived %q %v", shell, body, got.Body, got.Header)
			}
			if !strings.HasSuffix(e.Request.URL, got.URL) {
				t.Errorf("%s: address %q arrived as %q", shell, e.Request.URL, got.URL)
			}
			if _, err := os.Stat(canary); err == nil {
				t.Fatalf("%s ran a command out of %q", shell, command)
			}
		}
	}
}

// tokenServer gives every user another token and checks it: a chain works only
// when its tokens and addresses are fresh.
func tokenServer() *httptest.Server {
	var mu sync.Mutex
	tokens, ideas := map[string]string{}, map[string]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var in struct{ Email, Password string }
		if json.NewDecoder(r.Body).Decode(&in) != nil || len(in.Password) < 8 {
			http.Error(w, "bad", http.StatusUnprocessableEntity)
			return
		}
		for _, email := range tokens {
			if email == in.Email {
				http.Error(w, "taken", http.StatusConflict)
				return
			}
		}
		n := len(tokens) + 1
		token := fmt.Sprintf("eyJhbGciOiJIUzI1NiJ9.eyJuIjoxMDAwMD%d.c2lnbmF0dXJl%d", n, n)
		tokens[token] = in.Email
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"auth":{"access token":%q},"refresh_token":"opaque+refresh/token=%d"}`, token, n)
	})
	mux.HandleFunc("POST /ideas", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if tokens[token] == "" {
			http.Error(w, "who?", http.StatusUnauthorized)
			return
		}
		id := fmt.Sprint(len(ideas) + 1)
		ideas[id] = token
		fmt.Fprintf(w, `[{"id":%s}]`, id)
	})
	mux.HandleFunc("PUT /ideas/{id}", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if ideas[r.PathValue("id")] != token || token == "" {
			http.Error(w, "not yours", http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, "changed as %s", tokens[token])
	})
	mux.HandleFunc("POST /refresh", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "refreshing %s", r.FormValue("refresh_token"))
	})
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "token %s", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	})
	return httptest.NewServer(mux)
}

// send makes an exchange of a real request.
func send(t *testing.T, method, url, token, contentType, body string) *contract.Exchange {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &contract.Exchange{
		Request:  contract.Request{Method: method, URL: url, Header: request.Header, Body: body},
		Response: &contract.Response{Status: response.StatusCode, Header: response.Header, Body: string(answer)},
	}
}

// madeChain signs two users up and lets each make an idea; last makes the last request of the first user's idea.
func madeChain(t *testing.T, base string, last func(token, refresh, id string) *contract.Exchange) []*contract.Exchange {
	t.Helper()
	const kind = "application/json"
	var token, refresh, id string
	var chain []*contract.Exchange
	for _, who := range []string{"ada", "grace"} {
		up := send(t, "POST", base+"/users", "", kind, `{"email":"`+who+`@example.com","password":"Hidden-Secret-12"}`)
		var answer struct {
			Auth    map[string]string
			Refresh string `json:"refresh_token"`
		}
		if err := json.Unmarshal([]byte(up.Response.Body), &answer); err != nil {
			t.Fatal(err, up.Response.Body)
		}
		made := send(t, "POST", base+"/ideas", answer.Auth["access token"], kind, `{"content":"1"}`)
		if who == "ada" {
			token, refresh, id = answer.Auth["access token"], answer.Refresh, strings.Trim(made.Response.Body, `[]{}"id:`)
		}
		chain = append(chain, up, made)
	}
	return append(chain, last(token, refresh, id))
}

func TestAChainPastedIntoAShellWorksAgainWithFreshTokens(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("jq is not installed")
	}
	server := tokenServer()
	defer server.Close()
	for _, c := range []struct {
		name string
		last func(token, refresh, id string) *contract.Exchange
		want string
	}{
		{"an id in a path and a bearer token", func(token, _, id string) *contract.Exchange {
			return send(t, "PUT", server.URL+"/ideas/"+id, token, "application/json", `{"content":"2"}`)
		}, "changed as ada-"},
		{"a token that has to be percent-encoded in a form", func(_, refresh, _ string) *contract.Exchange {
			return send(t, "POST", server.URL+"/refresh", "", "application/x-www-form-urlencoded", "refresh_token="+strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(refresh))
		}, "refreshing opaque+refresh/token="},
		{"a token whose signature was changed", func(token, _, _ string) *contract.Exchange {
			return send(t, "GET", server.URL+"/me", token[:strings.LastIndex(token, ".")]+".AAAA", "", "")
		}, ".p2yaoz"},
		{"a token that claims to need no signature", func(token, _, _ string) *contract.Exchange {
			return send(t, "GET", server.URL+"/me", "eyJhbGciOiJub25lIn0."+strings.Split(token, ".")[1]+".", "", "")
		}, "token eyJhbGciOiJub25lIn0.eyJu"},
	} {
		for _, shell := range shells(t) {
			server.Config.Handler = tokenServer().Config.Handler // nobody is signed up yet
			chain := madeChain(t, server.URL, c.last)
			commands := contract.CurlChain(chain, false)
			for _, e := range chain {
				for _, secret := range []string{"Hidden-Secret-12", strings.TrimPrefix(e.Request.Header.Get("Authorization"), "Bearer ")} {
					if len(secret) > 50 && strings.Contains(commands, secret) || strings.Contains(commands, "Hidden-Secret-12") {
						t.Errorf("%s: the commands hold a secret:\n%s", c.name, commands)
					}
				}
			}
			if out := paste(t, shell, commands); !strings.Contains(out, c.want) || !strings.Contains(out, "200 OK") {
				t.Errorf("%s, %s: got\n%s\nwant %q in it; commands\n%s", c.name, shell, out, c.want, commands)
			}
		}
	}
}

func TestARecipeIsFilledFromFreshAnswersAfterItWasSaved(t *testing.T) {
	server := tokenServer()
	defer server.Close()
	chain := madeChain(t, server.URL, func(token, _, id string) *contract.Exchange {
		return send(t, "PUT", server.URL+"/ideas/"+id, token, "application/json", `{"content":"2"}`)
	})
	saved, err := json.Marshal(contract.NewRecipe(chain, false))
	if err != nil {
		t.Fatal(err)
	}
	var recipe contract.Recipe
	if err := json.Unmarshal(saved, &recipe); err != nil {
		t.Fatal(err)
	}
	var answers []*contract.Exchange
	for i := range recipe.Requests {
		r, err := recipe.Fill(i, answers, "x1", nil)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, send(t, r.Method, r.URL, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("Content-Type"), r.Body))
	}
	if got := answers[len(answers)-1].Response.Body; got != "changed as ada-x1@example.com" {
		t.Errorf("the last answer is %q", got)
	}
	if _, err := recipe.Fill(4, nil, "x2", nil); err == nil || !strings.Contains(err.Error(), "ACCESS_TOKEN") {
		t.Errorf("a token that nobody gave: error %v", err)
	}
}

func TestASecretThatNoAnswerGaveIsAskedForByName(t *testing.T) {
	chain := []*contract.Exchange{{Request: contract.Request{Method: "GET", URL: "http://localhost/me", Header: http.Header{"Authorization": {"Bearer " + aToken}}}}}
	want := `curl -i http://localhost/me -H "Authorization: Bearer ${MASKED_AUTHORIZATION:?is masked here, set it first}"`
	if got := contract.CurlChain(chain, false); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := contract.CurlChain(chain, true); !strings.Contains(got, aToken) {
		t.Errorf("revealed, the token is missing: %s", got)
	}
}

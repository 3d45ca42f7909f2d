package contract_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"assay/contract"
)

// aToken has the shape of a JWT and is none.
const aToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"

const aRefreshToken = "5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d7a0c5f1d"

func TestSecretsInABodyAreMaskedAndAllElseStays(t *testing.T) {
	for _, c := range []struct{ name, contentType, body, want string }{
		{
			"tokens of an answer, by name", "application/json",
			`{"jwt":"` + aToken + `","refresh_token":"` + aRefreshToken + `"}`,
			`{"jwt":"eyJ…(83 characters)","refresh_token":"5f1…(100 characters)"}`,
		},
		{
			"a password shows its length and nothing else", "application/json",
			`{"email": "ada@example.com", "password": "the-Secret-123-and-then-some-more"}`,
			`{"email": "ada@example.com", "password": "…(33 characters)"}`,
		},
		{
			"numbers, order, spaces and repeated members stay byte for byte", "application/json",
			`{ "average_score" : 8.0, "b":1e2,"b":[ ] }`,
			`{ "average_score" : 8.0, "b":1e2,"b":[ ] }`,
		},
		{
			"null, empty and boolean passwords are the point of a refused case", "application/json",
			`{"password":null,"refresh_token":"","code":true}`,
			`{"password":null,"refresh_token":"","code":true}`,
		},
		{
			"a password that is a number", "application/json",
			`{"password": 12345678}`, `{"password": "…(8 characters)"}`,
		},
		{
			"all that stands under a secret name", "application/json",
			`{"secrets":{"a":["one-of-them"],"n":5}}`, `{"secrets":{"a":["…(11 characters)"],"n":"…(1 character)"}}`,
		},
		{
			"a member's name written with escapes", "application/json",
			`{"p\u0061ssword":"Hidden-1234"}`, `{"p\u0061ssword":"…(11 characters)"}`,
		},
		{
			"a token shape under any name", "application/json",
			`{"note":"use ` + aToken + ` now"}`, `{"note":"use eyJ…(83 characters) now"}`,
		},
		{
			"JSON inside a JSON string", "application/json",
			`{"body":"{\"password\":\"Hidden-1234\"}"}`, `{"body":"{\"password\":\"…(11 characters)\"}"}`,
		},
		{
			"a body cut short", "application/json",
			`{"name":"ada","refresh_token":"5f1d7a0c5f1d7a`, `{"name":"ada","refresh_token":"…(14 characters)`,
		},
		{
			"an authorization code, but not an error's code", "application/json",
			`{"code":"dGhlLWNvZGUtMQ9xYz"} {"code":"invalid_grant"} {"code":4001}`,
			`{"code":"…(18 characters)"} {"code":"invalid_grant"} {"code":4001}`,
		},
		{
			"names that only sound like secrets", "application/json",
			`{"token_type":"Bearer","token_use":"access","token_endpoint":"https://id.example.com/token","code_challenge_method":"S256"}`,
			`{"token_type":"Bearer","token_use":"access","token_endpoint":"https://id.example.com/token","code_challenge_method":"S256"}`,
		},
		{
			"long content of one kind is no secret", "application/json",
			`{"content":"` + strings.Repeat("a", 255) + `"}`, `{"content":"` + strings.Repeat("a", 255) + `"}`,
		},
		{
			"a form", "application/x-www-form-urlencoded; charset=utf-8",
			"grant_type=authorization_code&code=dGhlLWNvZGUtMQ&code_verifier=abc%2Fdef&redirect_uri=http%3A%2F%2Flocalhost",
			"grant_type=authorization_code&code=…(14 characters)&code_verifier=…(7 characters)&redirect_uri=http%3A%2F%2Flocalhost",
		},
		{
			"JSON sent as a form", "application/x-www-form-urlencoded",
			`{"password":"Hidden-1234"}`, `{"password":"…(11 characters)"}`,
		},
		{
			"an HTML page", "text/html",
			`<a href="/callback?code=dGhlLWNvZGUtMQ&state=1">` + aToken + `</a>`,
			`<a href="/callback?code=…(14 characters)&state=1">eyJ…(83 characters)</a>`,
		},
		{
			"credentials in prose, but not prose about them", "text/plain",
			`send Bearer opaque-token-0001 or Basic dXNlcjpwYXNzd29yZDE=; Bearer authentication failed, Bearer error_description2="none"`,
			`send Bearer …(17 characters) or Basic …(20 characters); Bearer authentication failed, Bearer error_description2="none"`,
		},
		{
			"Cognito's names", "application/x-amz-json-1.1",
			`{"AuthenticationResult":{"AccessToken":"opaque-1","ExpiresIn":3600,"TokenType":"Bearer"},"ChallengeParameters":{"SECRET_BLOCK":"c2VjcmV0LWJsb2Nr","SALT":"ab"}}`,
			`{"AuthenticationResult":{"AccessToken":"…(8 characters)","ExpiresIn":3600,"TokenType":"Bearer"},"ChallengeParameters":{"SECRET_BLOCK":"…(16 characters)","SALT":"ab"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &contract.Exchange{Request: contract.Request{Header: http.Header{"Content-Type": {c.contentType}}, Body: c.body}}
			got := contract.NewRedactor().Exchange(e)
			if got.Request.Body != c.want {
				t.Errorf("got  %s\nwant %s", got.Request.Body, c.want)
			}
			if again := contract.NewRedactor().Exchange(got); again.Request.Body != c.want {
				t.Errorf("masking twice gives %s", again.Request.Body)
			}
			if e.Request.Body != c.body {
				t.Error("the exchange itself was changed")
			}
		})
	}
}

func TestSecretsInHeadersAndAddressesAreMasked(t *testing.T) {
	e := &contract.Exchange{
		Request: contract.Request{
			URL: "http://ada:Hidden-1@localhost:3000/me?access_token=abc.def&page=1#id_token=xyz12345",
			Header: http.Header{
				"Authorization":  {"Bearer " + aToken, "opaque-token-1"},
				"X-Access-Token": {"null", "[object Object]", aToken},
				"X-Api-Key":      {"k-1234567"},
				"Cookie":         {"sid=s-1234567; theme=dark-mode"},
				"Accept":         {"application/json"},
			},
		},
		Response: &contract.Response{Status: 302, Header: http.Header{
			"Location":   {"http://localhost:4000/callback?code=dGhlLWNvZGUtMQ&state=77"},
			"Set-Cookie": {"sid=s-1234567; Path=/; HttpOnly"},
			"Etag":       {`W/"21361a08b566a386"`},
		}},
	}
	got := contract.NewRedactor(e).Exchange(e)
	if want := "http://ada:…(8 characters)@localhost:3000/me?access_token=…(7 characters)&page=1#id_token=…(8 characters)"; got.Request.URL != want {
		t.Errorf("URL %s, want %s", got.Request.URL, want)
	}
	for name, want := range map[string]string{
		"Authorization":  "Bearer eyJ…(83 characters) | …(14 characters)",
		"X-Access-Token": "null | [object Object] | eyJ…(83 characters)",
		"X-Api-Key":      "…(9 characters)",
		"Cookie":         "sid=…(9 characters); theme=…(9 characters)",
		"Accept":         "application/json",
	} {
		if have := strings.Join(got.Request.Header[name], " | "); have != want {
			t.Errorf("%s: %s, want %s", name, have, want)
		}
	}
	for name, want := range map[string]string{
		"Location":   "http://localhost:4000/callback?code=…(14 characters)&state=77",
		"Set-Cookie": "sid=…(9 characters); Path=/; HttpOnly",
		"Etag":       `W/"21361a08b566a386"`,
	} {
		if have := got.Response.Header.Get(name); have != want {
			t.Errorf("%s: %s, want %s", name, have, want)
		}
	}
}

func TestASecretOfAnExchangeIsMaskedWhereverProseRepeatsIt(t *testing.T) {
	e := &contract.Exchange{
		Request:  contract.Request{Body: `{"password":"Hidden-1234"}`},
		Response: &contract.Response{Status: 422, Body: `{"reason":"Hidden-1234 is a bad password","password":["is too short (minimum is 8 characters)"]}`},
	}
	r := contract.NewRedactor(e)
	if got, want := r.Exchange(e).Response.Body, `{"reason":"…(11 characters) is a bad password","password":["is too short (minimum is 8 characters)"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := r.Text(`201 Created, {"echo":"Hidden-1234","jwt":"eyJhb`), `201 Created, {"echo":"…(11 characters)","jwt":"…(5 characters)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzMaskingNeverFailsAndKeepsJSONValid(f *testing.F) {
	for _, seed := range []string{`{"password":"a","b":[1,{"code":"x"}]}`, `"\ud800"`, `[[[[`, `{"a":"{\"jwt\":\"` + aToken + `\"}"}`, "a=b&password=%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e := &contract.Exchange{Request: contract.Request{URL: body, Body: body}, Failure: body}
		got := contract.NewRedactor(e).Exchange(e)
		if strings.HasPrefix(body, "{") && json.Valid([]byte(body)) && !json.Valid([]byte(got.Request.Body)) {
			t.Errorf("%q became %q", body, got.Request.Body)
		}
	})
}

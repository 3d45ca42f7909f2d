package mockserver_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay/mockserver"
)

// What real clients of documented APIs send, a mock must bear. Each row shows
// what is taken, and what --strict makes of it.
func TestWhatRealClientsSendIsTakenAndStrictlyRefused(t *testing.T) {
	for _, c := range []struct {
		name                       string
		method, path, body, header string
		status, strict             int
		says                       string
	}{
		{"scores as numeric strings", "POST", "/ideas", `{"content":"x","impact":"8","ease":"7","confidence":"10"}`, "", 201, 422, `"impact":8,"ease":7,"confidence":10`},
		{"a numeric string beyond the bound", "POST", "/ideas", `{"content":"x","impact":"11","ease":1,"confidence":1}`, "", 422, 422, "impact"},
		{"a fraction as text", "POST", "/ideas", `{"content":"x","impact":"5.5","ease":1,"confidence":1}`, "", 422, 422, "impact"},
		{"no number at all", "POST", "/ideas", `{"content":"x","impact":"many","ease":1,"confidence":1}`, "", 422, 422, "impact"},
		{"a whole number with a fraction of zero", "POST", "/ideas", `{"content":"x","impact":8.0,"ease":1,"confidence":1}`, "", 201, 201, `"impact":8,`},
		{"unknown members", "POST", "/ideas", `{"content":"x","impact":1,"ease":1,"confidence":1,"id":"mine","average_score":3}`, "", 201, 422, `"average_score":1.0`},
		{"an unknown parameter", "GET", "/ideas?page=1&_=123", "", "", 200, 422, ""},
		{"a trailing slash", "GET", "/ideas/?page=1", "", "", 200, 200, "["},
		{"no page", "GET", "/ideas", "", "", 200, 200, "["},
		{"a content type on a request without a body", "GET", "/ideas", "", "Content-Type: application/json", 200, 200, "["},
		{"another charset", "POST", "/ideas", idea("x", 1, 1, 1), "Content-Type: application/json; charset=iso-8859-1", 201, 201, ""},
		{"no content type", "POST", "/ideas", idea("x", 1, 1, 1), "Content-Type: ", 201, 201, ""},
		{"plain text as content type", "POST", "/ideas", idea("x", 1, 1, 1), "Content-Type: text/plain", 201, 415, ""},
		{"a form", "POST", "/ideas", "content=a+b&impact=8&ease=7&confidence=6", "Content-Type: application/x-www-form-urlencoded", 201, 415, `"content":"a b","impact":8`},
		{"a form's label on JSON", "POST", "/ideas", idea("x", 1, 1, 1), "Content-Type: application/x-www-form-urlencoded", 201, 415, ""},
		{"a byte-order mark", "POST", "/ideas", "\ufeff" + idea("x", 1, 1, 1), "", 201, 400, ""},
		{"a content of spaces", "POST", "/ideas", idea("  ", 1, 1, 1), "", 201, 201, `"content":"  "`},
		{"a page of zero", "GET", "/ideas?page=0", "", "", 422, 422, "page"},
		{"a negative page", "GET", "/ideas?page=-1", "", "", 422, 422, "page"},
		{"a page of letters", "GET", "/ideas?page=abc", "", "", 422, 422, "page"},
		{"an empty page", "GET", "/ideas?page=", "", "", 422, 422, "page"},
		{"a page past the end", "GET", "/ideas?page=99", "", "", 200, 200, "[]"},
		{"a page beyond an int", "GET", "/ideas?page=99999999999999999999999", "", "", 200, 200, "[]"},
		{"a page of three hundred digits", "GET", "/ideas?page=" + strings.Repeat("9", 300), "", "", 200, 200, "[]"},
		{"a page beyond a float", "GET", "/ideas?page=" + strings.Repeat("9", 400), "", "", 422, 422, "page"},
		{"the largest int", "GET", "/ideas?page=9223372036854775807", "", "", 200, 200, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, strict := range []bool{false, true} {
				client := serve(t, pool(t), mockserver.Options{Empty: true, Strict: strict}).signUp("me@example.com")
				want := c.status
				if strict {
					want = c.strict
				}
				header := []string{"Content-Type: application/json"}
				if c.header != "" {
					header = []string{c.header}
				}
				a := client.send(c.method, c.path, c.body, header...).has(want)
				if want/100 == c.status/100 {
					a.says(c.says)
				}
				if a.status >= 400 && a.text("reason") == "" {
					t.Errorf("no reason: %s", a.body)
				}
				if a.header.Get("Access-Control-Allow-Origin") == "" {
					t.Error("no CORS header")
				}
			}
		})
	}
}

func TestAPublicOperationPassesOverAnOddToken(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	for _, odd := range []string{"", "null", "undefined", "[object Object]", "Bearer x", c.jwt + "x", flip(c.jwt, 2), strings.Repeat("a.", 5000), c.jwt} {
		a := c.logInWith(odd)
		a.has(201)
	}
}

func (c *client) logInWith(token string) *answer {
	c.t.Helper()
	return c.send("POST", "/access-tokens", `{"email":"`+c.email+`","password":"the-Secret-123"}`, "X-Access-Token: "+token)
}

func TestAProtectedOperationRefusesEveryOtherToken(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	good := c.jwt
	for name, bad := range map[string]string{
		"nothing": "", "null": "null", "an object": "[object Object]", "the refresh token": c.refresh, "another signature": flip(good, 2),
		"another payload": reclaim(good, "email", "a@example.com"), "no signature": good[:strings.LastIndexByte(good, '.')+1],
		"two parts": "a.b", "four parts": good + ".x", "dots": "..", "binary": "\x01\x02", "a long one": strings.Repeat("a", 8000),
		"with Bearer": "Bearer " + good,
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := http.NewRequest("GET", c.server.URL+"/me", nil)
			r.Header["X-Access-Token"] = []string{bad}
			w := direct(c.server.Mock, "GET", "/me", "", map[string]string{"X-Access-Token": bad})
			if w.Code != 401 || !strings.Contains(w.Body.String(), `{"reason":"x-access-token: `) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	c.send("GET", "/me", "").has(200)
}

func TestALogoutTakesItsTokenFromTheQuery(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.send("DELETE", "/access-tokens?refresh_token="+c.refresh, "").has(204)
	c.exchange(c.refresh).has(409)

	strict := serve(t, pool(t), mockserver.Options{Empty: true, Strict: true}).signUp("me@example.com")
	strict.send("DELETE", "/access-tokens?refresh_token="+strict.refresh, "").has(400)
}

func TestAPreflightIsAnsweredWithoutATokenAndReflectsWhatIsAsked(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true})
	for _, path := range []string{"/ideas", "/ideas/x", "/nowhere"} {
		a := c.send("OPTIONS", path, "", "Origin: http://localhost:5173", "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: x-access-token,content-type,x-odd", "Access-Control-Request-Private-Network: true").has(204)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin":          "http://localhost:5173",
			"Access-Control-Allow-Credentials":     "true",
			"Access-Control-Allow-Headers":         "x-access-token,content-type,x-odd",
			"Access-Control-Allow-Private-Network": "true",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s %s: expected %q, got %q", path, name, want, got)
			}
		}
		if !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), methodOf(path)) {
			t.Errorf("%s: %s", path, a.header.Get("Access-Control-Allow-Methods"))
		}
	}
	a := c.send("GET", "/ideas", "", "Origin: http://localhost:5173").has(401)
	if a.header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" {
		t.Error("a refusal has no CORS header: a browser would hide its reason")
	}
	a = c.send("GET", "/ideas", "", "Origin: http://localhost:5173", "Prefer: code=503").has(503)
	if a.header.Get("Preference-Applied") == "" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "Preference-Applied") {
		t.Errorf("a page may not read which preference was obeyed: %v", a.header)
	}
}

func methodOf(path string) string {
	if path == "/ideas/x" {
		return "DELETE"
	}
	return "POST"
}

func TestWhatNoOperationServesIsRefusedClearly(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.send("GET", "/nowhere", "").has(404).says(`"reason":"no operation has the path /nowhere"`)
	c.send("GET", "/ideas/x/y", "").has(404)
	c.send("GET", "/"+strings.Repeat("a/", 1000), "").has(404)
	a := c.send("PATCH", "/ideas", "{}").has(405).says("PATCH")
	if allow := a.header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("Allow: %s", allow)
	}
	a = c.send("OPTIONS", "/ideas", "").has(204)
	if allow := a.header.Get("Allow"); allow != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("Allow: %s", allow)
	}
	head := c.send("HEAD", "/ideas", "").has(200)
	if head.body != "" || head.header.Get("Content-Length") != "2" {
		t.Errorf("HEAD: %q, %v", head.body, head.header)
	}
	c.send("DELETE", "/ideas/a%2Fb", "").has(404).says("a/b")
}

func TestABadBodyIsRefusedAndNothingIsLost(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	c.create("kept", 1, 1, 1)
	deep := strings.Repeat("[", 500_000)
	for _, b := range []struct {
		name, body string
		status     int
		says       string
	}{
		{"nothing", "", 400, "content is required"},
		{"spaces", "   ", 400, "content is required"},
		{"no JSON", "content=x", 400, "JSON"},
		{"half an object", `{"content":"x",`, 400, "JSON"},
		{"two values", idea("x", 1, 1, 1) + "{}", 400, "more bytes"},
		{"equal keys", `{"content":"x","content":"y","impact":1,"ease":1,"confidence":1}`, 400, "twice"},
		{"deep nesting", deep, 400, "nested"},
		{"invalid UTF-8", "{\"content\":\"\xff\",\"impact\":1,\"ease\":1,\"confidence\":1}", 400, "UTF-8"},
		{"an array", `[]`, 422, "the body"},
		{"null", `null`, 422, "the body"},
		{"a string", `"x"`, 422, "the body"},
		{"wrong types", `{"content":5,"impact":true,"ease":[],"confidence":{}}`, 422, "impact"},
		{"null members", `{"content":null,"impact":null,"ease":null,"confidence":null}`, 400, "impact is required"},
		{"an empty content", idea("", 1, 1, 1), 400, "content"},
		{"256 characters", idea(strings.Repeat("é", 256), 1, 1, 1), 422, "255"},
		{"a number beyond a float", `{"content":"x","impact":1e999,"ease":1,"confidence":1}`, 422, "impact"},
		{"a number with a huge exponent", `{"content":"x","impact":1e-999999999,"ease":1,"confidence":1}`, 422, "impact"},
		{"longer than a mebibyte", idea(strings.Repeat("x", 1<<20), 1, 1, 1), 413, "1048576 bytes"},
	} {
		t.Run(b.name, func(t *testing.T) {
			c.send("POST", "/ideas", b.body).has(b.status).says(b.says)
		})
	}
	c.create(strings.Repeat("é", 255), 1, 1, 1).has(201)
	if got := len(c.list(1)); got != 2 {
		t.Errorf("%d records", got)
	}
}

func TestAnEndlessBodyIsRefused(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	r, _ := http.NewRequest("POST", c.server.URL+"/ideas", io.LimitReader(endless{}, 64<<20))
	r.Header.Set("X-Access-Token", c.jwt)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Skipf("the connection was cut before the answer was read, as may be: %v", err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("%d", resp.StatusCode)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestASlowClientIsCutOff(t *testing.T) {
	limits := mockserver.Limits{HeaderTime: 100 * time.Millisecond, BodyTime: 300 * time.Millisecond}
	c := serve(t, pool(t), mockserver.Options{Empty: true, Limits: limits})
	for name, start := range map[string]string{
		"in the header": "GET /ideas HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"in the body":   "POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(c.server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			began := time.Now()
			if _, err := io.WriteString(conn, start); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatalf("not cut off: %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("cut off after %v: %s", took, answer)
			}
		})
	}
	c.signUp("me@example.com").create("still served", 1, 1, 1).has(201)
}

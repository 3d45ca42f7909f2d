package mockserver_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"assay/mockserver"
)

func TestSessions(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true}).signUp("me@example.com")
	if len(c.refresh) != 100 || strings.Trim(c.refresh, "0123456789abcdef") != "" {
		t.Errorf("the refresh token %q is not 100 hexadecimal digits", c.refresh)
	}
	t.Run("a refresh gives a token of the same user and the refresh token stays", func(t *testing.T) {
		for range 3 {
			fresh := c.another()
			fresh.keep(c.exchange(c.refresh).has(200))
			if got := fresh.send("GET", "/me", "").has(200).text("email"); got != "me@example.com" {
				t.Errorf("it is %s's", got)
			}
		}
	})
	t.Run("wrong, missing, null and empty refresh tokens are refused", func(t *testing.T) {
		for body, status := range map[string]int{
			`{"refresh_token":"wrong"}`: 409, `{}`: 400, `{"refresh_token":null}`: 400, `{"refresh_token":""}`: 400, `{"refresh_token":7}`: 422, "": 400,
		} {
			c.another().send("POST", "/access-tokens/refresh", body).has(status)
		}
	})
	t.Run("wrong credentials are refused, whichever is wrong", func(t *testing.T) {
		for _, body := range []string{
			`{"email":"me@example.com","password":"the-secret-123"}`, `{"email":"you@example.com","password":"the-Secret-123"}`,
			`{"email":"me@example.com","password":"the-Secret-123 "}`, `{"email":"","password":""}`,
		} {
			if a := c.another().send("POST", "/access-tokens", body); a.status != 409 && a.status != 400 {
				a.has(409)
			}
		}
	})
	t.Run("letter case of an e-mail does not tell people apart", func(t *testing.T) {
		c.another().send("POST", "/access-tokens", `{"email":"ME@Example.com","password":"the-Secret-123"}`).has(201)
		c.another().send("POST", "/users", `{"email":"ME@Example.com","name":"x","password":"the-Secret-123"}`).has(422).says("email")
	})
	t.Run("a logout ends its own session alone", func(t *testing.T) {
		second := c.another()
		second.keep(c.logIn("the-Secret-123").has(201))
		second.send("DELETE", "/access-tokens", `{"refresh_token":"`+second.refresh+`"}`).has(204)
		c.exchange(second.refresh).has(409)
		c.exchange(c.refresh).has(200)
		second.send("DELETE", "/access-tokens", `{"refresh_token":"`+second.refresh+`"}`).has(409)
	})
	t.Run("nobody ends another's session", func(t *testing.T) {
		thief := c.another().signUp("thief@example.com")
		thief.send("DELETE", "/access-tokens", `{"refresh_token":"`+c.refresh+`"}`).has(409)
		c.exchange(c.refresh).has(200)
	})
}

func TestAPasswordMayBeAsLongAsItLikes(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true})
	long := "Secret1" + strings.Repeat("ü\\u0000", 500)
	c.send("POST", "/users", `{"email":"long@example.com","name":"L","password":"`+long+`"}`).has(201)
	c.send("POST", "/access-tokens", `{"email":"long@example.com","password":"`+long+`"}`).has(201)
	c.send("POST", "/access-tokens", `{"email":"long@example.com","password":"`+long+`x"}`).has(409)
	for password, status := range map[string]int{
		"Secret12": 201, "the-Secret-123": 201, "Secret1": 422, "secret12": 422, "SECRET12": 422, "Secretss": 422, "": 400,
	} {
		c.send("POST", "/users", fmt.Sprintf(`{"email":"p%d%s@example.com","name":"P","password":%q}`, status, strings.ToLower(password), password)).has(status)
	}
}

func TestAnAddressSignsUpOnceEvenInAHurry(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true})
	var mu sync.Mutex
	counts := map[int]int{}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			w := direct(c.server.Mock, "POST", "/users", `{"email":"once@example.com","name":"O","password":"the-Secret-123"}`, nil)
			mu.Lock()
			defer mu.Unlock()
			counts[w.Code]++
		})
	}
	wait.Wait()
	if counts[201] != 1 || counts[422] != 19 {
		t.Errorf("%v", counts)
	}
}

func TestTime(t *testing.T) {
	t.Run("a token lives ten minutes, and at exactly exp it is expired", func(t *testing.T) {
		c := serve(t, pool(t), mockserver.Options{Empty: true, Now: noon, Frozen: true}).signUp("me@example.com")
		c.server.Advance(10*time.Minute - time.Second)
		c.send("GET", "/me", "").has(200)
		c.server.Advance(time.Second)
		c.send("GET", "/me", "").has(401).says("expired")
		c.keep(c.exchange(c.refresh).has(200))
		c.send("GET", "/me", "").has(200)
	})
	t.Run("a lifetime from the options goes before the contract's, and can be changed", func(t *testing.T) {
		c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true, Now: noon, Frozen: true, TokenLifetime: 5 * time.Second}).signUp("me@example.com")
		if left := exp(c.jwt) - noon.Unix(); left != 5 {
			t.Errorf("%d s", left)
		}
		c.server.SetTokenLifetime(0)
		c.keep(c.exchange(c.refresh))
		if left := exp(c.jwt) - noon.Unix(); left != 600 {
			t.Errorf("%d s", left)
		}
	})
	t.Run("records and the Date header follow the world's clock", func(t *testing.T) {
		c := serve(t, pool(t), mockserver.Options{Empty: true, Now: noon, Frozen: true}).signUp("me@example.com")
		c.server.Advance(time.Hour)
		c.keep(c.exchange(c.refresh))
		a := c.create("later", 1, 1, 1)
		if a.text("created_at") != fmt.Sprint(noon.Add(time.Hour).Unix()) || a.header.Get("Date") != "Sun, 01 Mar 2026 13:00:00 GMT" {
			t.Errorf("%s %s", a.body, a.header.Get("Date"))
		}
	})
	t.Run("a clock freezes, is set, advances and runs faster", func(t *testing.T) {
		var clock mockserver.Clock
		if clock.Moved() || time.Since(clock.Now()) > time.Minute {
			t.Error("a new clock does not follow the wall clock")
		}
		clock.Freeze()
		clock.Set(noon)
		clock.Advance(time.Hour)
		if got := clock.Now(); !got.Equal(noon.Add(time.Hour)) {
			t.Error(got)
		}
		clock.SetRate(3600)
		time.Sleep(20 * time.Millisecond)
		if gone := clock.Now().Sub(noon.Add(time.Hour)); gone < time.Minute {
			t.Errorf("only %v went by", gone)
		}
		clock.SetRate(-1)
		if clock.Rate() != 0 {
			t.Error("a clock runs back")
		}
		clock.Follow()
		if clock.Moved() {
			t.Error("the clock does not follow the wall clock again")
		}
	})
}

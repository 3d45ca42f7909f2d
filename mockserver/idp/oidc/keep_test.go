package oidc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assay/mockserver"
	"assay/mockserver/idp/oidc"
)

// restarted serves what the server's world keeps in a world that was read back.
func restarted(t *testing.T, s *mockserver.Server) {
	t.Helper()
	copied := s.BlankWorld(s.World().Seed(), 1)
	for change := range s.World().Dump() {
		if err := copied.Apply(change); err != nil {
			t.Fatal(err)
		}
	}
	s.SetWorld(copied)
}

func TestWhatWasGivenStaysGoodAfterARestart(t *testing.T) {
	s, b := start(t, nil), browser(t)
	refreshed := func(token any) (int, map[string]any) {
		return post(t, s.URL+"/oidc/token", url.Values{"client_id": {"62a8392bb610e1da3f7aeefb"}, "grant_type": {"refresh_token"}, "refresh_token": {token.(string)}})
	}
	_, tokens := exchange(t, s.URL, code(t, b, s.URL))
	spare, spent := code(t, b, s.URL), code(t, b, s.URL)
	exchange(t, s.URL, spent)
	if r, err := http.Post(s.URL+oidc.KeysPath+"/rotate", "", nil); err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(err)
	}
	_, turned := exchange(t, s.URL, code(t, b, s.URL))
	s.World().Clock.Advance(time.Minute)

	restarted(t, s)
	for name, token := range map[string]any{"first": tokens["access_token"], "one of the turned key": turned["access_token"]} {
		if status := protected(t, s.URL, token); status != http.StatusOK {
			t.Errorf("%s: the access token gets %d", name, status)
		}
	}
	status, fresh := refreshed(tokens["refresh_token"])
	if status != http.StatusOK {
		t.Errorf("refreshing gets %d %v", status, fresh)
	}
	restarted(t, s)
	if status, _ := refreshed(tokens["refresh_token"]); status != http.StatusBadRequest {
		t.Errorf("a refresh token that was rotated gets %d", status)
	}
	if status, m := exchange(t, s.URL, spare); status != http.StatusOK {
		t.Errorf("a code that waits gets %d %v", status, m)
	}
	if status, _ := exchange(t, s.URL, spent); status != http.StatusBadRequest {
		t.Errorf("a spent code gets %d", status)
	}
	r, err := b.Get(s.URL + ask("&prompt=none")) // the browser's session
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if at := r.Header.Get("Location"); r.StatusCode != http.StatusFound || !strings.Contains(at, "code=") {
		t.Errorf("the browser is sent to %s", at)
	}
}

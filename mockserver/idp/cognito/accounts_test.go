package cognito

import (
	"strings"
	"testing"
	"time"

	"assay/mockserver"
)

func TestTokensAndUsersAreSeenAndExpiredFromOutside(t *testing.T) {
	s := serve(t, func(o *mockserver.Options) { o.SelfCheck = nil }) // the lifetime is not the contract's
	w := s.mock.World()
	s.mock.SetTokenLifetime(90 * time.Second)
	tokens := s.signIn(true)
	if tokens["ExpiresIn"] != 90.0 || claimsOf(t, tokens["AccessToken"].(string))["exp"].(float64) > float64(w.Now().Unix()+90) {
		t.Errorf("the lifetime is not followed: %v", tokens["ExpiresIn"])
	}
	fork := w.Fork()
	given := ""
	w.Issued(func(_ uint64, token *mockserver.Token, _ mockserver.Denied) bool { given = token.User; return false })
	users := s.mock.Accounts(w)
	if len(users) == 0 || users[0].Login != "admin" || users[0].ID != given || !strings.Contains(string(users[0].Doc), "admin@example.com") {
		t.Errorf("a token of %q, users %+v", given, users)
	}
	if n := w.ExpireTokens(given); n != 1 {
		t.Errorf("%d tokens expired", n)
	}
	token := tokens["AccessToken"].(string)
	if r := s.post("GetUser", jsonOf(map[string]any{"AccessToken": token})); r.Code != 400 || !strings.Contains(r.Body.String(), NotAuthorized) {
		t.Errorf("an expired token: %d %s", r.Code, r.Body)
	}
	if r := s.do("GET", "/v1/settings/", "", map[string]string{"authorization": token}); r.Code != 401 {
		t.Errorf("the settings with an expired token: %d %s", r.Code, r.Body)
	}
	s.mock.SetWorld(fork) // where nothing was done to it
	if r := s.post("GetUser", jsonOf(map[string]any{"AccessToken": token})); r.Code != 200 {
		t.Errorf("in a fork from before: %d %s", r.Code, r.Body)
	}
}

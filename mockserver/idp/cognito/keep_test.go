package cognito

import (
	"testing"
	"time"
)

func TestWhoIsSignedInStaysSoAfterARestart(t *testing.T) {
	b := newBench(t)
	if b.Version() != 0 {
		t.Error("nothing has changed, and there is something to keep")
	}
	alive, revoked := b.admin(), b.admin()
	if refusal := b.Revoke(testClient, revoked.Refresh, ""); refusal != nil {
		t.Fatal(refusal)
	}
	if b.Version() == 0 {
		t.Error("what changed would not be kept")
	}
	saved, err := b.Save()
	if err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Minute)
	again := newBench(t)
	again.now = b.now
	if err := again.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if name, _, refusal := again.User(alive.Access); refusal != nil || name != "admin" {
		t.Errorf("the access token: %v", refusal)
	}
	if refusal := again.refreshed(testClient, alive.Refresh); refusal != nil {
		t.Errorf("the refresh token: %v", refusal)
	}
	_, _, refusal := again.User(revoked.Access)
	wantRefusal(t, refusal, NotAuthorized)
	wantRefusal(t, again.refreshed(testClient, revoked.Refresh), NotAuthorized)
	if saidAgain, err := again.Save(); err != nil || string(saidAgain) != string(saved) {
		t.Errorf("%s %v, before that %s", saidAgain, err, saved)
	}
	for _, broken := range []string{"", "[]", `{"sessions":[{"user":"admin","refresh":"AA=="}]}`, `{"sessions":[{"user":"nobody"}]}`} {
		_ = newBench(t).Restore([]byte(broken)) // it must not panic
	}
}

package steps

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAFormIsReadAsABrowserWithoutScriptsWouldSendIt(t *testing.T) {
	user := oidcUser{name: "admin", password: "s3&cret"}
	tests := []struct{ name, page, action, sent string }{
		{"name and password", `<form method="post" action="/login"><input type="hidden" name="uuid" value="a&amp;b"><input name=username><input type='password' name='pw'><button>Sign in</button></form>`, "/login", "pw=s3%26cret&username=admin&uuid=a%26b"},
		{"capital letters and line ends", "<FORM\nMETHOD=POST\nACTION=/x>\n<INPUT TYPE=EMAIL NAME=e>\n<INPUT TYPE=PASSWORD NAME=p></FORM>", "/x", "e=admin&p=s3%26cret"},
		{"the first button that sends, never the one that cancels", `<form method=post><input type=password name=p><input name=u><button name=cancel value=1>No</button><button name=go value=yes>Yes</button></form>`, "", "go=yes&p=s3%26cret&u=admin"},
		{"a button that stands elsewhere", `<form id="f" method="post" action="/out"><input type=hidden name=x value=1></form><button type="submit" form="f" name="logout" value="yes">Yes</button>`, "/out", "logout=yes&x=1"},
		{"boxes that are ticked", `<form method=post><input type=checkbox name=a checked><input type=checkbox name=b><input type=radio name=c value=2 checked><input type=password name=p></form>`, "", "a=on&c=2&p=s3%26cret"},
		{"a form without an end", `<form method=post><input type=hidden name=a value=b>`, "", "a=b"},
		{"what stands in a comment or a script is no form", `<!-- <form><input type=password name=no></form> --><script>"<form>"</script><form method=post><input type=password name=yes></form>`, "", "yes=s3%26cret"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			forms := readForms(tt.page)
			f := signInForm(forms)
			if f == nil {
				f = onwardForm(forms)
			}
			if f == nil {
				t.Fatalf("no form: %+v", forms)
			}
			if got := f.values(user).Encode(); got != tt.sent || f.action != tt.action || f.method != "POST" {
				t.Errorf("%s %s %s, want %s %s", f.method, f.action, got, tt.action, tt.sent)
			}
		})
	}
}

func TestAPageWithoutAFormHasNone(t *testing.T) {
	for _, page := range []string{"", "no page", "<p>hello</p>", "<form", strings.Repeat("<", 1<<20)} {
		if forms := readForms(page); signInForm(forms) != nil {
			t.Errorf("%.20q has %+v", page, forms)
		}
	}
}

func FuzzReadForms(f *testing.F) {
	f.Add(`<form id=a method=post action="/x"><input type=password name=p value='"'><button form=a>`)
	f.Add(`<form><input type="submit" name=x value=cancel><select name=s><textarea name=t></form>`)
	f.Fuzz(func(t *testing.T, page string) {
		for _, form := range readForms(page) {
			form.values(oidcUser{"u", "p"})
		}
	})
}

func TestTheWayBackIsKnownByTheApplicationsOwnAddress(t *testing.T) {
	tests := []struct {
		location, redirect string
		query              string
		back               bool
	}{
		{"http://localhost:4000/callback?code=a&state=b", "http://localhost:4000/callback", "code=a&state=b", true},
		{"http://localhost:4000/callback#code=a", "http://localhost:4000/callback", "code=a", true},
		{"http://localhost:3000/?code=a", "http://localhost:3000", "code=a", true},
		{"http://localhost:3000?code=a", "http://localhost:3000/", "code=a", true},
		{"http://localhost:4000/callback?x=1&code=a", "http://localhost:4000/callback?x=1", "code=a", true},
		{"http://localhost:4000/callback", "http://localhost:4000/callback", "", true},
		{"http://localhost:4000/callback-elsewhere?code=a", "http://localhost:4000/callback", "", false},
		{"http://localhost:40000/?code=a", "http://localhost:4000", "", false},
		{"/login?redirect_uri=http://localhost:4000/callback", "http://localhost:4000/callback", "", false},
		{"?code=a", "", "", false},
	}
	for _, tt := range tests {
		query, back := cutBack(tt.location, tt.redirect)
		if back != tt.back || query != tt.query {
			t.Errorf("%s for %s: %q, %v", tt.location, tt.redirect, query, back)
		}
	}
}

func TestAStateOfTextsIsReadAndNothingElse(t *testing.T) {
	want := map[string]string{"h": "x", "n": "login"}
	if diff := cmp.Diff(want, msgpackTexts("gqFooXihbqVsb2dpbg")); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "%", "gqFo", "k6FooXg", "3wABoWGhYg", strings.Repeat("A", 4000)} {
		if got := msgpackTexts(bad); got != nil {
			t.Errorf("%.10q reads as %v", bad, got)
		}
	}
}

func FuzzStateOfTexts(f *testing.F) {
	f.Add("gqFooXihbqVsb2dpbg")
	f.Add("jw")
	f.Fuzz(func(_ *testing.T, text string) { msgpackTexts(text) })
}

// Package tutorials follows the tutorials that need npm, from the first command
// to the last, in folders of their own and with what npm gives today.
package tutorials

import (
	"regexp"
	"testing"

	"assay/internal/browser"
	"assay/internal/tutorial"
)

const repository = "../.."

// npm is to ask nobody, and Playwright to take the browser that is there.
func env(t *testing.T) []string {
	t.Helper()
	if browser.Path() == "" {
		t.Fatal("there is no Chromium: install one, or name it in CHROMIUM")
	}
	return []string{"npm_config_yes=true", "npm_config_fund=false", "npm_config_audit=false", "CHROMIUM=" + browser.Path()}
}

// account is who can log in, as the mock says when it starts.
var account = regexp.MustCompile(`account\s+(\S+)\s+(\S+)`)

func TestFiveMinutesWithAReactApp(t *testing.T) {
	tab := browser.Open(t)
	logIn := func(w *tutorial.Walk, terminal int) {
		login := account.FindStringSubmatch(w.Printed(0))
		tab.Go(w.Address(terminal))
		fill(tab, "email", login[1], "password", login[2])
	}
	tutorial.Follow(t, repository+"/docs/tutorials/react.md", tutorial.Options{
		Repository: repository,
		Ports:      []string{"4100"},
		Env:        env(t),
		Acts: map[string]func(*tutorial.Walk){
			"open the address that Vite prints": func(w *tutorial.Walk) {
				logIn(w, 1)
				tab.Await(`document.querySelectorAll("li").length === 10`)
				fill(tab, "content", "A loom that counts", "impact", "10", "ease", "10", "confidence", "10")
				tab.Await(`document.querySelector("li").textContent === "A loom that counts: 10.0"`)
			},
			"open the new address": func(w *tutorial.Walk) {
				if w.Address(1) == w.Address(2) {
					t.Fatalf("both are at %s", w.Address(1))
				}
				logIn(w, 2)
				tab.Await(`document.querySelector("ul").innerText.includes("A loom that counts")`)
			},
			"Each request of the app stands there": func(w *tutorial.Walk) {
				tab.Go(w.Text("http://localhost:4100/_assay/"))
				tab.Click(".entry", "POST/ideas")
				tab.Await(`document.querySelector(".note").textContent.includes('was sent for 10')`)
			},
			"Is it clear that it is loading?": func(w *tutorial.Walk) {
				logIn(w, 1)
				tab.Await(`document.body.innerText.includes("Loading…")`)
				tab.Await(`document.querySelectorAll("li").length === 10`)
			},
			"The app shows the failure": func(w *tutorial.Walk) {
				logIn(w, 1)
				tab.Await(`document.querySelector("[role=alert]").textContent !== "" && !document.querySelector("li")`)
			},
		},
	})
	if complaints := tab.Complaints(); len(complaints) > 0 {
		t.Errorf("scripts complain: %v", complaints)
	}
}

// fill fills the form of the page, and sends it.
func fill(tab *browser.Tab, fields ...string) {
	tab.T.Helper()
	for i := 0; i+1 < len(fields); i += 2 {
		field := `document.querySelector("[name=` + fields[i] + `]")`
		tab.Await(field)
		tab.Run(`void (` + field + `.value = "` + fields[i+1] + `")`)
	}
	tab.Run(`document.querySelector("form").requestSubmit()`)
}

func TestPlaywrightWithAWorldPerTest(t *testing.T) {
	tutorial.Follow(t, repository+"/docs/tutorials/playwright.md", tutorial.Options{
		Repository: repository,
		Ports:      []string{"4100", "8090"},
		Env:        env(t),
	})
}

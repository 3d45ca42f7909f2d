package examples_test

import (
	"regexp"
	"testing"
	"time"

	"assay/internal/browser"
	"assay/internal/tutorial"
)

const listed = `document.querySelectorAll("#list li").length > 0 && !document.getElementById("list").ariaBusy && document.getElementById("who").textContent !== ""`

// account is who can log in, as the mock says when it starts.
var account = regexp.MustCompile(`account\s+(\S+)\s+(\S+)`)

func TestTheTutorialOnExpiry(t *testing.T) {
	tab := browser.Open(t)
	var login []string
	logIn := func() {
		fill(tab, "email", login[1], "password", login[2])
		tab.Await(listed)
	}
	turn := func(button string) func(*tutorial.Walk) {
		return func(*tutorial.Walk) {
			tab.Click("nav button", button)
			sees(tab, map[string]string{"Next": "Page 2", "Previous": "Page 1"}[button])
			tab.Await(listed)
		}
	}
	tutorial.Follow(t, "../docs/tutorials/expiry.md", tutorial.Options{
		Repository: "..",
		Ports:      []string{"4100"},
		Acts: map[string]func(*tutorial.Walk){
			"open the address that it prints": func(w *tutorial.Walk) {
				login = account.FindStringSubmatch(w.Printed(0))
				tab.Go(w.Address(1) + "?api=" + w.Text("http://localhost:4100"))
				logIn()
				tab.Await(`document.querySelectorAll("#list li").length === 10`)
			},
			"The second page comes": turn("Next"),
			"It is the same tale":   turn("Previous"),
			"log out and in again": func(w *tutorial.Walk) {
				tab.Click("button", "Log out")
				logIn()
				time.Sleep(6 * time.Second)
				turn("Next")(w)
			},
			"The page asks you to log in": func(*tutorial.Walk) {
				tab.Click("nav button", "Previous")
				sees(tab, "Your session has ended. Please log in again.")
			},
			"The page shows the failure": func(w *tutorial.Walk) {
				logIn()
				s := stage{t: t, api: w.Text("http://localhost:4100")}
				s.control("POST", "/tokens/expire", "")
				tab.Click("nav button", "Next")
				sees(tab, "The server has a problem (503).")
				tab.Click("[role=alert] button", "Try again")
				sees(tab, "Page 3")
			},
		},
	})
	if complaints := tab.Complaints(); len(complaints) > 0 {
		t.Errorf("scripts complain: %v", complaints)
	}
}

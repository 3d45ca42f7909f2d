package control_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"assay/internal/browser"
)

var shots = flag.String("shots", "", "write screenshots of the console into this folder")

// busy does what a frontend does, so that there is something to see.
func busy(d *desk) {
	token := d.signIn()
	me := []string{"X-Access-Token", token, "Content-Type", "application/json"}
	d.send("GET", "/me", "", me...)
	d.send("GET", "/ideas?page=1", "", me...)
	d.send("POST", "/ideas", `{"content":"Let the console show every request as it happens","impact":8,"ease":7,"confidence":9}`, me...)
	d.send("POST", "/ideas", `{"content":"Sliders from one to eleven","impact":11,"ease":8,"confidence":8}`, me...)
	d.send("POST", "/ideas", `{"content":"A form that sends text","impact":"8","ease":"6","confidence":"4","done":false}`, me...)
	d.send("GET", "/me", "")
	d.send("GET", "/nothing", "", me...)
	d.send("GET", "/ideas", "", append(me, "Prefer", "code=503")...)
	d.send("POST", "/access-tokens", `{"email":"nobody@example.com","password":"wrong"}`)
}

func TestTheConsoleInABrowser(t *testing.T) {
	d := open(t)
	busy(d)
	tab := browser.Open(t)
	tab.Screen(1280, 800, "light")
	tab.Go(d.url + "/_assay/")
	tab.Await(`document.querySelectorAll(".entry").length === 9`)

	if *shots != "" {
		photograph(d, tab)
	}
}

// photograph takes pictures of every view, in each of the colours and widths.
func photograph(d *desk, tab *browser.Tab) {
	d.do("takeSnapshot", `{"name":"three-ideas"}`)
	d.do("createWorld", `{"name":"test-signup"}`)
	d.do("createWorld", `{"name":"test-expiry","snapshot":"three-ideas"}`)
	d.do("addFault", `{"operation":"listIdeas","delay":"1s..3s","every":2}`)
	d.do("addFault", `{"operation":"refresh","refuse":"credentials","times":1}`)
	for _, width := range []int64{1280, 390} {
		for _, colours := range []string{"light", "dark"} {
			tab.Screen(width, 820, colours)
			for _, view := range []string{"requests", "requests/4", "requests/5", "state", "users", "time", "faults", "worlds", "api"} {
				tab.Run(fmt.Sprintf("void (location.hash = %q)", view))
				if view == "api" {
					tab.Await(`document.querySelector("iframe").contentDocument?.body?.dataset.signed`)
				}
				tab.Run("new Promise(r => setTimeout(r, 500))")
				tab.Shoot(filepath.Join(*shots, fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(view, "/", "-"), width, colours)))
			}
		}
	}
}

package control_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay/internal/browser"
	"assay/mockserver/control"
	"assay/mockserver/worlds"
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

// edits tells of a contract whose last edit may be faulty.
type edits struct{ fault atomic.Value }

func (*edits) Read(file string) ([]byte, error) { return os.ReadFile(file) }
func (*edits) Loaded() time.Time                { return time.Unix(1, 0) }
func (*edits) Watched() bool                    { return true }
func (e *edits) Fault() error {
	err, _ := e.fault.Load().(error)
	return err
}

// One browser looks at all: starting it takes longer than looking.
func TestTheConsoleInABrowser(t *testing.T) {
	source := &edits{}
	d := open(t, func(o *control.Options, _ *worlds.Options) { o.Source = source })
	busy(d)
	tab := browser.Open(t)
	tab.Screen(1280, 800, "light")
	tab.Go(d.url + "/_assay/")
	tab.Await(`document.querySelectorAll(".entry").length === 9`)
	for _, look := range []struct {
		name string
		see  func(*testing.T, *desk, *browser.Tab)
	}{
		{"requests appear as they happen, with both sides and the rule", seeRequests},
		{"the keyboard is enough", useTheKeyboard},
		{"records are seen, changed and deleted", shapeState},
		{"tokens run out, and are made to", watchTokens},
		{"time is moved", moveTime},
		{"faults are planted", plantFaults},
		{"worlds are switched, forked and put back", switchWorlds},
		{"operations are tried out", tryOperations},
		{"what anybody sends stays text", isInert},
		{"it fits a phone", fitsAPhone},
		{"it asks nobody else, and its scripts do not complain", keepsToItself},
		{"a faulty edit is shown", func(t *testing.T, _ *desk, tab *browser.Tab) {
			source.fault.Store(errors.New("openapi.yaml:7: impact has no type"))
			tab.Await(`!document.getElementById("fault").hidden && document.getElementById("fault").textContent.includes("impact has no type")`)
		}},
	} {
		t.Run(look.name, func(t *testing.T) {
			tab.T = t
			look.see(t, d, tab)
		})
	}
	if *shots != "" {
		tab.T = t
		photograph(d, tab)
	}
}

func view(tab *browser.Tab, name string) {
	tab.T.Helper()
	tab.Run(fmt.Sprintf("void (location.hash = %q)", name))
}

func seeRequests(_ *testing.T, d *desk, tab *browser.Tab) {
	d.send("GET", "/ideas?seen=live", "")
	tab.Await(`document.querySelector(".entry").textContent.includes("seen=live")`)
	tab.Click(".entry", "got integer 11")
	tab.Await(`document.querySelector(".note").textContent.includes("Impact is an integer from 1 to 10.")`)
	tab.Await(`document.querySelector(".note").textContent.includes("idea pool document, line 295")`)
	tab.Await(`document.querySelector(".detail").textContent.includes("curl -i http")`)
	tab.Click(".entry", "⚠ 4")
	tab.Await(`document.querySelector(".note").textContent.includes('"8" was sent for 8')`)
	tab.Await(`document.querySelector(".detail").textContent.includes('"average_score": 6.0')`) // as it came, not as JavaScript has it
	tab.Click(".choice button", "Faults")
	tab.Await(`document.querySelectorAll(".entry").length === 1 && document.querySelector(".entry").textContent.includes("Prefer: code=503")`)
	tab.Click(".choice button", "All")
	tab.Click(".entry", "GET/me")
	tab.Click(".detail button", "Send again")
	tab.Await(`document.querySelectorAll(".entry").length === 11`)
}

func useTheKeyboard(_ *testing.T, _ *desk, tab *browser.Tab) {
	tab.Run(`document.activeElement.blur()`)
	for key, heading := range map[string]string{"2": "/ideas", "4": "The world's time", "6": "Snapshots"} {
		tab.Press(key)
		tab.Await(fmt.Sprintf("[...document.querySelectorAll('main h2')].some(e => e.textContent.includes(%q))", heading))
	}
	tab.Press("1")
	tab.Press("j")
	first := `[...document.querySelectorAll(".entry")].findIndex(e => e.ariaSelected === "true")`
	tab.Await(first + " >= 0")
	var before, after int
	tab.Run(first, &before)
	tab.Press("j")
	tab.Await(fmt.Sprintf("%s === %d", first, before+1))
	tab.Run(first, &after)
	tab.Press("/")
	tab.Await(`document.activeElement.type === "search"`)
	tab.Press("access-tokens")
	tab.Await(`document.querySelectorAll(".entry").length === 1`)
	tab.Run(`(e => { e.value = ""; e.dispatchEvent(new Event("input")); e.blur(); })(document.activeElement)`)
	tab.Press("?")
	tab.Await(`document.querySelector("dialog .keys")`)
	tab.Run(`document.querySelector("dialog").close()`)
}

func shapeState(_ *testing.T, d *desk, tab *browser.Tab) {
	view(tab, "state")
	tab.Click("tr.click", "A form that sends text")
	tab.Await(`document.querySelector("dialog textarea")`)
	tab.Run(`(a => { a.value = JSON.stringify({...JSON.parse(a.value), content: "changed by hand", impact: 1, ease: 2, confidence: 3}); })(document.querySelector("dialog textarea"))`)
	tab.Click("dialog button", "Save")
	tab.Await(`[...document.querySelectorAll("tr.click")].some(r => r.textContent.includes("changed by hand") && r.children[5].textContent === "2")`)
	d.do("getRecords", "", "collection=ideas").says(`"changed by hand"`)
	tab.Click("tr.click", "changed by hand")
	tab.Click("dialog button", "Delete")
	tab.Await(`!document.querySelector("main").textContent.includes("changed by hand")`)
	tab.Click("button", "Reset the world")
	tab.Click("dialog button", "Reset")
	tab.Await(`document.querySelector("main h2").textContent.includes("25 records")`)
}

func watchTokens(_ *testing.T, d *desk, tab *browser.Tab) {
	token := d.signIn()
	view(tab, "users")
	tab.Await(`document.querySelectorAll("[data-number]").length === 1 && /^9 m/.test(document.querySelector(".left").textContent)`)
	tab.Click("[data-number] button", "Expire")
	tab.Await(`document.querySelectorAll("[data-number]").length === 0`)
	d.send("GET", "/me", "", "X-Access-Token", token).has(401).says("expired")
	tab.Click("button", "5 s")
	tab.Await(`document.querySelector(".bignum").textContent.startsWith("5 s")`)
	d.do("getTokenLifetime", "").says(`"lifetime":5,`)
	tab.Click("button", "Contract's")
	tab.Await(`document.querySelector(".bignum").textContent.startsWith("10 m")`)
	tab.Click("button", "Get a token")
	tab.Await(`/^eyJ/.test(document.querySelector("dialog pre").textContent)`)
	tab.Run(`document.querySelector("dialog").close()`)
}

func moveTime(_ *testing.T, d *desk, tab *browser.Tab) {
	view(tab, "time")
	tab.Click("button", "+1 h")
	tab.Await(`document.querySelector("main").textContent.includes("1 h ahead of the machine's") || document.querySelector("main").textContent.includes("59 m")`)
	tab.Click("button", "Freeze")
	tab.Await(`document.querySelector("main").textContent.includes("It stands still")`)
	d.do("getClock", "").says(`"frozen":true`)
	tab.Click("button", "Back to the machine's time")
	tab.Await(`document.querySelector("main").textContent.includes("It is the machine's time.")`)
}

func plantFaults(_ *testing.T, d *desk, tab *browser.Tab) {
	view(tab, "faults")
	tab.Click(".card", "The next request fails")
	tab.Await(`document.querySelector("table.folds").textContent.includes("any request, once")`)
	d.send("GET", "/me", "").has(503)
	d.send("GET", "/me", "").has(401)
	tab.Run(`document.querySelector("details.sheet").open = true`)
	tab.Run(`(f => { f.operation.value = "listIdeas"; f.every.value = "3"; f.body.value = "malformed"; f.requestSubmit(); })(document.querySelector("form.form"))`)
	tab.Await(`document.querySelector("table.folds").textContent.includes("listIdeas, each 3rd")`)
	tab.Click("button", "Take all out")
	tab.Await(`document.querySelector("main").textContent.includes("Nothing is to go wrong")`)
}

func switchWorlds(t *testing.T, d *desk, tab *browser.Tab) {
	view(tab, "worlds")
	name := func(text, button string) {
		tab.Await(`document.querySelector("dialog input")`)
		tab.Run(fmt.Sprintf(`document.querySelector("dialog input").value = %q`, text))
		tab.Click("dialog button", button)
	}
	tab.Click("button", "Take one of default")
	name("clean", "Take it")
	tab.Await(`document.querySelector("main").textContent.includes("Put default back")`)
	tab.Click("button", "New…")
	name("test-1", "Make it")
	tab.Click("button", "Show")
	tab.Await(`document.getElementById("world").value === "test-1"`)
	d.in("test-1").send("GET", "/me?in=test-1", "")
	d.send("GET", "/me?in=default", "")
	view(tab, "requests")
	tab.Await(`document.querySelectorAll(".entry").length === 1 && document.querySelector(".entry").textContent.includes("in=test-1")`)
	tab.Click(".entry", "in=test-1")
	tab.Await(`document.querySelector(".detail").textContent.includes("X-Assay-World: test-1")`)
	d.in("test-1").do("clearRecords", "", "collection=ideas")
	view(tab, "worlds")
	tab.Click("button", "Put test-1 back")
	tab.Await(`[...document.querySelectorAll("tr")].find(r => r.textContent.startsWith("test-1")).textContent.includes("25")`)
	tab.Run(`(s => { s.value = "default"; s.dispatchEvent(new Event("change")); })(document.getElementById("world"))`)
	tab.Await(`[...document.querySelectorAll("tr")].find(r => r.textContent.startsWith("default")).ariaSelected === "true"`)
}

// tryOperations uses the documentation as a person does: open an operation, execute it.
func tryOperations(t *testing.T, d *desk, tab *browser.Tab) {
	view(tab, "api")
	docs := `document.querySelector("iframe").contentDocument`
	tab.Await(docs + `?.body?.dataset.signed`)
	tab.Run(docs + `.querySelector("[id$=-createIdea] .opblock-summary-control").click()`)
	tab.Await(docs + `.querySelector("[id$=-createIdea] .execute")`)
	tab.Run(docs + `.querySelector("[id$=-createIdea] .execute").click()`)
	tab.Await(`[...` + docs + `.querySelectorAll("[id$=-createIdea] .live-responses-table .response-col_status")].some(e => e.textContent.startsWith("201"))`)
	d.do("getJournal", "", "limit=1").says(`"operation":"createIdea"`).says(`"status":201`)
}

func isInert(t *testing.T, d *desk, tab *browser.Tab) {
	const attack = `</script><img src=x onerror="document.title='hacked'"><svg onload="document.title='hacked'">`
	token := d.signIn()
	d.send("POST", "/ideas", fmt.Sprintf(`{"content":%q,"impact":1,"ease":1,"confidence":1}`, attack), "X-Access-Token", token, "X-"+strings.Repeat("a", 5), attack).has(201)
	d.send("GET", "/ideas?q=%3Cimg%20src=x%20onerror=alert(1)%3E", "", "X-Access-Token", attack)
	d.do("addFault", fmt.Sprintf(`{"name":%q,"status":503}`, attack))
	for _, v := range []string{"requests", "state", "faults"} {
		view(tab, v)
		tab.Run("new Promise(r => setTimeout(r, 300))")
	}
	view(tab, "requests")
	tab.Click(".entry", "POST/ideas")
	tab.Await(`document.querySelector(".detail").textContent.includes("onerror=")`)
	tab.Await(`document.title !== "hacked" && !document.querySelector("main img, main script, [onerror], [onload]")`)
	d.do("clearFaults", "")
}

func fitsAPhone(t *testing.T, _ *desk, tab *browser.Tab) {
	tab.Screen(390, 844, "dark")
	for _, v := range []string{"requests", "requests/4", "state", "users", "time", "faults", "worlds", "api"} {
		view(tab, v)
		tab.Run("new Promise(r => setTimeout(r, 400))")
		var wide float64
		if tab.Run("document.documentElement.scrollWidth", &wide); wide > 390 {
			t.Errorf("%s is %v pixels wide", v, wide)
		}
	}
	tab.Screen(1280, 800, "light")
	view(tab, "requests")
}

func keepsToItself(t *testing.T, d *desk, tab *browser.Tab) {
	asked := tab.Asked()
	for _, address := range asked {
		if !strings.HasPrefix(address, d.url+"/") && !strings.HasPrefix(address, "data:") {
			t.Errorf("the page asked for %s", address)
		}
	}
	if len(asked) < 20 {
		t.Errorf("only %d addresses were asked for, so little was looked at", len(asked))
	}
	if complaints := tab.Complaints(); len(complaints) > 0 {
		t.Errorf("%q", complaints)
	}
}

// photograph takes pictures of every view, in each of the colours and widths.
func photograph(d *desk, tab *browser.Tab) {
	d.do("clearJournal", "")
	busy(d)
	d.do("takeSnapshot", `{"name":"three-ideas"}`)
	d.do("createWorld", `{"name":"test-signup"}`)
	d.do("createWorld", `{"name":"test-expiry","snapshot":"three-ideas"}`)
	d.do("addFault", `{"operation":"listIdeas","delay":"1s..3s","every":2}`)
	d.do("addFault", `{"operation":"refresh","refuse":"credentials","times":1}`)
	tab.Go(d.url + "/_assay/#faults")
	for _, width := range []int64{1280, 390} {
		for _, colours := range []string{"light", "dark"} {
			tab.Screen(width, 820, colours)
			for _, name := range []string{"requests", "requests/refused", "state", "users", "time", "faults", "worlds", "api"} {
				view(tab, strings.TrimSuffix(name, "/refused"))
				switch name {
				case "api":
					tab.Await(`document.querySelector("iframe").contentDocument?.body?.dataset.signed`)
				case "requests/refused":
					tab.Click(".entry", "got integer 11")
				}
				tab.Run("new Promise(r => setTimeout(r, 500))")
				tab.Shoot(filepath.Join(*shots, fmt.Sprintf("%s-%d-%s.png", strings.ReplaceAll(name, "/", "-"), width, colours)))
			}
		}
	}
}

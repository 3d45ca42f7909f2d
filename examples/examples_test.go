// Package examples_test uses the example pages as people do, in a browser,
// against the mock that the command serves.
package examples_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"assay/internal/browser"
)

var shots = flag.String("shots", "", "write screenshots of the pages into this folder")

// A stage is a mock and a page that uses it.
type stage struct {
	t    *testing.T
	api  string
	page string
}

func set(t *testing.T) *stage {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/assay", "./serve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	api := start(t, bin, "assay", "mock", "-c", "idea-pool", "--port", "0", "--quiet", "--key-bits", "1024")
	pages := start(t, bin, "serve", "0")
	return &stage{t, api, pages + "?api=" + url.QueryEscape(api)}
}

// start runs a program until the test ends, and returns the first address that it prints.
func start(t *testing.T, bin, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Dir = ".."
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	address := regexp.MustCompile(`http://localhost:\d+\S*`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := address.FindString(lines.Text()); found != "" {
			go io.Copy(io.Discard, out)
			return found
		}
	}
	t.Fatalf("%s ended without an address", name)
	return ""
}

// control sends a request to the control API.
func (s *stage) control(method, path, body string, into ...any) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.api+"/_assay"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 400 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, text, err)
	}
	for _, v := range into {
		if err := json.Unmarshal(text, v); err != nil {
			s.t.Fatal(err)
		}
	}
}

// asked returns what was asked of the mock since the journal was cleared, as "operation status", sorted.
func (s *stage) asked() []string {
	s.t.Helper()
	var entries []struct {
		Operation string
		Status    int
	}
	s.control("GET", "/journal", "", &entries)
	var asked []string
	for _, e := range entries {
		if e.Operation != "" { // a preflight has none
			asked = append(asked, fmt.Sprintf("%s %d", e.Operation, e.Status))
		}
	}
	slices.Sort(asked)
	return asked
}

func (s *stage) expect(what ...string) {
	s.t.Helper()
	slices.Sort(what)
	if got := s.asked(); !slices.Equal(got, what) {
		s.t.Errorf("the page asked for\n  %s\nand not for\n  %s", strings.Join(got, ", "), strings.Join(what, ", "))
	}
}

const (
	email    = "ada@example.com"
	password = "Difference-1"
)

// One browser goes through it all, as one user does on one day.
func TestTheIdeaPoolPage(t *testing.T) {
	s := set(t)
	tab := browser.Open(t)
	tab.Screen(1000, 900, "light")
	tab.Go(s.page)
	for _, act := range []struct {
		name string
		play func(*stage, *browser.Tab)
	}{
		{"a stranger is asked in", askedIn},
		{"an account is created", signUp},
		{"an idea is added, changed and deleted", write},
		{"a reload signs nobody out", reload},
		{"ideas are paged through", turnPages},
		{"an expired token is renewed once, whoever asks", expire},
		{"a slow server is told of", wait},
		{"a failure is told of, and tried again", failAndRetry},
		{"what was typed outlives a failure", failToSave},
		{"answers that are broken are told of", brokenAnswers},
		{"a server that is broken ends no session", brokenRefresh},
		{"a session that is over leads to the log-in form, and back", endSession},
		{"what was being written outlives the session, for its writer", keepDraft},
		{"the keyboard is enough", useTheKeyboard},
		{"what anybody writes stays text", isInert},
		{"it fits a phone", fitsAPhone},
		{"somebody logs out", logOut},
		{"a server that is not there is told of", unreachable},
		{"it asks nobody else, and its scripts do not complain", keepsToItself},
	} {
		if !t.Run(act.name, func(t *testing.T) {
			tab.T, s.t = t, t
			act.play(s, tab)
		}) {
			t.Fatal("what follows rests on it")
		}
	}
}

// sees waits until the page shows a text.
func sees(tab *browser.Tab, text string) {
	tab.T.Helper()
	tab.Await(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// fill fills the form that is seen, and sends it as its button does.
func fill(tab *browser.Tab, fields ...string) {
	tab.T.Helper()
	const form = `[...document.querySelectorAll("form")].findLast(f => f.checkVisibility())`
	tab.Await(form)
	for i := 0; i+1 < len(fields); i += 2 {
		tab.Run(fmt.Sprintf("void (%s.elements[%q].value = %q)", form, fields[i], fields[i+1]))
	}
	tab.Run(form + `.querySelector("button.main").click()`)
}

// shoot takes a picture, if any are wanted.
func shoot(tab *browser.Tab, name string) {
	if *shots != "" {
		tab.T.Helper()
		tab.Shoot(filepath.Join(*shots, name+".png"))
	}
}

const focused = `document.activeElement`

func askedIn(_ *stage, tab *browser.Tab) {
	tab.Await(focused + `.name === "email" && document.getElementById("log-in").checkVisibility()`)
	shoot(tab, "log-in-light")
	fill(tab, "email", email, "password", password)
	tab.Await(`document.querySelector("#log-in .failure").textContent !== ""`)
	tab.Await(`document.querySelector("#log-in .failure").role === "alert"`)
}

func signUp(s *stage, tab *browser.Tab) {
	tab.Click("button", "Create one")
	tab.Await(focused + `.name === "name"`)
	tab.Await(`document.querySelector("#sign-up [name=email]").value === "` + email + `"`) // typed once is enough
	fill(tab, "name", "Ada Lovelace", "password", "difference")
	tab.Await(`document.querySelector("#sign-up [name=password]").matches(":user-invalid")`)
	shoot(tab, "sign-up-light")
	s.control("DELETE", "/journal", "")
	fill(tab, "password", password)
	sees(tab, "No ideas yet")
	sees(tab, "Ada Lovelace")
	s.expect("signUp 201", "listIdeas 200", "me 200")
}

func write(s *stage, tab *browser.Tab) {
	tab.Click("button", "New idea")
	tab.Await(focused + `.name === "content"`)
	fill(tab, "content", "A machine that computes", "impact", "10", "ease", "1", "confidence", "7")
	sees(tab, "Saved, with an average of 6.0.")
	tab.Await(focused + `.ariaLabel === "Edit: A machine that computes"`)
	tab.Run(focused + `.click()`)
	fill(tab, "content", "A machine that weaves numbers", "ease", "4")
	sees(tab, "Saved, with an average of 7.0.")
	sees(tab, "A machine that weaves numbers")
	tab.Click("[data-do=delete]", "")
	sees(tab, "Delete this idea?")
	shoot(tab, "delete-light")
	fill(tab)
	sees(tab, "Deleted.")
	sees(tab, "No ideas yet")
	tab.Await(focused + `.id === "pool-title"`)
}

func reload(s *stage, tab *browser.Tab) {
	s.control("DELETE", "/journal", "")
	tab.Go(s.page)
	sees(tab, "No ideas yet")
	sees(tab, "Ada Lovelace")
	s.expect("listIdeas 200", "me 200")
}

func turnPages(s *stage, tab *browser.Tab) {
	for i := range 12 {
		s.control("POST", "/collections/ideas/records", fmt.Sprintf(`{"owner":%q,"doc":{"content":"Idea number %d","impact":%d,"ease":5,"confidence":5}}`, email, i+1, 10-i/2))
	}
	tab.Go(s.page)
	tab.Await(`document.querySelectorAll("#list li").length === 10`)
	tab.Await(`document.getElementById("previous").disabled`)
	shoot(tab, "list-light")
	tab.Click("nav button", "Next")
	sees(tab, "Page 2")
	tab.Await(`document.querySelectorAll("#list li").length === 2 && document.getElementById("next").disabled`)
	sees(tab, "Idea number 12")
	tab.Await(focused + `.id === "pool-title"`)
}

// A token lives ten minutes. Where one of the same second was made to expire,
// the next lives a second more, or it would be that same one.
const later = `{"advance":"11m"}`

// The page asks for two things side by side. Each finds out for itself that the
// token is no good any more: both at once, or one when the other has a new token.
func expire(s *stage, tab *browser.Tab) {
	for _, out := range []struct{ method, path, body, fault string }{
		{"PATCH", "/clock", later, `{"operation":"refresh","delay":"500ms","times":1}`},
		{"POST", "/tokens/expire", ``, `{"operation":"me","delay":"500ms","times":1}`},
	} {
		s.control(out.method, out.path, out.body)
		s.control("POST", "/faults", out.fault)
		s.control("DELETE", "/journal", "")
		tab.Go(s.page)
		tab.Await(`document.querySelectorAll("#list li").length === 10`)
		sees(tab, "Ada Lovelace")
		s.expect("listIdeas 401", "me 401", "refresh 200", "listIdeas 200", "me 200")
	}
	s.control("PATCH", "/clock", later)
	s.control("DELETE", "/journal", "")
	tab.Click("nav button", "Next")
	sees(tab, "Page 2")
	s.expect("listIdeas 401", "refresh 200", "listIdeas 200")
}

func wait(s *stage, tab *browser.Tab) {
	s.control("POST", "/faults", `{"operation":"listIdeas","delay":"2500ms","times":1}`)
	tab.Click("nav button", "Previous")
	tab.Await(`document.querySelector("#list .waiting").textContent === "Still waiting for the server…" && document.getElementById("list").ariaBusy === "true"`)
	sees(tab, "Page 2") // what was there stays
	shoot(tab, "waiting-light")
	sees(tab, "Page 1")
	tab.Await(`document.querySelector("#list .waiting").textContent === "" && !document.getElementById("list").ariaBusy`)
}

func failAndRetry(s *stage, tab *browser.Tab) {
	s.control("POST", "/faults", `{"operation":"listIdeas","status":503,"retry_after":2,"times":1}`)
	tab.Click("nav button", "Next")
	sees(tab, "The server has a problem (503). It asks to wait 2 seconds.")
	sees(tab, "Page 1")
	shoot(tab, "failure-light")
	tab.Click("[role=alert] button", "Try again")
	sees(tab, "Page 2")
	tab.Await(`document.querySelector("#list .failure").childNodes.length === 0`)
}

func failToSave(s *stage, tab *browser.Tab) {
	s.control("POST", "/faults", `{"operation":"createIdea","status":503,"times":1}`)
	s.control("DELETE", "/journal", "")
	tab.Click("button", "New idea")
	fill(tab, "content", "Ask again only when told to", "impact", "2", "ease", "2", "confidence", "2")
	sees(tab, "The server has a problem (503).")
	tab.Await(`document.querySelector("#editor").open && document.querySelector("#editor [name=content]").value === "Ask again only when told to"`)
	shoot(tab, "editor-failure-light")
	fill(tab)
	sees(tab, "Saved, with an average of 2.0.")
	tab.Await(`!document.querySelector("#editor").open`)
	sees(tab, "Ask again only when told to")
	s.expect("createIdea 503", "createIdea 201", "listIdeas 200")
}

func brokenAnswers(s *stage, tab *browser.Tab) {
	for fault, says := range map[string]string{
		`"body":"malformed","times":1`:   "The server's answer makes no sense.",
		`"body":"empty","times":1`:       "The server's answer makes no sense.",
		`"body":"truncated","times":1`:   "The answer broke off.",
		`"connection":"reset","times":2`: "cannot be reached", // Chromium asks again by itself when a kept connection breaks
	} {
		s.control("POST", "/faults", `{"operation":"listIdeas",`+fault+`}`)
		tab.Click("nav button", "Previous")
		sees(tab, says)
		tab.Click("[role=alert] button", "Try again")
		sees(tab, "Page 1")
		tab.Click("nav button", "Next")
		sees(tab, "Page 2")
	}
}

func brokenRefresh(s *stage, tab *browser.Tab) {
	s.control("POST", "/tokens/expire", "")
	s.control("POST", "/faults", `{"operation":"refresh","status":503,"times":1}`)
	tab.Click("nav button", "Previous")
	sees(tab, "The server has a problem (503).")
	s.control("POST", "/faults", `{"operation":"refresh","body":"wrong-type","times":1}`)
	tab.Click("[role=alert] button", "Try again")
	sees(tab, "The server's answer makes no sense.")
	tab.Click("[role=alert] button", "Try again")
	sees(tab, "Page 1")
}

func endSession(s *stage, tab *browser.Tab) {
	tab.Click("nav button", "Next")
	sees(tab, "Page 2")
	s.control("POST", "/tokens/expire", "")
	s.control("POST", "/faults", `{"operation":"refresh","refuse":"credentials","times":1}`)
	s.control("DELETE", "/journal", "")
	tab.Click("nav button", "Previous")
	sees(tab, "Your session has ended. Please log in again.")
	s.expect("listIdeas 401", "refresh 409")
	tab.Await(`!document.getElementById("pool").checkVisibility() && sessionStorage.length === 0 && ` + focused + `.name === "email"`)
	shoot(tab, "ended-light")
	fill(tab, "email", email, "password", password)
	sees(tab, "Page 2")
	sees(tab, "Ada Lovelace")
}

func keepDraft(s *stage, tab *browser.Tab) {
	write := func(text string) {
		s.control("POST", "/tokens/expire", "")
		s.control("POST", "/faults", `{"operation":"refresh","refuse":"credentials","times":1}`)
		tab.Click("button", "New idea")
		fill(tab, "content", text, "impact", "3", "ease", "3", "confidence", "3")
		sees(tab, "Your session has ended.")
		tab.Await(`!document.getElementById("editor").open`)
	}
	write("A word that outlives the session")
	fill(tab, "email", email, "password", password)
	tab.Await(`document.getElementById("editor").open && document.querySelector("#editor [name=content]").value === "A word that outlives the session"`)
	fill(tab)
	sees(tab, "Saved, with an average of 3.0.")
	write("A word for nobody else")
	tab.Click("button", "Create one")
	fill(tab, "name", "Charles Babbage", "email", "charles@example.com", "password", password)
	sees(tab, "No ideas yet")
	sees(tab, "Charles Babbage")
	tab.Await(`!document.getElementById("editor").open`)
	tab.Click("button", "Log out")
	fill(tab, "email", email, "password", password)
	sees(tab, "Ada Lovelace")
	tab.Await(`!document.getElementById("editor").open && document.querySelectorAll("#list li").length === 10`)
}

func useTheKeyboard(_ *stage, tab *browser.Tab) {
	tab.Run(`document.getElementById("add").focus()`)
	tab.Press("\r")
	tab.Await(`document.querySelector("#editor").open && ` + focused + `.name === "content"`)
	tab.Press("Keys alone")
	tab.Press("\t")
	tab.Await(focused + `.name === "impact"`)
	tab.Press("9")
	tab.Press("\r")
	tab.Await(`!document.querySelector("#editor").open`)
	sees(tab, "Saved, with an average of 6.3.")
	tab.Run(`document.getElementById("add").focus()`)
	tab.Press("\r")
	tab.Await(`document.querySelector("#editor").open`)
	tab.Press("\x1b")
	tab.Await(`!document.querySelector("#editor").open && ` + focused + `.id === "add"`)
	var nameless []string
	tab.Run(`[...document.querySelectorAll("button, input, textarea")].filter(e => e.checkVisibility() && !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)`, &nameless)
	if len(nameless) > 0 {
		tab.T.Errorf("nothing tells what these are: %v", nameless)
	}
}

func isInert(_ *stage, tab *browser.Tab) {
	const attack = `<img src=x onerror="document.title='hacked'">`
	tab.Click("button", "New idea")
	fill(tab, "content", attack, "impact", "10", "ease", "10", "confidence", "10")
	sees(tab, attack)
	tab.Await(`document.title === "My Idea Pool" && !document.querySelector("main img")`)
}

func fitsAPhone(_ *stage, tab *browser.Tab) {
	tab.Screen(390, 844, "dark")
	fits(tab, "list")
	tab.Click("button", "New idea")
	tab.Await(`document.querySelector("#editor").open`)
	fits(tab, "editor")
	tab.Click("#editor button", "Cancel")
	tab.Screen(1000, 900, "dark")
	shoot(tab, "list-dark")
}

// fits looks for what is wider than the screen.
func fits(tab *browser.Tab, what string) {
	tab.T.Helper()
	var wide []string
	tab.Run(`[...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))`, &wide)
	if len(wide) > 0 {
		tab.T.Errorf("%s: wider than the screen: %v", what, wide)
	}
	shoot(tab, what+"-phone-dark")
}

func logOut(s *stage, tab *browser.Tab) {
	s.control("PATCH", "/clock", later)
	s.control("DELETE", "/journal", "")
	tab.Await(`document.getElementById("log-out").checkVisibility()`)
	tab.Run(`(b => { b.click(); b.click(); })(document.getElementById("log-out"))`) // as impatient people do
	sees(tab, "You have logged out.")
	s.expect("logOut 401", "refresh 200", "logOut 204")
	tab.Await(`sessionStorage.length === 0 && !document.body.innerText.includes("Ada") && !document.body.innerText.includes("Idea number")`)
	tab.Await(`[...document.querySelectorAll("[type=password]")].every(e => e.value === "")`)
	tab.Screen(390, 844, "dark")
	fits(tab, "log-in")
}

func unreachable(s *stage, tab *browser.Tab) {
	address, _, _ := strings.Cut(s.page, "?")
	tab.Go(address + "?api=http://localhost:1")
	fill(tab, "email", email, "password", password)
	sees(tab, "http://localhost:1 cannot be reached.")
}

func keepsToItself(_ *stage, tab *browser.Tab) {
	for _, address := range tab.Asked() {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() != "localhost" && u.Scheme != "data" {
			tab.T.Errorf("it asked for %s", address)
		}
	}
	if complaints := tab.Complaints(); len(complaints) > 0 {
		tab.T.Errorf("scripts complain: %v", complaints)
	}
	if n := len(tab.Asked()); n < 50 {
		tab.T.Errorf("only %d requests were seen: nobody was looking", n)
	}
}

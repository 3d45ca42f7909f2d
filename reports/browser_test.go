package reports_test

import (
	"context"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"assay/reports"
)

var shots = flag.String("shots", "", "write screenshots of the HTML report into this folder")

// A tab is a page of a headless Chromium, and what it did.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	asked      []string // addresses
	complaints []string // of scripts, on the console
}

// newTab starts a Chromium, or skips where there is none.
func newTab(t *testing.T) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" || testing.Short() {
		t.Skip("no Chromium to look with")
	}
	ctx, end := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(end)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	tab := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.heard); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, call(network.Enable, network.EnableParams{})); err != nil {
		t.Fatal(err)
	}
	return tab
}

func (tab *tab) heard(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.asked = append(tab.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		tab.complaints = append(tab.complaints, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		tab.complaints = append(tab.complaints, string(e.Type))
	}
}

func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

func (tab *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	if err := chromedp.Do(tab.ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// get runs an action for its value.
func get[T any](tab *tab, action chromedp.Action[T]) T {
	tab.t.Helper()
	value, err := chromedp.Run(tab.ctx, action)
	if err != nil {
		tab.t.Fatal(err)
	}
	return value
}

func (tab *tab) look(width int64, scheme, page string) {
	tab.t.Helper()
	tab.do(
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		chromedp.EmulateViewport(width, 844),
		chromedp.Navigate(page),
	)
}

// opened writes the page to a file and returns its address.
func opened(t *testing.T, run *reports.Run) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(file, written(t, reports.HTML, run, reports.Options{Saved: "reports/out/run.json"}), 0o644); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}

const unfold = `document.querySelectorAll("details").forEach(d => d.open = true)`

// One browser looks at all: starting it takes longer than looking.
func TestThePageInABrowser(t *testing.T) {
	looks := []struct {
		name string
		test func(*testing.T, *tab)
	}{
		{"fits a phone and asks the network for nothing", fitsAndAsksForNothing},
		{"can be read by what reads pages aloud", isAccessible},
		{"is searched, filtered and linked into", isSearchedAndFiltered},
		{"holds whatever a target answers as text", isInert},
	}
	tab := newTab(t)
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			tab.t = t
			look.test(t, tab)
		})
	}
}

func fitsAndAsksForNothing(t *testing.T, tab *tab) {
	schemes := []string{"light"}
	if *shots != "" {
		schemes = []string{"light", "dark"}
	}
	for _, f := range fixtures {
		page := opened(t, f.run())
		for _, width := range []int64{1280, 390} {
			for _, scheme := range schemes {
				tab.look(width, scheme, page)
				if *shots != "" {
					tab.shoot(f.name, width, scheme)
				}
				if wide := get(tab, chromedp.Evaluate[float64](unfold+`; document.documentElement.scrollWidth`)); wide > float64(width) {
					t.Errorf("%s: the page is %v pixels wide on a screen of %d", f.name, wide, width)
				}
			}
		}
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	for _, address := range tab.asked {
		if !strings.HasPrefix(address, "file:") && !strings.HasPrefix(address, "data:") {
			t.Errorf("the page asked for %s", address)
		}
	}
	if len(tab.asked) == 0 {
		t.Error("nothing was asked for, so nothing was looked at")
	}
	if len(tab.complaints) > 0 {
		t.Errorf("the page's script complained: %v", tab.complaints)
	}
}

func (tab *tab) shoot(name string, width int64, scheme string) {
	tab.t.Helper()
	size := map[int64]string{1280: "wide", 390: "phone"}[width]
	for _, part := range []struct {
		name string
		take func() []byte
	}{
		{"first", func() []byte { return get(tab, chromedp.CaptureScreenshot()) }},
		{"whole", func() []byte { return get(tab, chromedp.FullScreenshot(100)) }},
		{"open", func() []byte {
			tab.do(chromedp.Evaluate[chromedp.Void](unfold))
			return get(tab, chromedp.FullScreenshot(100))
		}},
	} {
		file := filepath.Join(*shots, strings.Join([]string{name, part.name, scheme, size}, "-")+".png")
		if err := os.WriteFile(file, part.take(), 0o644); err != nil {
			tab.t.Fatal(err)
		}
	}
}

func isAccessible(t *testing.T, tab *tab) {
	for _, f := range fixtures {
		tab.look(1280, "light", opened(t, f.run()))
		faults := get(tab, chromedp.Evaluate[[]string](`(() => {
			const faults = [];
			for (const landmark of ["header", "nav", "main", "footer", "h1"])
				if (document.querySelectorAll("body > " + landmark + ", body > header > " + landmark).length !== 1) faults.push("not one " + landmark);
			let level = 0;
			for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
				const n = Number(h.tagName[1]);
				if (n > level + 1) faults.push("a heading skips a level: " + h.textContent);
				level = n;
			}
			for (const e of document.querySelectorAll("button, a, summary"))
				if (!e.textContent.trim() && !e.closest("[aria-hidden=true]")) faults.push("nothing names " + e.outerHTML);
			for (const e of document.querySelectorAll("input"))
				if (!document.querySelector("label[for=" + e.id + "]")) faults.push("no label for " + e.outerHTML);
			for (const e of document.querySelectorAll("[aria-labelledby]"))
				if (!document.getElementById(e.getAttribute("aria-labelledby"))) faults.push("nothing labels " + e.tagName);
			for (const a of document.querySelectorAll("a[href]")) {
				const href = a.getAttribute("href");
				if (!href.startsWith("#") || !document.getElementById(href.slice(1))) faults.push("a link leads nowhere: " + href);
			}
			const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
			if (new Set(ids).size !== ids.length) faults.push("two elements share an id");
			if (document.documentElement.lang !== "en") faults.push("no language is named");
			return faults;
		})()`))
		for _, fault := range faults {
			t.Errorf("%s: %s", f.name, fault)
		}
	}
}

func isInert(t *testing.T, tab *tab) {
	const attack = `</script></style></title></textarea>--><script>document.title="hacked"</script><img src=x onerror="document.title='hacked'"><svg onload="document.title='hacked'">{{.}}` + "`${alert(1)}`" + `javascript:alert(1)"'><a href="javascript:document.title='hacked'">`
	tab.look(1280, "light", opened(t, hostileRun(attack)))
	if title := get(tab, chromedp.Title()); strings.Contains(title, "hacked") {
		t.Errorf("a script of the target ran: the title is %q", title)
	}
	found := get(tab, chromedp.Evaluate[int](`document.querySelectorAll("script").length - 1 + document.querySelectorAll("img, iframe, object, embed, [onerror], [onload], a[href^='javascript:']").length`))
	if found != 0 {
		t.Errorf("the page holds %d elements that the target wrote", found)
	}
	if shown := get(tab, chromedp.Evaluate[bool](`document.body.textContent.includes("<img src=x onerror=")`)); !shown {
		t.Error("what the target answered is not shown")
	}
}

func isSearchedAndFiltered(t *testing.T, tab *tab) {
	page := opened(t, brokenRun())
	tab.look(1280, "light", page)
	visible := `[...document.querySelectorAll(".finding")].filter(e => !e.hidden).map(e => e.id).join(" ")`
	for _, c := range []struct{ name, act, want string }{
		{"before anything is done", ``, "finding-2 finding-6 finding-4 finding-1 finding-3 finding-7 finding-5"},
		{"a word", `type("avatar_url")`, "finding-6"},
		{"two words, in any order and case", `type("MEMBER confidence")`, "finding-3"},
		{"a verdict", `type(""); press("crashed")`, "finding-4"},
		{"two verdicts", `press("advised")`, "finding-2 finding-4 finding-5"},
		{"escape takes all filters away", `document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}))`, "finding-2 finding-6 finding-4 finding-1 finding-3 finding-7 finding-5"},
	} {
		got := get(tab, chromedp.Evaluate[string](`(() => {
			const type = (s) => { const i = document.getElementById("search"); i.value = s; i.dispatchEvent(new Event("input")); };
			const press = (k) => document.querySelector('.chip[data-show="' + k + '"]').click();
			`+c.act+`; return `+visible+`; })()`))
		if got != c.want {
			t.Errorf("%s: %q is shown, want %q", c.name, got, c.want)
		}
	}
	tab.do(chromedp.Navigate(page + "#scenario-4"))
	if open := get(tab, chromedp.Evaluate[bool](`document.getElementById("scenario-4").open`)); !open {
		t.Error("a link to a folded scenario does not unfold it")
	}
}

// hostileRun is the broken run with every text that a target can choose replaced.
func hostileRun(attack string) *reports.Run {
	run := brokenRun()
	for _, f := range run.Findings {
		f.Actual, f.Expected = attack, attack
		for _, e := range f.Chain {
			e.Failure, e.Request.Body, e.Request.URL = attack, attack, run.Target+"/"+attack
			e.Request.Header["X-"+attack] = []string{attack}
			if e.Response != nil {
				e.Response.Body, e.Response.Proto = attack, attack
				e.Response.Header.Set("Content-Type", attack)
				e.Response.Header["X-Odd"] = []string{attack}
			}
		}
	}
	for _, s := range run.Scenarios {
		s.Name, s.Because = s.Name+attack, attack
		for i := range s.Steps {
			s.Steps[i].Because = attack
		}
	}
	for i := range run.Rules {
		run.Rules[i].Because = attack
	}
	run.Remarks = []reports.Remark{{Operation: attack, Text: attack, Times: 2}}
	run.Profile = []reports.Trait{{Topic: attack, Choice: attack}}
	run.Coverage = append(run.Coverage, reports.Coverage{Operation: attack, Method: attack, Path: attack, Statuses: map[string]int{attack: 1}})
	run.Looks = &reports.Resemblance{Fault: attack, Score: 1}
	run.Target = attack
	run.Unreachable = attack
	run.Contract.Title = "Idea Pool"
	return run
}

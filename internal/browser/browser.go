// Package browser lets tests look at pages with a real one: a headless
// Chromium that is found on the machine.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
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
)

// Names that Chromium goes by, the likeliest first.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// Path finds the browser; empty when there is none. CHROMIUM names another.
func Path() string {
	for _, name := range append([]string{os.Getenv("CHROMIUM")}, names...) {
		if name == "" {
			continue
		}
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// A Tab is a page of a browser of its own, and what happened in it.
type Tab struct {
	T   testing.TB
	ctx context.Context

	mu         sync.Mutex
	asked      []string // addresses
	complaints []string // errors of scripts, and what the console was told of errors
}

// Open starts a browser with one tab. A test that needs it fails where there
// is none: what is not looked at is not known to work.
func Open(t testing.TB, flags ...chromedp.ExecAllocatorOption) *Tab {
	t.Helper()
	path := Path()
	if path == "" {
		t.Fatalf("there is no Chromium to look with: install one (on Debian: apt-get install chromium), or name it in CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), append(options, flags...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	tab := &Tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, tab.heard); err != nil {
		t.Fatal(err)
	}
	call(tab, network.Enable, network.EnableParams{})
	return tab
}

func (tab *Tab) heard(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		tab.asked = append(tab.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		tab.complaints = append(tab.complaints, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			tab.complaints = append(tab.complaints, strings.Join(words, " "))
		}
	}
}

func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) {
	tab.T.Helper()
	tab.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	}))
}

// longest is how long anything in a tab may take.
const longest = time.Minute

func (tab *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.T.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, longest)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.T.Fatal(err)
	}
}

// Screen sets the width of the screen in pixels, and the colours: "light" or "dark".
func (tab *Tab) Screen(width, height int64, colours string) {
	tab.T.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	tab.do(chromedp.EmulateViewport(width, height))
}

// Go opens an address.
func (tab *Tab) Go(address string) {
	tab.T.Helper()
	tab.do(chromedp.Navigate(address))
}

// Run runs a script, which may await, and decodes its value into each of the given places.
func (tab *Tab) Run(script string, into ...any) {
	tab.T.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, longest)
	defer cancel()
	wrapped := "(async () => JSON.stringify((await (" + script + ")) ?? null))()"
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](wrapped, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.T.Fatalf("%s: %v", script, err)
	}
	for _, v := range into {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			tab.T.Fatalf("%s: %v in %s", script, err, text)
		}
	}
}

// Await waits until a script's value is true.
func (tab *Tab) Await(script string) {
	tab.T.Helper()
	end := time.Now().Add(20 * time.Second)
	for {
		var is bool
		tab.Run("(() => { try { return !!("+script+") } catch { return false } })()", &is) // what is not there yet
		if is {
			return
		}
		if time.Now().After(end) {
			var text string
			tab.Run("document.body.innerText.slice(0, 3000)", &text)
			tab.T.Fatalf("it never came to %s; the page shows:\n%s\nits scripts complain: %v", script, text, tab.Complaints())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Click clicks the first visible element of a selector that holds a text.
func (tab *Tab) Click(selector, text string) {
	tab.T.Helper()
	find := fmt.Sprintf("[...document.querySelectorAll(%q)].find(e => e.checkVisibility() && !e.disabled && e.textContent.includes(%q))", selector, text)
	tab.Await(find)
	tab.Run(find + ".click()")
}

// Press presses keys, as somebody at the keyboard does.
func (tab *Tab) Press(keys string) {
	tab.T.Helper()
	tab.do(chromedp.KeyEvent(keys))
}

// Shoot writes what the screen shows into a PNG file.
func (tab *Tab) Shoot(file string) {
	tab.T.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, longest)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = os.WriteFile(file, picture, 0o644)
		}
	}
	if err != nil {
		tab.T.Fatal(err)
	}
}

// Asked returns the addresses that the tab asked for.
func (tab *Tab) Asked() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.asked...)
}

// Complaints returns what scripts complained of.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.complaints...)
}

// Forget forgets what was asked for and complained of.
func (tab *Tab) Forget() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.asked, tab.complaints = nil, nil
}

// Package reload takes up the edits of a contract while it is served.
//
// It looks at the contract's files, and at those they refer to, a few times a
// second. That costs a handful of stat calls and works on every file system:
// on network and container mounts, and through every editor's way to save,
// where notifications of the kernel do not always come.
package reload

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"assay/contract"
)

// pause between two looks; an edit is to be served within a second.
const pause = 200 * time.Millisecond

// retries is after how many looks a faulty contract is read again although its
// known files are the same: it may wait for a file that is not there yet.
const retries = 5

// A Watcher follows the files of one contract. It is safe for concurrent use.
type Watcher struct {
	load  func() (*contract.Contract, error)
	apply func(*contract.Contract) error

	mu     sync.Mutex
	files  []string // of the edition that is served
	seen   string   // what they looked like when they were read last
	loaded time.Time
	fault  error
}

// New returns a watcher of a contract that was read just now. Load reads it
// again, apply serves what was read.
func New(c *contract.Contract, load func() (*contract.Contract, error), apply func(*contract.Contract) error) *Watcher {
	return &Watcher{load: load, apply: apply, files: c.Files, seen: look(c.Files), loaded: time.Now()}
}

// Run looks until the context ends. Tell hears of every edition that is served
// from now on (nil), and of every one that is not, with the reason.
func (w *Watcher) Run(ctx context.Context, tell func(fault error)) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for looks := 0; ; looks++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if changed, fault := w.Check(looks%retries == 0); changed {
				tell(fault)
			}
		}
	}
}

// Check looks once. A faulty contract is read again when asked to, though no
// file has changed. It reports whether there is something new to tell.
func (w *Watcher) Check(again bool) (changed bool, fault error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := look(w.files)
	if now == w.seen && (w.fault == nil || !again) {
		return false, nil
	}
	before := w.fault
	w.seen = now
	if w.fault = w.take(); w.fault == nil {
		return true, nil
	}
	return before == nil || before.Error() != w.fault.Error(), w.fault
}

// take reads the contract and serves it.
func (w *Watcher) take() error {
	c, err := w.load()
	if err != nil {
		return err
	}
	if err := w.apply(c); err != nil {
		return err
	}
	w.loaded = time.Now()
	if !slices.Equal(c.Files, w.files) {
		// What the new files looked like before they were read, nobody knows:
		// the next look reads once more.
		w.files, w.seen = c.Files, ""
	}
	return nil
}

// look is what files look like from outside.
func look(files []string) string {
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			fmt.Fprintf(&b, "%s gone\n", f)
			continue
		}
		fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
	}
	return b.String()
}

// Read returns the text of one of the contract's files.
func (w *Watcher) Read(file string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.files {
		if path.Clean(known) == path.Clean(file) {
			return os.ReadFile(known)
		}
	}
	return nil, fmt.Errorf("the contract does not refer to %s", file)
}

// Loaded is when the edition that is served was read.
func (w *Watcher) Loaded() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loaded
}

// Watched reports that edits are taken up.
func (w *Watcher) Watched() bool { return true }

// Fault says why the last edit is not in force; nil while it is.
func (w *Watcher) Fault() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

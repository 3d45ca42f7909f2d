package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/fsnotify/fsnotify"

	"assay"
	"assay/contract"
	"assay/reports"
)

// watching is the value of --watch: on or off, and the folders that follow it.
type watching struct {
	on   bool
	dirs []string
}

// IsBool lets the flag stand alone.
func (*watching) IsBool() bool { return true }

// Decode takes --watch, --watch=DIR,DIR and --watch DIR DIR. A word after the
// flag is a folder of it when there is such a folder; a target never is one.
func (w *watching) Decode(ctx *kong.DecodeContext) error {
	w.on = true
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		for _, dir := range strings.Split(ctx.Scan.Pop().String(), ",") {
			if _, err := os.Stat(dir); err != nil {
				return err
			}
			w.dirs = append(w.dirs, dir)
		}
		return nil
	}
	for {
		word, ok := ctx.Scan.Peek().Value.(string)
		if !ok || ctx.Scan.Peek().Type != kong.UntypedToken || strings.HasPrefix(word, "-") || !isFolder(word) {
			return nil
		}
		w.dirs = append(w.dirs, ctx.Scan.Pop().String())
	}
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}

const (
	settles = 300 * time.Millisecond // how long files must be quiet: editors write a file in several strokes
	looks   = 250 * time.Millisecond // between two looks at the target
	retries = 2 * time.Second        // before a target is tried again that listens and does not answer
	starts  = 10 * time.Second       // the least that a target started anew gets to answer
)

// watch verifies again and again until it is interrupted, and that is no
// failure of it: it ends with nil.
func (k *verifyCommand) watch(p *program, baseline *reports.Run) error {
	if k.Target == "" && len(k.Watch.dirs) == 0 && !isFile(k.Contract) {
		return hinted{errors.New("--watch has nothing to watch"), "name a TARGET, a folder after --watch, or a contract's file"}
	}
	files, err := k.files()
	if err != nil {
		return usage{err}
	}
	defer files.Close()
	w := &watch{command: k, program: p, files: files, baseline: baseline}
	for p.ctx.Err() == nil {
		err := w.round()
		why := ""
		if err == nil || w.endures(err) {
			why, err = w.await(p.ctx), nil
		}
		w.stop()
		if err != nil {
			return err
		}
		if p.ctx.Err() == nil && !k.Quiet {
			fmt.Fprintf(p.stderr, "\n%s: verifying again\n", why)
		}
	}
	return nil
}

// watch is a target under watch.
type watch struct {
	command  *verifyCommand
	program  *program
	files    *fsnotify.Watcher
	baseline *reports.Run // that every round is compared with too; nil for none
	last     *reports.Run // the last that reached its end; nil before

	target string // of this round; empty where it is our own mock, which nobody restarts
	lost   bool   // this round could not reach it
	ending func()
}

// stop ends what the round started.
func (w *watch) stop() {
	if w.ending != nil {
		w.ending()
		w.ending = nil
	}
}

// endures says what is wrong where a later round may find it mended: only a
// contract that is being written.
func (w *watch) endures(err error) bool {
	var faults contract.Faults
	if !errors.As(err, &faults) {
		return false
	}
	w.program.fail(err)
	return true
}

// round verifies once.
func (w *watch) round() error {
	k, p := w.command, w.program
	w.target, w.lost = "", false
	c, err := assay.Load(k.Contract)
	if err != nil {
		return err
	}
	options, err := k.options(c)
	if err != nil {
		return err
	}
	ctx, cancel := k.deadline(p.ctx)
	defer cancel()
	if w.ending, err = k.provide(ctx, p, c, &options); err != nil {
		return err
	}
	if !options.Own {
		w.target = options.Target
	}
	if w.last == nil {
		k.announce(p, c, options)
	} else {
		options.Wait = max(options.Wait, starts)
	}
	run, err := k.verify(ctx, p, c, options)
	if err != nil || p.ctx.Err() != nil {
		return err
	}
	return w.tell(run)
}

// tell prints a round, what changed first. A round that did not reach its end
// says so in a line, and the next is compared with the one before it.
func (w *watch) tell(run *reports.Run) error {
	if ended := run.Unreachable + run.Interrupted; ended != "" {
		w.lost = run.Unreachable != ""
		fmt.Fprintf(w.program.stderr, "%s: %s; waiting for a change\n", run.Target, ended)
		return nil
	}
	if w.last != nil && w.command.Format == "terminal" {
		writeChanges(w.program.stdout, reports.Compare(w.last, run))
	}
	w.last = run
	var status exit
	if err := w.command.report(w.program, run, w.baseline); !errors.As(err, &status) {
		return err
	}
	return nil
}

// writeChanges says what a person who has just changed something wants to know.
func writeChanges(out io.Writer, d reports.Delta) {
	fmt.Fprintln(out, "since the last run:")
	if d.Unchanged() {
		fmt.Fprintln(out, "  nothing changed")
	}
	still := len(d.Still)
	d.Still = nil // counted: the report lists them anyway
	for _, part := range d.Parts() {
		for _, id := range part.Rules {
			fmt.Fprintf(out, "  %s: %s\n", part.Word, id)
		}
	}
	if still > 0 {
		fmt.Fprintf(out, "  still broken: %s\n", plural(still, "rule"))
	}
	fmt.Fprintln(out)
}

// files watches the folders with all below them, and the contract's file.
func (k *verifyCommand) files() (*fsnotify.Watcher, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	for _, dir := range k.Watch.dirs {
		if err := watchBelow(w, dir); err != nil {
			w.Close()
			return nil, err
		}
	}
	if isFile(k.Contract) {
		// The folder, since editors replace a file rather than write into it.
		if err := w.Add(filepath.Dir(k.Contract)); err != nil {
			w.Close()
			return nil, err
		}
	}
	return w, nil
}

// watchBelow watches a folder and those in it, but what tools keep for
// themselves.
func watchBelow(w *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return err
		case err != nil: // gone again, or not ours to read
			return nil
		case !d.IsDir():
			if path == dir {
				return w.Add(path)
			}
			return nil
		case path != dir && ofTools(d.Name()):
			return filepath.SkipDir
		}
		return w.Add(path)
	})
}

// ofTools tells what changes without anybody changing it.
func ofTools(name string) bool {
	return name == "node_modules" || name == "__pycache__" || len(name) > 1 && name[0] == '.' && name != ".."
}

// matters reports whether an event is a change of something watched, and
// starts to watch new folders.
func (k *verifyCommand) matters(w *fsnotify.Watcher, e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod || ofTools(filepath.Base(e.Name)) || strings.HasSuffix(e.Name, "~") || k.reported(e.Name) {
		return false
	}
	if !k.given(e.Name) { // a neighbour of the contract's file
		return false
	}
	if e.Has(fsnotify.Create) && isFolder(e.Name) {
		_ = watchBelow(w, e.Name) // a folder that cannot be watched is as one that was not there
	}
	return true
}

func (k *verifyCommand) given(name string) bool {
	if k.Contract != "" && filepath.Clean(name) == filepath.Clean(k.Contract) {
		return true
	}
	for _, dir := range k.Watch.dirs {
		if within(dir, name) {
			return true
		}
	}
	return false
}

// reported tells our own reports: what writing them changed starts no round.
func (k *verifyCommand) reported(name string) bool { return !k.NoReport && within(k.Report, name) }

func within(dir, name string) bool {
	base, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(base, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// await waits for a reason to verify again, and returns it.
func (w *watch) await(ctx context.Context) string {
	look := time.NewTicker(looks)
	defer look.Stop()
	was, since := lookAt(w.target), time.Now()
	changed, quiet := "", time.NewTimer(time.Hour)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case e := <-w.files.Events:
			if w.command.matters(w.files, e) {
				changed = e.Name
				quiet.Reset(settles)
			}
		case <-w.files.Errors: // an overflow at worst: something changed, nobody knows what
			changed = "something watched"
			quiet.Reset(settles)
		case <-quiet.C:
			return changed + " changed"
		case <-look.C:
			is := lookAt(w.target)
			if why := is.since(was); why != "" {
				return why
			}
			if w.lost && is.up && time.Since(since) > retries { // somebody listens in its place: a proxy
				return "the target may be back"
			}
			if !is.up {
				w.lost = false // when it is up again, that is a reason by itself
			}
			was = is
		}
	}
}

// sight is what can be seen of a target without troubling it.
type sight struct {
	up       bool
	listener string // tells one process's listening from another's; empty where nobody knows
}

// since says what happened to a target that deserves another round.
func (s sight) since(was sight) string {
	switch {
	case s.up && !was.up:
		return "the target is back"
	case s.up && was.listener != "" && s.listener != "" && s.listener != was.listener:
		return "the target was started anew"
	}
	return ""
}

// lookAt looks whether somebody listens. It sends nothing, and on Linux does
// not even connect to a target of this machine: four times a second is too
// often for what counts or logs its callers.
func lookAt(target string) sight {
	u, err := url.Parse(target)
	if err != nil || target == "" {
		return sight{}
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		if listener, known := listening(port); known {
			return sight{listener != "", listener}
		}
	}
	c, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), time.Second)
	if err != nil {
		return sight{}
	}
	c.Close()
	return sight{up: true}
}

// listening names the sockets of this machine that listen on a port, as
// /proc/net/tcp tells them (man 5 proc): a process started anew has others. It
// does not know where there is no such file.
func listening(port string) (sockets string, known bool) {
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", false
	}
	suffix := fmt.Sprintf(":%04X", n)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		known = known || err == nil
		for line := range strings.Lines(string(text)) {
			const address, state, inode, listen = 1, 3, 9, "0A"
			if f := strings.Fields(line); len(f) > inode && f[state] == listen && strings.HasSuffix(f[address], suffix) {
				sockets += f[inode] + " "
			}
		}
	}
	return sockets, known
}

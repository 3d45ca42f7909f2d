package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the goldens anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": main})
}

// The scripts under testdata say what the command does, a file a behaviour.
// Beside testscript's own commands they know:
//
//	exits STATUS COMMAND…   as exec, and demands that exit status
//	edit FILE OLD NEW OUT   copies a file with every OLD replaced; there must be one
//	freeport VAR            sets VAR to a port on which nothing listens
//	start NAME ARG…         runs assay in the background; NAME.out and NAME.err hold what it says
//	serve VAR CONTRACT ARG… starts a mock called mock, and sets VAR to its address
//	await FILE REGEXP       waits until a line of the file matches
//	end NAME [TERM|INT]     signals it, and demands that it ends with 0
//	gone FILE               demands that the process whose id the file holds has ended
//
// and those of mock_script_test.go.
func TestScripts(t *testing.T) {
	pool, err := filepath.Abs("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := os.ReadFile("testdata/tasks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata", UpdateScripts: *update, RequireUniqueNames: true, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("POOL", pool)
			env.Setenv("NO_COLOR", "1")
			return os.WriteFile(filepath.Join(env.WorkDir, "tasks.yaml"), tasks, 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "edit": editFile, "freeport": freePort, "start": start, "serve": serve, "await": await, "end": end, "gone": gone,
			"address": firstAddress, "capture": capture, "fetch": fetch, "member": member, "crash": crash, "ends": ends,
		},
	})
}

// need fails the script unless a command was written as it must be.
func need(ts *testscript.TestScript, neg bool, args []string, least int, form string) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", form)
	}
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits STATUS COMMAND ARG…")
	status := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		status = ended.ExitCode()
	}
	if got := strconv.Itoa(status); got != args[0] {
		ts.Fatalf("the exit status is %s, not %s", got, args[0])
	}
}

func editFile(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 4, "edit FILE OLD NEW OUT")
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o644))
}

func freePort(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "freeport VAR")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// background is an assay that runs beside the script.
type background struct {
	cmd   *exec.Cmd
	ended chan error
}

var running sync.Map // *background by the script's folder and its name there

// swap sets the process that a script knows by a name, and returns the former.
func swap(ts *testscript.TestScript, name string, b *background) *background {
	old, _ := running.Swap(ts.Getenv("WORK")+"/"+name, b)
	former, _ := old.(*background)
	return former
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "start NAME ARG…")
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	cmd := exec.Command("assay", args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), out, errs
	ts.Check(cmd.Start())
	b := &background{cmd, make(chan error, 1)}
	go func() {
		b.ended <- cmd.Wait()
		out.Close()
		errs.Close()
	}()
	swap(ts, args[0], b)
	ts.Defer(func() { _ = cmd.Process.Kill() })
}

func serve(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "serve VAR CONTRACT ARG…")
	start(ts, false, append([]string{"mock", "mock", "--contract", args[1], "--port", "0", "--quiet"}, args[2:]...))
	await(ts, false, []string{"mock.out", "Ctrl-C"})
	ts.Setenv(args[0], regexp.MustCompile(`http://localhost:\d+`).FindString(ts.ReadFile("mock.out")))
}

// patience is long: other tests may want the processors too.
const patience = time.Minute

func await(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "await FILE REGEXP")
	pattern := regexp.MustCompile("(?m)" + args[1])
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if pattern.MatchString(ts.ReadFile(args[0])) {
			return
		}
	}
	ts.Fatalf("%s never came to hold %s:\n%s", args[0], args[1], ts.ReadFile(args[0]))
}

func end(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "end NAME [TERM|INT]")
	b := swap(ts, args[0], nil)
	if b == nil {
		ts.Fatalf("%s does not run", args[0])
	}
	signal := os.Signal(syscall.SIGTERM)
	if len(args) > 1 && args[1] == "INT" {
		signal = os.Interrupt
	}
	ts.Check(b.cmd.Process.Signal(signal))
	select {
	case err := <-b.ended:
		ts.Check(err)
	case <-time.After(patience):
		ts.Fatalf("%s does not end", args[0])
	}
}

func gone(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "gone FILE")
	pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[0])))
	ts.Check(err)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if !alive(pid) {
			return
		}
	}
	ts.Fatalf("process %d still runs", pid)
}

// alive leaves out what has ended and was only not waited for.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

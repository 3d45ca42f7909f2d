package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A process is a server started for a measurement.
type process struct {
	command *exec.Cmd
	address string
	started time.Time
}

var address = regexp.MustCompile(`http://localhost:(\d+)`)

// start runs a server and waits until it has printed where it listens.
func start(command *exec.Cmd) (*process, error) {
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p := &process{command: command, started: time.Now()}
	if err := command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := address.FindStringSubmatch(lines.Text()); found != nil {
			p.address = "127.0.0.1:" + found[1]
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("%s printed no address", command.Path)
}

func (p *process) stop() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // it was killed
}

// memory is what the process has resident, and how much of that is its own
// rather than pages of the program file, in bytes; 0 where the machine does not tell.
func (p *process) memory() (resident, own int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64) // other lines are not asked for
		switch name {
		case "VmRSS":
			resident = kib << 10
		case "RssAnon":
			own = kib << 10
		}
	}
	return resident, own
}

// cpu is the processor time that the process has used so far; 0 where the
// machine does not tell. Other than the wall clock it does not grow because
// something else runs.
func (p *process) cpu() (used time.Duration) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.command.Process.Pid)) // a sound pattern
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, _ := strconv.ParseInt(first, 10, 64)
		used += time.Duration(ns)
	}
	return used
}

// startMock starts the real binary.
func startMock(binary string, flags ...string) (*process, error) {
	return start(exec.Command(binary, append([]string{"mock", "--contract", "idea-pool", "--port", "0", "--quiet"}, flags...)...))
}

// startBare starts this program as the bare server.
func startBare(page string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = append(os.Environ(), roleVariable+"="+page)
	return start(command)
}

package main

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/steps"
)

// graceful is how long a server started by us may take to end.
const graceful = 5 * time.Second

// startServer starts the implementation under test in a process group of its
// own, so that whatever it starts in turn ends with it.
func startServer(p *program, command string) (stop func(), err error) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Stdout, cmd.Stderr = p.stderr, p.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return func() {}, fmt.Errorf("cannot start the server: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // however it ends, it was asked to
		close(ended)
	}()
	return func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(graceful):
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // and whoever is left of the group
		<-ended
	}, nil
}

// startOwn starts our own mock of the contract, for a run without a target.
func startOwn(c *contract.Contract, options *steps.Options) (*mockserver.Server, error) {
	for name, value := range assay.Settings(c, nil) {
		if _, told := options.Settings[name]; !told {
			options.Settings[name] = value
		}
	}
	return mockserver.Start(c, assay.Equip(mockserver.Options{Seed: uint64(options.Seed), Empty: true}, c, nil))
}

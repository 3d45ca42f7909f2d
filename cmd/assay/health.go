package main

import (
	"fmt"
	"net/http"
	"time"

	"assay/reports"
)

type healthCommand struct {
	URL     string        `arg:"" help:"Address to ask: http://localhost:4100."`
	Timeout time.Duration `help:"Limit for the answer." default:"3s"`
}

// Help says what the command does beside its flags.
func (healthCommand) Help() string {
	return `For the health check of a container that has no shell and no curl. Any answer
will do but a 5xx.

Exit statuses: 0 it answers, 2 wrong usage, 4 it does not.`
}

// Run asks once.
func (k healthCommand) Run(p *program) error {
	request, err := http.NewRequestWithContext(p.ctx, http.MethodGet, address(k.URL), nil)
	if err != nil {
		return usage{err}
	}
	client := http.Client{Timeout: k.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		fmt.Fprintf(p.stderr, "assay: %v\n", err)
		return exit(reports.ExitUnreachable)
	}
	answer.Body.Close()
	if answer.StatusCode >= 500 {
		fmt.Fprintf(p.stderr, "assay: %s answers %s\n", k.URL, answer.Status)
		return exit(reports.ExitUnreachable)
	}
	return nil
}

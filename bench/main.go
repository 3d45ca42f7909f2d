// Command bench measures the mock side by side with a bare net/http server
// that does the least: a constant JSON for GET, a decode and a map insert for
// POST. Both run as processes of their own, reached over loopback by the same
// lean client, in turns, so that what else the machine does falls on both.
//
// It prints the ratios, what a start costs, and what pages of big collections
// cost; docs/performance.md says what was reached.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Aims, as ratios of the bare server's requests per second.
const (
	listAim   = 0.8
	createAim = 0.7
)

func main() {
	if role := os.Getenv(roleVariable); role != "" {
		serveBare(role)
		return
	}
	span := flag.Duration("for", time.Second, "how long each measurement takes")
	rounds := flag.Int("rounds", 5, "how often each is made; the best counts")
	records := flag.Int("records", 1_000_000, "records of the big collection")
	binary := flag.String("assay", "", "the assay binary; built when unset")
	only := flag.String("only", "", "measure this part alone: load, start or pages")
	flag.Parse()
	if err := run(*binary, *only, *span, *rounds, *records); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(binary, only string, span time.Duration, rounds, records int) error {
	if binary == "" {
		folder, err := os.MkdirTemp("", "assay-bench")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		binary = filepath.Join(folder, "assay")
		build := exec.Command("go", "build", "-o", binary, "./cmd/assay")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("cannot build assay: %w", err)
		}
	}
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"load", func() error { return compareLoad(binary, span, rounds) }},
		{"start", func() error { return measureStart(binary, rounds) }},
		{"pages", func() error { return measurePages(records, span) }},
	} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.run(); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

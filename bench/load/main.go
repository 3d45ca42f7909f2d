// Command load uses a mock for long as many browser tests would: a thousand
// connections that stay open, ten thousand worlds, a steady rate of requests.
// It fails on any error, on memory or goroutines that do not come back, and on
// latency that grows. The mock is a process of its own, reached over loopback.
//
//	go run ./bench/load                       five minutes
//	go run ./bench/load -for 20s -worlds 1000
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

// A plan is what the flags say.
type plan struct {
	span        time.Duration
	connections int
	worlds      int
	rate        int     // requests a second, of all connections
	growth      float64 // that latency and memory may show
}

func main() {
	if os.Getenv(roleVariable) != "" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, "load: the mock:", err)
			os.Exit(1)
		}
		return
	}
	var p plan
	flag.DurationVar(&p.span, "for", 5*time.Minute, "how long, once all worlds are made")
	flag.IntVar(&p.connections, "connections", 1000, "that are kept open")
	flag.IntVar(&p.worlds, "worlds", 10_000, "in use, at least one a connection")
	flag.IntVar(&p.rate, "rate", 1000, "requests a second; 0 for as many as there can be")
	flag.Float64Var(&p.growth, "growth", 1.5, "most that latency may grow from the first fifth to the last, and memory from the second")
	flag.Parse()
	p.worlds = max(p.worlds, p.connections)
	if err := p.run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (p *plan) run() error {
	m, err := start()
	if err != nil {
		return err
	}
	defer m.stop()
	idle, err := m.health()
	if err != nil {
		return err
	}
	fleet, err := p.launch(m)
	if err != nil {
		return err
	}
	defer fleet.close()
	bare, err := m.health()
	if err != nil {
		return err
	}
	fmt.Printf("%d worlds, %d connections: %.1f kB of memory a world that nobody has used\n", p.worlds, p.connections, perWorld(idle, bare, p.worlds))
	if err := fleet.settle(); err != nil {
		return err
	}
	used, err := m.health()
	if err != nil {
		return err
	}
	fmt.Printf("an account and %d ideas in each: %.1f kB of memory a world\n\n", ideasKept, perWorld(idle, used, p.worlds))
	fifths, err := p.watch(m, fleet)
	if err != nil {
		return err
	}
	fleet.close()
	return errors.Join(p.judge(fifths), m.settled(idle))
}

func perWorld(before, after health, worlds int) float64 {
	return (float64(after.Heap) - float64(before.Heap)) / float64(worlds) / 1000
}

// A fifth is what one fifth of the time showed.
type fifth struct {
	requests    int
	median, p99 time.Duration
	health
}

// watch lets the fleet work, and looks at the mock after each fifth of the time.
func (p *plan) watch(m *mock, fleet *fleet) ([]fifth, error) {
	fmt.Printf("%8s %10s %10s %10s %10s %12s %12s\n", "", "requests", "a second", "median", "99 %", "memory", "goroutines")
	fleet.work(p.rate)
	defer fleet.halt()
	var all []fifth
	for i := range 5 {
		began := time.Now()
		time.Sleep(p.span / 5)
		took := time.Since(began)
		latencies, err := fleet.harvest()
		if err != nil {
			return nil, err
		}
		if len(latencies) == 0 {
			return nil, errors.New("no request was answered")
		}
		slices.Sort(latencies)
		f := fifth{requests: len(latencies), median: latencies[len(latencies)/2], p99: latencies[len(latencies)*99/100]}
		if f.health, err = m.health(); err != nil {
			return nil, err
		}
		if _, err := fleet.harvest(); err != nil { // what waited for the collector is not counted
			return nil, err
		}
		fmt.Printf("%6d/5 %10d %10.0f %10v %10v %9.1f MB %12d\n", i+1, f.requests, float64(f.requests)/took.Seconds(),
			f.median.Round(10*time.Microsecond), f.p99.Round(100*time.Microsecond), float64(f.Heap)/1e6, f.Goroutines)
		all = append(all, f)
	}
	return all, nil
}

// judge compares the last fifth with the first; memory with the second, when
// the journals are full. The slowest hundredth wavers with whatever else the
// machine does: it grows where each fifth is slower than the one before.
func (p *plan) judge(all []fifth) error {
	first, second, last := all[0], all[1], all[len(all)-1]
	steadily := slices.IsSortedFunc(all, func(a, b fifth) int { return cmp.Compare(a.p99, b.p99) })
	fmt.Println()
	var faults []error
	for _, g := range []struct {
		name   string
		of, to float64
		counts bool
	}{
		{"median latency, last fifth to first", float64(first.median), float64(last.median), true},
		{"latency of the slowest hundredth, last fifth to first", float64(first.p99), float64(last.p99), steadily},
		{"memory, last fifth to second", float64(second.Heap), float64(last.Heap), true},
		{"goroutines, last fifth to first", float64(first.Goroutines), float64(last.Goroutines), true},
	} {
		fmt.Printf("%-56s %.2f\n", g.name, g.to/g.of)
		if g.counts && g.to > g.of*p.growth {
			faults = append(faults, fmt.Errorf("%s: grew by %.2f, more than %.2f", g.name, g.to/g.of, p.growth))
		}
	}
	return errors.Join(faults...)
}

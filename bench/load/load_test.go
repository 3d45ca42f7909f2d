package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		if err := serve(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestAShortUseGoesWell(t *testing.T) {
	p := plan{span: 2 * time.Second, connections: 20, worlds: 50, rate: 200, growth: 1000} // times mean nothing in so short a use
	if err := p.run(); err != nil {
		t.Error(err)
	}
}

func TestWhatGrowsIsTold(t *testing.T) {
	p := plan{growth: 1.5}
	steady := fifth{requests: 1, median: time.Millisecond, p99: 2 * time.Millisecond, health: health{Heap: 100, Goroutines: 10}}
	for _, it := range []struct {
		name, told string
		grow       func(i int, f *fifth)
	}{
		{"nothing", "", func(int, *fifth) {}},
		{"the median", "median latency", func(i int, f *fifth) { f.median += time.Duration(i) * time.Millisecond }},
		{"the slowest, steadily", "slowest hundredth", func(i int, f *fifth) { f.p99 += time.Duration(i) * time.Millisecond }},
		{"the slowest, once", "", func(i int, f *fifth) { f.p99 += time.Duration(i%2*100+i) * time.Millisecond }},
		{"memory", "memory", func(i int, f *fifth) { f.Heap += uint64(i) * 100 }},
		{"memory, until the journals are full", "", func(i int, f *fifth) { f.Heap += uint64(min(i, 1)) * 100 }},
		{"goroutines", "goroutines", func(i int, f *fifth) { f.Goroutines += i * 10 }},
	} {
		t.Run(it.name, func(t *testing.T) {
			var all []fifth
			for i := range 5 {
				f := steady
				it.grow(i, &f)
				all = append(all, f)
			}
			err := p.judge(all)
			if (err == nil) != (it.told == "") || err != nil && !strings.Contains(err.Error(), it.told) {
				t.Errorf("%v, expected %q", err, it.told)
			}
		})
	}
}

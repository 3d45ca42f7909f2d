package main

import (
	"fmt"
	"slices"
	"time"
)

// measureStart measures from the start of the process to its first answer, to
// its first token (which waits for the key), and its memory when idle.
func measureStart(binary string, rounds int) error {
	var answers, tokens []time.Duration
	var resident, own []int64
	for range max(rounds, 3) {
		mock, err := startMock(binary)
		if err != nil {
			return err
		}
		_, err = ask(mock.address, "GET", "/me", "", "", "401")
		answers = append(answers, time.Since(mock.started))
		if err == nil {
			_, err = signUp(mock.address, "first@example.com")
			tokens = append(tokens, time.Since(mock.started))
		}
		time.Sleep(500 * time.Millisecond)
		r, o := mock.memory()
		resident, own = append(resident, r), append(own, o)
		mock.stop()
		if err != nil {
			return err
		}
	}
	fmt.Printf("from the start of the process to its first answer: %v (aim 50ms), to its first token: %v\n", best(answers), best(tokens))
	fmt.Printf("idle memory: %.1f MB resident (aim 25 MB), of which %.1f MB are its own and not pages of the program file\n\n", float64(slices.Min(resident))/1e6, float64(slices.Min(own))/1e6)
	return nil
}

func best(all []time.Duration) time.Duration { return slices.Min(all).Round(100 * time.Microsecond) }

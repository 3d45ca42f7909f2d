package main

import (
	"errors"
	"fmt"

	"assay/contract"
	"assay/mockserver/store"
	"assay/mockserver/worlds"
)

// What the keys follow from where no flag says otherwise.
const (
	defaultSeed    = 1
	defaultKeyBits = 2048
)

// openData opens the file that keeps the state; nil where none is named. The
// mocks go on with the keys of the file, so that tokens given before hold.
func (k *mockCommand) openData(p *program, contracts []*contract.Contract) (*store.File, error) {
	if k.Data == "" {
		return nil, nil
	}
	names := make([]string, 0, len(contracts))
	seen := map[string]bool{}
	for _, c := range contracts {
		if seen[c.Name] {
			return nil, hinted{fmt.Errorf("%s would keep two contracts called %s", k.Data, c.Name), "serve them apart, each with a file of its own"}
		}
		seen[c.Name] = true
		names = append(names, c.Name)
	}
	file, err := store.Open(k.Data, store.Made{Seed: k.Seed, KeyBits: k.KeyBits}, names...)
	if err != nil {
		return nil, withWayOut(err)
	}
	made := file.Made()
	if k.Seed != made.Seed && k.Seed != defaultSeed || k.KeyBits != made.KeyBits && k.KeyBits != defaultKeyBits {
		file.Close()
		return nil, hinted{
			fmt.Errorf("%s was made with --seed %d --key-bits %d, and the tokens in it with the keys of those", k.Data, made.Seed, made.KeyBits),
			"leave --seed and --key-bits out, or name another file",
		}
	}
	k.Seed, k.KeyBits = made.Seed, made.KeyBits
	file.Trouble = func(err error) {
		if err != nil {
			fmt.Fprintf(p.stderr, "assay: %v\nhint: requests are answered 500 until it can be; then all is written that came meanwhile\n", err)
			return
		}
		fmt.Fprintf(p.stderr, "assay: %s is written again\n", k.Data)
	}
	return file, nil
}

// withWayOut gives an error of a data file its hint.
func withWayOut(err error) error {
	var f *store.Fault
	if errors.As(err, &f) {
		return hinted{err, f.Hint}
	}
	return err
}

// storeOf is where the worlds of a contract are kept; nil where nothing is.
func (c *controls) storeOf(served *contract.Contract) worlds.Store {
	if c.data == nil {
		return nil
	}
	return c.data.Of(served.Name)
}

// closeData writes what is left, and lets go of the file.
func (c *controls) closeData() error {
	if c.data == nil {
		return nil
	}
	return withWayOut(c.data.Close())
}

package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"assay/contract"
)

// Schema names the version of the JSON report, which docs/report.schema.json
// describes. It changes when a reader of the former version would be misled.
const Schema = "assay.run/1"

// JSON writes the whole run, as docs/report.schema.json describes it. [Read] reads it back.
func JSON(w io.Writer, run *Run, options Options) error {
	return encode(w, view(run, options))
}

func encode(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// maxRead bounds a JSON report that is read back, in bytes.
const maxRead = 1 << 30

// Read reads a run that [JSON] wrote. It fails, and says why, for anything
// else: another schema, a finding without a rule, a number that points nowhere.
func Read(r io.Reader) (*Run, error) {
	limited := &io.LimitedReader{R: r, N: maxRead}
	decoder := json.NewDecoder(limited)
	run := &Run{}
	if err := decoder.Decode(run); err != nil {
		if limited.N <= 0 {
			return nil, fmt.Errorf("not a run: it is longer than %d bytes", maxRead)
		}
		return nil, fmt.Errorf("not a run: %w", unexpectedEnd(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a run: something stands after its end")
	}
	if run.Schema != Schema {
		return nil, fmt.Errorf("its schema is %q, and this version reads %q", run.Schema, Schema)
	}
	if err := sound(run); err != nil {
		return nil, fmt.Errorf("not a run: %w", err)
	}
	return run, nil
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends too early")
	}
	return err
}

// sound makes sure of what every writer relies on.
func sound(run *Run) error {
	for i, r := range run.Rules {
		if r.Rule == nil {
			return fmt.Errorf("rules[%d] has no rule", i)
		}
		if r.Finding < 0 || r.Finding > len(run.Findings) {
			return fmt.Errorf("rules[%d] names finding %d of %d", i, r.Finding, len(run.Findings))
		}
	}
	for i, f := range run.Findings {
		if f == nil || f.Rule == nil {
			return fmt.Errorf("findings[%d] has no rule", i)
		}
		f.Chain = present(f.Chain)
	}
	if len(run.Recipes) != 0 && len(run.Recipes) != len(run.Findings) {
		return fmt.Errorf("it has %d findings and %d recipes", len(run.Findings), len(run.Recipes))
	}
	for i, r := range run.Recipes {
		if r == nil {
			return fmt.Errorf("recipes[%d] is null", i)
		}
	}
	for i, s := range run.Scenarios {
		if s == nil {
			return fmt.Errorf("scenarios[%d] is null", i)
		}
		s.Exchanges = present(s.Exchanges)
		for _, n := range s.Findings {
			if n < 1 || n > len(run.Findings) {
				return fmt.Errorf("scenarios[%d] names finding %d of %d", i, n, len(run.Findings))
			}
		}
		for k, step := range s.Steps {
			if from, to := step.Exchanges[0], step.Exchanges[1]; from < 0 || to < from || to > len(s.Exchanges) {
				return fmt.Errorf("scenarios[%d].steps[%d] names exchanges %d to %d of %d", i, k, from, to, len(s.Exchanges))
			}
		}
	}
	return nil
}

func present(list []*contract.Exchange) []*contract.Exchange {
	kept := list[:0]
	for _, e := range list {
		if e != nil {
			kept = append(kept, e)
		}
	}
	return kept
}

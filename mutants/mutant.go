package mutants

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"assay/contract"
	"assay/mockserver"
	"assay/steps"
)

// A Subject is the contract that is proven, and all that its verification needs.
type Subject struct {
	Contract *contract.Contract
	Text     []byte          // of the contract's file
	Features []steps.Feature // written for it; the derived ones are added
	// Equip adds to a mock's options what acts for the operations of a contract
	// that are no plain verb. It is asked anew for every edited contract. May be nil.
	Equip    func(mockserver.Options, *contract.Contract) mockserver.Options
	Settings map[string]string // what the scenarios need to be told
}

// A Mutant is a faulty server.
type Mutant struct {
	Name     string   // unique and stable: "createIdea.body.impact.maximum/11"
	Operator string   // what made it: "bounds"
	Says     string   // what the server does wrong: "createIdea takes an impact of 11"
	Breaks   []string // ids of the true contract's rules that it breaks; each must be found
	// Entails are rules that cannot hold then either: finding them is no noise.
	Entails []string

	reach []string                        // operations without which no scenario meets it; nil when any may
	alone bool                            // users disturb each other: its scenarios are played one by one, so that it shows the same each time
	edit  edit                            // of the contract's text; nil for none
	plant func(http.Handler) http.Handler // around the mock's handler, anew for every run; nil for none
}

// edit changes a document; it reports whether it found what to change.
type edit func(*document) bool

// An operator derives mutants from a contract's vocabulary.
type operator struct {
	name   string
	does   string // in a sentence, for the documentation
	derive func(*deriver)
}

// operators in the order of the documentation.
var operators = []operator{
	bounds, patterns, required, types, absent, nulls, statuses, security, lifetimes, computations, paging, order, sentences,
	missing, crashing, forms, refusals, texts, lists, sessions, forgeries, flows, pools,
}

// deriver collects the mutants of one operator.
type deriver struct {
	contract *contract.Contract
	operator string
	out      []*Mutant
}

// add keeps a mutant when the ledger has a rule that it breaks.
func (d *deriver) add(m Mutant) {
	m.Operator = d.operator
	m.Breaks = d.known(m.Breaks)
	if len(m.Breaks) == 0 {
		return
	}
	m.Entails = d.known(slices.Concat(m.Entails, d.sentences(m.Breaks), flowsOn(m.Breaks), poolsOn(d.contract, m.Breaks)))
	m.reach = d.reach(m.Breaks)
	d.out = append(d.out, &m)
}

// sentences returns those about the operations of these rules: what an
// operation's answers mean cannot hold where the answers are wrong.
func (d *deriver) sentences(breaks []string) (out []string) {
	for _, id := range breaks {
		for _, r := range d.contract.Rules {
			if r.Keyword == "sentence" && r.Operation != "" && r.Operation == d.contract.Rule(id).Operation {
				out = append(out, r.ID)
			}
		}
	}
	return out
}

// reach returns the operations that a scenario must call to meet a mutant that
// breaks these rules: those that they are about. It is nil where any may.
func (d *deriver) reach(breaks []string) (out []string) {
	if accountsOf(d.contract) == nil {
		return nil // scenarios share sign-ins there, and one of them made each
	}
	for _, id := range breaks {
		operation := d.contract.Rule(id).Operation
		if operation == "" {
			return nil
		}
		out = append(out, operation)
	}
	return out
}

// known keeps the ids that stand in the ledger, each once.
func (d *deriver) known(ids []string) (out []string) {
	for _, id := range ids {
		if d.contract.Has(id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// Derive returns the mutants of a contract, in a stable order. It fails when
// the text is not the contract's.
func Derive(s Subject) ([]*Mutant, error) {
	doc, err := parseDocument(s.Text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Contract.File, err)
	}
	if child(doc.root, "paths") == nil {
		return nil, errors.New("the text has no paths: it is not that of the contract")
	}
	var out []*Mutant
	seen := map[string]bool{}
	for _, o := range operators {
		d := &deriver{contract: s.Contract, operator: o.name}
		o.derive(d)
		for _, m := range d.out {
			if seen[m.Name] {
				return nil, fmt.Errorf("two mutants are called %s", m.Name)
			}
			seen[m.Name] = true
			out = append(out, m)
		}
	}
	return out, nil
}

// contract returns what the mutant serves.
func (m *Mutant) contract(s Subject, doc *document) (*contract.Contract, error) {
	if m.edit == nil {
		return s.Contract, nil
	}
	edited := doc.copy()
	if !m.edit(edited) {
		return nil, errors.New("the edit found nothing to change")
	}
	text, err := edited.text()
	if err != nil {
		return nil, err
	}
	c, err := contract.Parse(s.Contract.File, text)
	if err == nil {
		return c, nil
	}
	withoutExamples(edited.root) // they may no longer fit
	if text, err = edited.text(); err != nil {
		return nil, err
	}
	return contract.Parse(s.Contract.File, text)
}

// Operators lists the names of the operators.
func Operators() []string {
	names := make([]string, len(operators))
	for i, o := range operators {
		names[i] = o.name
	}
	return names
}

package mutants

import (
	"slices"
	"strings"

	"assay/contract"
)

var security = operator{
	name: "security",
	does: "an operation asks for no token although it should, or for one although it should not; the token travels under another name",
	derive: func(d *deriver) {
		scheme := ""
		for _, op := range d.contract.Operations {
			if !op.Public() && scheme == "" {
				scheme = op.Security[0][0].Name
			}
		}
		for _, op := range d.contract.Operations {
			if !op.Public() {
				d.open(op)
			} else if scheme != "" {
				d.shut(op, scheme)
			}
		}
		for _, s := range d.contract.Schemes {
			d.moved(s)
		}
	},
}

// open lets nobody in: forged tokens are then as good as none, and whose
// records are meant, nobody can tell.
func (d *deriver) open(op *contract.Operation) {
	entailed := []string{op.ID + ".private", op.ID + ".unknown"}
	for _, r := range d.contract.Rules {
		if strings.HasPrefix(r.ID, "token.") {
			entailed = append(entailed, r.ID)
		}
	}
	d.add(Mutant{Name: op.ID + ".security/dropped", Says: op.ID + " asks for no access token", Breaks: []string{op.ID + ".security"}, Entails: entailed,
		edit: func(doc *document) bool {
			n := doc.operation(op)
			if n != nil {
				set(n, "security", "[]")
			}
			return n != nil
		}})
}

// shut asks for a token where none is due.
func (d *deriver) shut(op *contract.Operation, scheme string) {
	breaks := []string{op.ID + ".security"}
	if !d.contract.Has(breaks[0]) {
		breaks = []string{success(op)}
	}
	d.add(Mutant{Name: breaks[0] + "/token-asked-for", Says: op.ID + " asks for an access token", Breaks: breaks, Entails: rulesBelow(d.contract, op.ID),
		edit: func(doc *document) bool {
			n := doc.operation(op)
			if n != nil {
				set(n, "security", "[{"+scheme+": []}]")
			}
			return n != nil
		}})
}

// moved reads the token from elsewhere: every operation that needs one fails.
func (d *deriver) moved(s *contract.Scheme) {
	if s.Type != "apiKey" {
		return
	}
	var breaks []string
	for _, op := range d.contract.Operations {
		if uses(op, s) {
			breaks = append(breaks, success(op))
		}
	}
	d.add(Mutant{Name: s.Name + "/moved", Says: "the access token is read from X-Other-Token instead of " + s.Key, Breaks: first(d.known(breaks)), Entails: allRules(d.contract),
		edit: func(doc *document) bool {
			n := down(doc.root, "components", "securitySchemes", s.Name)
			if n != nil {
				set(n, "name", "X-Other-Token")
				set(n, "in", "header")
			}
			return n != nil
		}})
}

func uses(op *contract.Operation, s *contract.Scheme) bool {
	return slices.ContainsFunc(op.Security, func(set []*contract.Scheme) bool { return slices.Contains(set, s) })
}

func first(ids []string) []string { return ids[:min(1, len(ids))] }

func allRules(c *contract.Contract) []string {
	out := make([]string, len(c.Rules))
	for i, r := range c.Rules {
		out[i] = r.ID
	}
	return out
}

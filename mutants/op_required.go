package mutants

import (
	"go.yaml.in/yaml/v3"
)

var required = operator{
	name: "required",
	does: "what must be sent may be absent or null, and what need not be must",
	derive: func(d *deriver) {
		accounts := accountsOf(d.contract)
		for _, op := range d.contract.Operations {
			for _, p := range requests(op) {
				switch {
				case p.in == "query":
					d.parameter(p)
				case !p.required || p.parent == nil || p.parent.parent != nil:
				case accounts.looksUp(p):
					d.guessed(accounts, p, "required", "absent", "a body without "+p.name, func(_ any, there bool) bool { return !there })
					d.guessed(accounts, p, "required", "null", "null for "+p.name, func(v any, there bool) bool { return there && v == nil })
				default:
					d.optional(p)
				}
			}
		}
	},
}

func (d *deriver) optional(p *place) {
	rule := p.rule("required")
	d.add(Mutant{Name: rule + "/absent", Says: takes(p, "a body without "+p.name), Breaks: []string{rule},
		edit: p.changeOwner(func(owner *yaml.Node) { without(child(owner, "required"), p.name) })})
	if !p.schema.Nullable {
		d.add(Mutant{Name: rule + "/null", Says: takes(p, "null for "+p.name), Breaks: []string{rule},
			edit: p.change(func(s *yaml.Node) { set(s, "nullable", "true") })})
	}
}

func (d *deriver) parameter(p *place) {
	param := p.path[:len(p.path)-1]
	demand := func(value string) edit {
		return func(doc *document) bool {
			found := find(doc.operation(p.op), param)
			for _, n := range found {
				set(n, "required", value)
				if value == "true" {
					drop(child(n, "schema"), "default")
				}
			}
			return len(found) > 0
		}
	}
	if p.required {
		d.add(Mutant{Name: p.rule("required") + "/absent", Says: takes(p, "a request without "+p.name), Breaks: []string{p.rule("required")}, edit: demand("false")})
		return
	}
	d.add(Mutant{Name: p.rule("default") + "/required", Says: refusesA(p, "a request without "+p.name), Breaks: []string{p.rule("default")}, Entails: []string{success(p.op)}, edit: demand("true")})
}

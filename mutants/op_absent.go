package mutants

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var absent = operator{
	name: "absent",
	does: "a member vanishes from an answer",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if !p.required || p.name == "" || strings.HasSuffix(p.prefix, "[]") {
					continue
				}
				m := Mutant{Name: p.rule("required") + "/absent", Says: answersWith(p, "without "+p.name), Breaks: []string{p.rule("required")}}
				if sorts(p) || alone(p) { // an order by what is not there would be no contract, and an object of nothing any
					m.plant = p.parent.rewritten(func(v any) any {
						if m, ok := v.(map[string]any); ok {
							delete(m, p.name)
						}
						return v
					})
					d.add(m)
					continue
				}
				m.edit = p.changeOwner(func(owner *yaml.Node) {
					drop(child(owner, "properties"), p.name)
					without(child(owner, "required"), p.name)
				})
				d.add(m)
			}
		}
	},
}

// alone reports whether the member is the only one that its object has.
func alone(p *place) bool { return p.parent != nil && len(p.parent.schema.Properties) == 1 }

// sorts reports whether a list is sorted by the member.
func sorts(p *place) bool {
	if p.parent == nil || p.parent.parent == nil {
		return false
	}
	return slices.ContainsFunc(p.parent.parent.schema.Order, func(k contract.SortKey) bool { return k.Name == p.name })
}

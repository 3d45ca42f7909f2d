package mutants

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

var order = operator{
	name: "order",
	does: "a list stands in reverse, in the order of creation, or sorted by another member",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if len(p.schema.Order) > 0 {
					d.order(p)
				}
			}
		}
	},
}

func (d *deriver) order(p *place) {
	rule := p.rule("order")
	d.add(Mutant{Name: rule + "/none", Says: p.op.ID + " lists in the order of creation", Breaks: []string{rule},
		edit: p.change(func(s *yaml.Node) { drop(s, "x-order") })})
	var reversed []string
	for _, key := range p.schema.Order {
		if key.Descending {
			reversed = append(reversed, key.Name)
		} else {
			reversed = append(reversed, "-"+key.Name)
		}
	}
	d.add(Mutant{Name: rule + "/reversed", Says: p.op.ID + " lists in reverse order", Breaks: []string{rule},
		edit: p.change(func(s *yaml.Node) { set(s, "x-order", "["+strings.Join(reversed, ", ")+"]") })})
	for _, m := range p.schema.Items.Properties {
		if m.Name == p.schema.Order[0].Name || m.Computed != nil || m.Type != "integer" && m.Type != "number" {
			continue
		}
		sign := ""
		if p.schema.Order[0].Descending {
			sign = "-"
		}
		d.add(Mutant{Name: rule + "/" + m.Name, Says: p.op.ID + " lists by " + m.Name, Breaks: []string{rule},
			edit: p.change(func(s *yaml.Node) { set(s, "x-order", "["+sign+m.Name+"]") })})
		return // one stands for all
	}
}

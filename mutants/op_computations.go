package mutants

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var computations = operator{
	name: "computations",
	does: "a computed value is computed otherwise: with other weights, floored, rounded, from the e-mail as it stands, in milliseconds",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if p.schema.Computed != nil {
					d.computation(p)
				}
			}
		}
	},
}

func (d *deriver) computation(p *place) {
	c := p.schema.Computed
	rule := p.rule("computed")
	as := func(name, says string, edit func(*yaml.Node)) {
		d.add(Mutant{Name: rule + "/" + name, Says: answersWith(p, says), Breaks: []string{rule}, Entails: d.orderedBy(p.name), edit: p.change(edit)})
	}
	computed := func(value string) func(*yaml.Node) {
		return func(s *yaml.Node) { set(s, "x-computed", value) }
	}
	args := strings.Join(c.Args, ", ")
	switch c.Function {
	case "mean":
		as("weighted", fmt.Sprintf("%s in which %s weighs twice", a(p.name), c.Args[0]), computed(fmt.Sprintf("{mean: [%s, %s]}", c.Args[0], args)))
		as("1-decimal", p.name+" rounded to one decimal", computed(fmt.Sprintf("{mean: [%s], decimals: 1}", args)))
		as("2-decimals", p.name+" rounded to two decimals", computed(fmt.Sprintf("{mean: [%s], decimals: 2}", args)))
		as("floor", p.name+" without its fraction", func(s *yaml.Node) { set(s, "type", "integer") })
		if len(c.Args) > 1 {
			as("partial", fmt.Sprintf("%s that leaves %s out", a(p.name), c.Args[len(c.Args)-1]), computed(fmt.Sprintf("{mean: [%s]}", strings.Join(c.Args[:len(c.Args)-1], ", "))))
		}
	case "gravatar":
		as("raw", p.name+" with the hash of the e-mail as it stands, capital letters too", computed(fmt.Sprintf("{gravatar: [%s], raw: true}", args)))
		as("elsewhere", p.name+" at another host", computed(fmt.Sprintf(`{gravatar: [%s], base: "https://avatars.example.com/"}`, args)))
	case "clock":
		d.add(Mutant{Name: rule + "/milliseconds", Says: answersWith(p, p.name+" in milliseconds"), Breaks: []string{rule},
			plant: p.rewritten(milliseconds)})
		d.add(Mutant{Name: rule + "/zero", Says: answersWith(p, "0 for "+p.name), Breaks: []string{rule},
			plant: p.rewritten(func(any) any { return 0 })})
	}
}

// orderedBy returns the rules of the lists that stand in the order of a member.
func (d *deriver) orderedBy(member string) (out []string) {
	for _, op := range d.contract.Operations {
		if op.Success == nil || op.Success.Schema == nil {
			continue
		}
		for _, key := range op.Success.Schema.Order {
			if key.Name == member {
				out = append(out, success(op)+".order")
			}
		}
	}
	return out
}

func milliseconds(v any) any {
	n, ok := contract.Number(v)
	if !ok {
		return v
	}
	return int64(n) * 1000
}

package mutants

import "strings"

var nulls = operator{
	name: "nulls",
	does: "a member of an answer is null",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if p.name == "" || !p.required || p.schema.Nullable || strings.HasSuffix(p.prefix, "[]") {
					continue
				}
				d.add(Mutant{Name: p.rule("required") + "/null", Says: answersWith(p, "null for "+p.name), Breaks: []string{p.rule("required")},
					plant: p.rewritten(func(any) any { return nil })})
			}
		}
	},
}

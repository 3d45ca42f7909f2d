package mutants

import (
	"strings"

	"go.yaml.in/yaml/v3"
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
				d.add(Mutant{Name: p.rule("required") + "/absent", Says: answersWith(p, "without "+p.name), Breaks: []string{p.rule("required")},
					edit: p.changeOwner(func(owner *yaml.Node) {
						drop(child(owner, "properties"), p.name)
						without(child(owner, "required"), p.name)
					})})
			}
		}
	},
}

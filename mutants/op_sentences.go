package mutants

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var sentences = operator{
	name: "sentences",
	does: "a sentence that no schema can say is struck out, and the mock no longer does what it said",
	derive: func(d *deriver) {
		for _, r := range d.contract.Rules {
			if r.Keyword == "sentence" {
				d.strike(r)
			}
		}
	},
}

func (d *deriver) strike(r *contract.Rule) {
	d.add(Mutant{Name: r.ID + "/struck", Says: "this does not hold: " + lowerFirst(strings.TrimSuffix(r.Sentence, ".")), Breaks: []string{r.ID},
		edit: func(doc *document) bool { return strike(doc.root, r.ID) }})
}

// strike takes the sentence out, wherever it stands.
func strike(n *yaml.Node, id string) bool {
	if list := child(n, "x-rules"); list != nil && list.Kind == yaml.SequenceNode {
		for i, rule := range list.Content {
			if scalar(rule, "id") == id {
				list.Content = append(list.Content[:i], list.Content[i+1:]...)
				return true
			}
		}
	}
	for _, c := range n.Content {
		if strike(c, id) {
			return true
		}
	}
	return false
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || len(s) > 1 && s[1] == ' ' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

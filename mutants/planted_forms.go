package mutants

import (
	"bytes"
	"slices"

	"assay/contract"
)

var forms = operator{
	name: "forms",
	does: "an answer's body is empty, an HTML page, text, wrapped in an envelope; every body has a byte-order mark, further bytes or a key twice",
	derive: func(d *deriver) {
		var types []string
		for _, op := range d.contract.Operations {
			if !answersJSON(op) {
				continue
			}
			rule := success(op) + ".type"
			types = append(types, rule)
			d.form(op, "empty", "an empty body", func(x *passage) { x.body = nil })
			d.form(op, "html", "an HTML page", func(x *passage) { x.answer(x.status, "text/html", "<!DOCTYPE html><html><body>OK</body></html>") })
			d.form(op, "text", "text that is no JSON", func(x *passage) { x.answer(x.status, "text/plain", "OK") })
			d.enveloped(op)
		}
		every := func(name, says string, edit func(*passage)) {
			d.add(Mutant{Name: "every-answer/" + name, Says: "every answer " + says, Breaks: types,
				plant: through(nil, nil, func(x *passage) {
					if x.succeeded() && len(x.body) > 0 {
						edit(x)
					}
				})})
		}
		every("byte-order-mark", "begins with a byte-order mark", func(x *passage) { x.body = append([]byte("\xef\xbb\xbf"), x.body...) })
		every("trailing-bytes", "has further bytes behind the JSON", func(x *passage) { x.body = append(slices.Clone(x.body), "{}"...) })
	},
}

func answersJSON(op *contract.Operation) bool {
	return op.Success != nil && op.Success.Schema != nil && slices.ContainsFunc(op.Success.Types, func(t string) bool {
		return bytes.Contains([]byte(t), []byte("json"))
	})
}

// form changes the body of success of one operation. Without it scenarios
// cannot go on, so whatever rests on the operation may fall too.
func (d *deriver) form(op *contract.Operation, name, says string, edit func(*passage)) {
	d.add(Mutant{Name: success(op) + ".type/" + name, Says: op.ID + " answers " + says, Breaks: []string{success(op) + ".type"}, Entails: rulesBelow(d.contract, op.ID),
		plant: through(op, nil, func(x *passage) {
			if x.succeeded() {
				edit(x)
			}
		})})
}

// enveloped wraps the answer as many frameworks do: {"data": …}.
func (d *deriver) enveloped(op *contract.Operation) {
	breaks := []string{success(op) + ".type"}
	if op.Success.Schema.Type == "object" {
		breaks = nil
		for _, m := range op.Success.Schema.Properties {
			if m.Required {
				breaks = append(breaks, success(op)+"."+m.Name+".required")
			}
		}
	}
	d.add(Mutant{Name: success(op) + "/enveloped", Says: op.ID + " wraps its answer in a member called data", Breaks: breaks, Entails: rulesBelow(d.contract, op.ID),
		plant: through(op, nil, func(x *passage) {
			x.changeAnswer(func(v any) any { return map[string]any{"data": v, "success": true} })
		})})
}

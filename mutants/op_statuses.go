package mutants

import (
	"fmt"
	"strconv"

	"assay/contract"
)

var statuses = operator{
	name: "statuses",
	does: "success has another status: 200 for 201 and for 204, where a body comes along, 201 or 204 for 200",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			if op.Success == nil || op.Success.Status/100 != 2 {
				continue
			}
			for _, other := range otherStatuses(op) {
				from, to := strconv.Itoa(op.Success.Status), strconv.Itoa(other)
				d.add(Mutant{Name: success(op) + "/" + to, Says: fmt.Sprintf("%s answers %s instead of %s", op.ID, to, from), Breaks: []string{success(op)}, Entails: bodyless(d, op, other),
					edit: func(doc *document) bool { return answerInstead(doc, op, from, to) }})
			}
		}
	},
}

// bodyless are the rules of a body that does not come any more.
func bodyless(d *deriver, op *contract.Operation, status int) []string {
	if status == 204 && op.Success.Schema != nil {
		return rulesBelow(d.contract, success(op))
	}
	return nil
}

func otherStatuses(op *contract.Operation) []int {
	switch op.Success.Status {
	case 200:
		return []int{201, 204}
	case 204:
		return []int{200}
	}
	return []int{200}
}

// answerInstead renames the status; one that says "no content" gets some, as
// servers that answer 200 to everything send it.
func answerInstead(doc *document, op *contract.Operation, from, to string) bool {
	responses := child(doc.operation(op), "responses")
	drop(responses, to)
	if !rename(responses, from, to) {
		return false
	}
	answer := child(responses, to)
	switch {
	case to == "204":
		drop(answer, "content")
	case from == "204" && child(answer, "content") == nil:
		set(answer, "content", "{application/json: {schema: {type: object, properties: {message: {type: string, default: done}}}}}")
	}
	return true
}

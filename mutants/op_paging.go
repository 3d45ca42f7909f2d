package mutants

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var paging = operator{
	name: "paging",
	does: "a page holds one more, one less or twice as many; the page parameter is ignored, or counts from zero",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if p.schema.Type == "array" && p.schema.MaxItems != nil {
					d.pageSize(p, *p.schema.MaxItems)
				}
			}
			if page := op.PageParam(); page != nil {
				d.pageParam(op, page)
			}
		}
	},
}

func (d *deriver) pageSize(p *place, size int) {
	rule := p.rule("maxItems")
	for _, other := range []int{size - 1, size + 1, 2 * size} {
		if other < 1 {
			continue
		}
		d.add(Mutant{Name: fmt.Sprintf("%s/%d", rule, other), Says: fmt.Sprintf("a page of %s holds %s", p.op.ID, count(other, "item")), Breaks: []string{rule},
			edit: p.change(func(s *yaml.Node) { set(s, "maxItems", strconv.Itoa(other)) })})
	}
	d.add(Mutant{Name: rule + "/all", Says: p.op.ID + " answers everything at once", Breaks: []string{rule}, Entails: []string{p.op.ID + ".past-the-end", p.op.ID + ".every-item-once", p.op.ID + ".query.page.default"},
		edit: p.change(func(s *yaml.Node) { set(s, "maxItems", "1000000") })})
}

func (d *deriver) pageParam(op *contract.Operation, page *contract.Param) {
	once := op.ID + ".every-item-once"
	prefix := op.ID + ".query." + page.Name
	d.add(Mutant{Name: prefix + "/ignored", Says: op.ID + " answers the first page whatever page is asked for", Breaks: []string{once},
		Entails: append(rulesBelow(d.contract, prefix), op.ID+".past-the-end", success(op)+".maxItems", success(op)+".order"),
		edit: func(doc *document) bool {
			params := child(doc.operation(op), "parameters")
			p := parameter(params, "query", page.Name)
			for i := range params.Content {
				if params.Content[i] == p {
					params.Content = append(params.Content[:i], params.Content[i+1:]...)
					return true
				}
			}
			return false
		}})
	if low := page.Schema.Minimum; low != nil && page.Schema.Default != nil {
		below := number(*low - 1)
		d.add(Mutant{Name: prefix + "/from-" + below, Says: fmt.Sprintf("%s counts pages from %s", op.ID, below), Breaks: []string{once},
			Entails: append(append(rulesBelow(d.contract, prefix), allStored(d.contract, op)...), op.ID+".past-the-end", success(op)+".maxItems", success(op)+".order"),
			edit: func(doc *document) bool {
				schema := down(parameter(child(doc.operation(op), "parameters"), "query", page.Name), "schema")
				if schema == nil {
					return false
				}
				set(schema, "minimum", below)
				set(schema, "default", below)
				return true
			}})
	}
}

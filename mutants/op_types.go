package mutants

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var types = operator{
	name: "types",
	does: "a value has another JSON type: numbers as text, text as numbers, integers as fractions, arrays and objects wrapped; what is sent may have any",
	derive: func(d *deriver) {
		float := false
		for _, op := range d.contract.Operations {
			for _, p := range requests(op) {
				d.looser(p)
			}
			for _, p := range answers(op) {
				d.retyped(p)
				if p.schema.Type == "integer" && p.schema.Computed == nil && !float {
					float = true // one stands for all
					d.add(Mutant{Name: p.rule("type") + "/fraction", Says: answersWith(p, p.subject()+" with a fraction"), Breaks: []string{p.rule("type")}, Entails: rulesBelow(d.contract, success(op)),
						plant: p.rewritten(func(v any) any {
							n, _ := contract.Number(v)
							return n + 0.5
						})})
				}
			}
		}
	},
}

// looser lets more types of a sent number pass.
func (d *deriver) looser(p *place) {
	rule := p.rule("type")
	if p.schema.Type == "integer" && p.in == "body" { // a parameter's fraction is nobody's case
		d.add(Mutant{Name: rule + "/number", Says: takes(p, "a fraction for "+p.name), Breaks: []string{rule},
			edit: p.change(func(s *yaml.Node) { set(s, "type", "number") })})
	}
	if p.in == "query" {
		d.looseParameter(p)
	} else if p.schema.Type == "integer" || p.schema.Type == "number" {
		d.add(Mutant{Name: rule + "/any", Says: takes(p, "any JSON value for "+p.name), Breaks: []string{rule}, Entails: []string{p.rule("minimum"), p.rule("maximum"), p.rule("required")},
			edit: p.change(func(s *yaml.Node) {
				drop(s, "type")
				drop(s, "default")
			})})
	}
}

// looseParameter passes over a parameter that is no number.
func (d *deriver) looseParameter(p *place) {
	d.add(Mutant{Name: p.rule("type") + "/any", Says: takes(p, "any text for "+p.name), Breaks: []string{p.rule("type")},
		plant: through(p.op, func(x *passage) {
			query := x.request.URL.Query()
			if _, err := strconv.ParseFloat(query.Get(p.name), 64); err != nil {
				query.Del(p.name)
				x.request.URL.RawQuery = query.Encode()
			}
		}, nil)})
}

// retyped answers another type. What else the place's rules say can then not
// be judged, or does not hold either.
func (d *deriver) retyped(p *place) {
	rule := p.rule("type")
	as := func(name, says string, edit func(*yaml.Node)) {
		d.add(Mutant{Name: rule + "/" + name, Says: answersWith(p, says), Breaks: []string{rule}, edit: p.change(edit)})
	}
	switch p.schema.Type {
	case "integer":
		as("string", p.subject()+" as text", func(s *yaml.Node) { retype(s, "string") })
	case "number":
		as("string", p.subject()+" as text", func(s *yaml.Node) { retype(s, "string") })
	case "string":
		if p.schema.JWT == nil {
			as("integer", p.subject()+" as a number", func(s *yaml.Node) { retype(s, "integer") })
			return
		}
		d.add(Mutant{Name: rule + "/integer", Says: answersWith(p, p.subject()+" as a number"), Breaks: []string{rule}, // the mock must still know it for a token
			plant: p.rewritten(func(any) any { return 20260101 })})
	case "boolean":
		as("string", p.subject()+" as text", func(s *yaml.Node) { retype(s, "string") })
	case "object":
		if strings.HasSuffix(p.prefix, "[]") {
			d.add(Mutant{Name: rule + "/string", Says: answersWith(p, "items that are no objects"), Breaks: []string{rule}, Entails: append(rulesBelow(d.contract, p.op.ID), allStored(d.contract, p.op)...),
				plant: p.rewritten(func(any) any { return "an item" })})
		}
	case "array":
		as("wrapped", p.subject()+" wrapped in an object", func(s *yaml.Node) { wrapped(s) })
	}
}

func retype(schema *yaml.Node, to string) {
	set(schema, "type", to)
	for _, key := range []string{"format", "minLength", "maxLength", "pattern", "allOf", "enum", "minimum", "maximum", "default"} {
		drop(schema, key)
	}
}

// wrapped puts an array into an object beside a total.
func wrapped(schema *yaml.Node) {
	array := *schema
	*schema = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	set(schema, "type", "object")
	set(schema, "properties", "{total: {type: integer}}")
	put(child(schema, "properties"), "items", &array)
}

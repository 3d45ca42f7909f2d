package mutants

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var patterns = operator{
	name: "patterns",
	does: "a pattern, a format or an enumeration of what is sent is removed, or more is asked than the document does",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range requests(op) {
				d.patterns(p)
				if p.schema.Format == "email" {
					d.add(Mutant{Name: p.rule("format") + "/removed", Says: takes(p, a(p.subject())+" of any form"), Breaks: []string{p.rule("format")},
						edit: p.change(func(s *yaml.Node) { drop(s, "format") })})
				}
				if len(p.schema.Enum) > 0 {
					d.add(Mutant{Name: p.rule("enum") + "/removed", Says: takes(p, a(p.subject())+" that is none of those documented"), Breaks: []string{p.rule("enum")},
						edit: p.change(func(s *yaml.Node) { drop(s, "enum") })})
				}
			}
		}
	},
}

func (d *deriver) patterns(p *place) {
	var all []string
	for _, pattern := range p.schema.Patterns {
		rule := d.patternRule(p, pattern)
		if rule == "" {
			continue
		}
		all = append(all, rule)
		d.add(Mutant{Name: rule + "/removed", Says: takes(p, a(p.subject())+" without "+patternWords(pattern)), Breaks: []string{rule},
			edit: p.change(func(s *yaml.Node) { dropPattern(s, pattern.Regexp.String()) })})
	}
	if len(all) == 0 {
		return
	}
	d.add(Mutant{Name: p.prefix + "/special-character", Says: refusesA(p, a(p.subject())+" without a special character"), Breaks: all[:1],
		Entails: append(append(all[1:], rulesBelow(d.contract, p.prefix)...), success(p.op)),
		edit:    p.change(func(s *yaml.Node) { addPattern(s, "[^A-Za-z0-9]") })})
}

// patternRule finds the rule of a pattern by its line.
func (d *deriver) patternRule(p *place, pattern contract.Pattern) string {
	for _, r := range d.contract.Rules {
		if r.Keyword == "pattern" && r.Line == pattern.Line && strings.HasPrefix(r.ID, p.prefix+".pattern") {
			return r.ID
		}
	}
	return ""
}

func patternWords(p contract.Pattern) string {
	if p.Title != "" {
		return p.Title
	}
	return "a match of " + p.Regexp.String()
}

func dropPattern(schema *yaml.Node, pattern string) {
	if scalar(schema, "pattern") == pattern {
		drop(schema, "pattern")
	}
	if parts := child(schema, "allOf"); parts != nil {
		for _, part := range parts.Content {
			dropPattern(part, pattern)
		}
	}
}

func addPattern(schema *yaml.Node, pattern string) {
	parts := child(schema, "allOf")
	if parts == nil {
		parts = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		put(schema, "allOf", parts)
	}
	part := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	put(part, "pattern", &yaml.Node{Kind: yaml.ScalarNode, Value: pattern, Tag: "!!str"})
	parts.Content = append(parts.Content, part)
}

package steps

import (
	"fmt"
	"slices"
	"strings"

	gherkin "github.com/cucumber/gherkin/go/v26"
	messages "github.com/cucumber/messages/go/v21"

	"assay/contract"
	"assay/reports"
)

// A Feature is the text of one feature file.
type Feature struct {
	File string // "idea-pool/ideas.feature"
	Text string
}

// slowTag marks scenarios that wait for real time to pass.
const slowTag = "slow"

// planned is a scenario before it runs.
type planned struct {
	id      string
	feature string
	file    string
	line    int
	chapter string // the Gherkin rule it stands under
	name    string
	tags    []string
	rules   []*contract.Rule
	slow    bool
	steps   []plannedStep
	lines   lines // of the scenario in the feature's text
}

type plannedStep struct{ keyword, text string }

// key tells a scenario from all others by what godog knows of it.
func (p *planned) key() string {
	texts := make([]string, len(p.steps))
	for i, s := range p.steps {
		texts[i] = s.text
	}
	return scenarioKey(p.file, p.name, texts)
}

func scenarioKey(file, name string, steps []string) string {
	return file + "\x00" + name + "\x00" + strings.Join(steps, "\x00")
}

// plan reads the features and finds the rules that each scenario judges.
func plan(c *contract.Contract, features []Feature) ([]*planned, error) {
	var out []*planned
	seen := map[string]*planned{}
	for _, f := range features {
		scenarios, err := planFeature(c, f)
		if err != nil {
			return nil, err
		}
		for _, p := range scenarios {
			if twin := seen[p.key()]; twin != nil {
				return nil, fmt.Errorf("%s: the scenario %q stands there word for word already, in line %d", p.id, p.name, twin.line)
			}
			seen[p.key()] = p
			out = append(out, p)
		}
	}
	return out, nil
}

func planFeature(c *contract.Contract, f Feature) ([]*planned, error) {
	n := 0
	newID := func() string { n++; return fmt.Sprint(n) }
	doc, err := gherkin.ParseGherkinDocument(strings.NewReader(f.Text), newID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.File, err)
	}
	if doc.Feature == nil {
		return nil, fmt.Errorf("%s: holds no feature", f.File)
	}
	nodes := indexNodes(doc.Feature)
	stands := scenarioLines(doc.Feature, strings.Count(f.Text, "\n")+1)
	var out []*planned
	for _, pickle := range gherkin.Pickles(*doc, f.File, newID) {
		node := nodes[pickle.AstNodeIds[0]]
		p := &planned{feature: doc.Feature.Name, file: f.File, chapter: node.chapter, name: pickle.Name, line: node.line, lines: stands[pickle.AstNodeIds[0]]}
		if len(pickle.AstNodeIds) > 1 {
			p.line = nodes[pickle.AstNodeIds[1]].line
		}
		p.id = fmt.Sprintf("%s:%d", f.File, p.line)
		for _, tag := range pickle.Tags {
			name := strings.TrimPrefix(tag.Name, "@")
			p.tags = append(p.tags, name)
			if rule := c.Rule(name); rule != nil {
				p.rules = append(p.rules, rule)
			}
			p.slow = p.slow || name == slowTag
		}
		for _, s := range pickle.Steps {
			p.steps = append(p.steps, plannedStep{keyword: nodes[s.AstNodeIds[0]].keyword, text: s.Text})
		}
		out = append(out, p)
	}
	return out, nil
}

// node is what a pickle no longer says of the text it came from.
type node struct {
	line             int
	keyword, chapter string
}

func indexNodes(f *messages.Feature) map[string]node {
	nodes := map[string]node{}
	steps := func(list []*messages.Step) {
		for _, s := range list {
			nodes[s.Id] = node{line: int(s.Location.Line), keyword: strings.TrimSpace(s.Keyword)}
		}
	}
	scenario := func(s *messages.Scenario, chapter string) {
		nodes[s.Id] = node{line: int(s.Location.Line), chapter: chapter}
		steps(s.Steps)
		for _, e := range s.Examples {
			for _, row := range e.TableBody {
				nodes[row.Id] = node{line: int(row.Location.Line)}
			}
		}
	}
	for _, child := range f.Children {
		if child.Background != nil {
			steps(child.Background.Steps)
		}
		if child.Scenario != nil {
			scenario(child.Scenario, "")
		}
		if child.Rule == nil {
			continue
		}
		for _, inner := range child.Rule.Children {
			if inner.Background != nil {
				steps(inner.Background.Steps)
			}
			if inner.Scenario != nil {
				scenario(inner.Scenario, child.Rule.Name)
			}
		}
	}
	return nodes
}

// A Selection chooses scenarios. The zero value chooses all.
type Selection struct {
	Tags  string   // a tag expression: "@a and not (@b or @c)"
	Rules []string // ids of rules, or of what they begin with
	Names []string // parts of scenario names, letters of any case
	IDs   []string // ids of scenarios, as reports.Scenario has them
}

// selector compiles a selection.
func (s Selection) selector() (func(*planned) bool, error) {
	tags, err := parseTags(s.Tags)
	if err != nil {
		return nil, err
	}
	return func(p *planned) bool {
		return tags(p.hasTag) && s.rules(p) && s.names(p) && s.ids(p)
	}, nil
}

func (p *planned) hasTag(name string) bool {
	for _, t := range p.tags {
		if t == name {
			return true
		}
	}
	return false
}

// rules selects the scenarios that judge a rule of that id. What an answer's
// rules say is judged with every answer, so they select the scenarios that
// call their operation.
func (s Selection) rules(p *planned) bool {
	if len(s.Rules) == 0 {
		return true
	}
	for _, want := range s.Rules {
		for _, rule := range p.rules {
			if rule.ID == want || strings.HasPrefix(rule.ID, want+".") {
				return true
			}
		}
	}
	return false
}

func (s Selection) names(p *planned) bool {
	if len(s.Names) == 0 {
		return true
	}
	for _, part := range s.Names {
		if strings.Contains(strings.ToLower(p.name), strings.ToLower(part)) {
			return true
		}
	}
	return false
}

func (s Selection) ids(p *planned) bool {
	return len(s.IDs) == 0 || slices.Contains(s.IDs, p.id)
}

// calls reports whether a step of the scenario calls the operation.
func (p *planned) calls(operation string) bool {
	for _, s := range p.steps {
		for _, word := range strings.Fields(s.text) {
			if word == operation {
				return true
			}
		}
	}
	return false
}

// skeleton is the scenario's part of the report before it ran.
func (p *planned) skeleton() *reports.Scenario {
	s := &reports.Scenario{ID: p.id, Feature: p.feature, File: p.file, Line: p.line, Chapter: p.chapter, Name: p.name, Tags: p.tags, Outcome: reports.Skipped}
	for _, r := range p.rules {
		s.Rules = append(s.Rules, r.ID)
	}
	for _, step := range p.steps {
		s.Steps = append(s.Steps, reports.Step{Keyword: step.keyword, Text: step.text, Outcome: reports.Skipped})
	}
	return s
}

package steps

import (
	"strings"

	messages "github.com/cucumber/messages/go/v21"
)

// lines is a part of a feature's text, both ends counted from 1 and included.
type lines struct{ from, to int }

// scenarioLines tells where each scenario of a feature stands, tags and
// examples included, by the id of its node.
func scenarioLines(f *messages.Feature, last int) map[string]lines {
	out := map[string]lines{}
	open := "" // the scenario that reaches to where the next thing begins
	begin := func(id string, at *messages.Location, tags []*messages.Tag) {
		from := int(at.Line)
		for _, tag := range tags {
			from = min(from, int(tag.Location.Line))
		}
		if open != "" {
			out[open] = lines{out[open].from, from - 1}
		}
		if open = id; id != "" {
			out[id] = lines{from, last}
		}
	}
	for _, child := range f.Children {
		if child.Scenario != nil {
			begin(child.Scenario.Id, child.Scenario.Location, child.Scenario.Tags)
		}
		if child.Rule == nil {
			continue
		}
		begin("", child.Rule.Location, child.Rule.Tags)
		for _, inner := range child.Rule.Children {
			if inner.Scenario != nil {
				begin(inner.Scenario.Id, inner.Scenario.Location, inner.Scenario.Tags)
			}
		}
	}
	return out
}

// blanked is a text with lines made empty, so that all others keep their numbers.
func blanked(text string, blank []lines) string {
	all := strings.Split(text, "\n")
	for _, part := range blank {
		for i := part.from - 1; i < min(part.to, len(all)); i++ {
			all[i] = ""
		}
	}
	return strings.Join(all, "\n")
}

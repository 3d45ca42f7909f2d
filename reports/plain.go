package reports

import (
	"fmt"
	"strings"

	"assay/contract"
)

// headline is a finding in a sentence.
func headline(f numbered) string {
	return visible(fmt.Sprintf("%s: %s %s", f.Verdict, f.Rule.ID, f.Rule.Sentence))
}

// plainText is findings as lines of plain text, as the terminal shows them but for frame and colour.
func plainText(found []numbered) []string {
	var lines []string
	for i, f := range found {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, headline(f))
		if f.Rule.Security {
			lines = append(lines, "  security finding")
		}
		for _, c := range cited(f.Rule) {
			lines = append(lines, "  "+visible(c))
		}
		lines = append(lines,
			"  "+visible(strings.Join(whereabouts(f), " · ")),
			"  expected  "+visible(f.Expected),
			"  actual    "+visible(f.Actual))
		for _, e := range f.Chain {
			lines = append(lines, "  "+exchangeLine(e))
		}
	}
	return lines
}

func exchangeLine(e *contract.Exchange) string {
	return visible(fmt.Sprintf("%s %s → %s", e.Request.Method, e.Request.URL, answered(e)))
}

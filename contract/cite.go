package contract

import (
	"fmt"
	"io/fs"
	"strings"
)

// CheckCitations compares each quotation with the cited lines of its document,
// found in fsys by the file name of x-sources. A document that is not there
// comes back in missing; each citation that its document does not bear out is
// a fault.
func (c *Contract) CheckCitations(fsys fs.FS) (faults Faults, missing []string) {
	texts := map[string][]string{}
	for _, s := range c.Sources {
		raw, err := fs.ReadFile(fsys, s.File)
		if err != nil {
			missing = append(missing, s.File)
			continue
		}
		texts[s.Name] = strings.Split(string(raw), "\n")
	}
	seen := map[string]bool{}
	for _, r := range c.Rules {
		for _, cited := range r.Citations {
			lines, ok := texts[cited.Source]
			key := cited.At + "\x00" + cited.Says
			if !ok || seen[key] {
				continue
			}
			seen[key] = true
			if problem := misquoted(lines, cited); problem != "" {
				faults = append(faults, Fault{File: c.File, Line: r.Line, Problem: fmt.Sprintf("%s: %s %s", r.ID, cited.At, problem), Hint: "quote a few words exactly as they stand there"})
			}
		}
	}
	return faults, missing
}

// misquoted says what is wrong with a quotation, or "".
func misquoted(lines []string, cited Citation) string {
	first, last := cited.Lines[0], cited.Lines[1]
	if first < 1 || last < first || last > len(lines) {
		return fmt.Sprintf("is no place in the document, which has %d lines", len(lines))
	}
	said := oneLine(strings.Join(lines[first-1:last], " "))
	if !strings.Contains(said, oneLine(cited.Says)) {
		return fmt.Sprintf("does not say %q", cited.Says)
	}
	const mostWords = 12
	if len(strings.Fields(cited.Says)) > mostWords {
		return fmt.Sprintf("is quoted with more than %d words", mostWords)
	}
	return ""
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

package reports

import (
	"io"
	"sort"
)

// Options say how a report is written. The zero value is a plain report with
// its secrets masked.
type Options struct {
	Color   bool // write ANSI colours; the caller knows whether a terminal reads them, and NO_COLOR
	Width   int  // columns of the terminal; 0 means 100
	Reveal  bool // show secrets as they travelled
	Verbose bool // the terminal lists every request and the coverage too
	// Saved is the path of the run's JSON report, named where a reader may replay a finding; empty when none is kept.
	Saved string
	// Since is how the run compares with a baseline; nil without one.
	Since *Delta

	viewed bool // the run is a view already: it has been masked and cut
}

// A Writer renders a run. It returns the first error of w, and none of its own:
// whatever a target answered can be rendered.
type Writer func(w io.Writer, run *Run, options Options) error

// Formats are the writers by the name that --format takes.
var Formats = map[string]Writer{
	"ctrf":     CTRF,
	"github":   GitHub,
	"har":      HAR,
	"html":     HTML,
	"json":     JSON,
	"junit":    JUnit,
	"markdown": Markdown,
	"terminal": Terminal,
}

// FormatNames returns the names of the formats, sorted.
func FormatNames() []string {
	names := make([]string, 0, len(Formats))
	for name := range Formats {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

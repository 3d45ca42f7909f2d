package reports

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"assay/contract"
)

// requests lists every request of the run on a line, under its scenario.
func (t *terminal) requests() {
	for _, s := range t.run.Scenarios {
		if len(s.Exchanges) == 0 {
			continue
		}
		id := visible(s.ID)
		t.line(t.paint(bold, shorten(visible(s.Name), max(20, t.width-columns(id)-2))), "  ", t.paint(dim, id))
		for _, e := range s.Exchanges {
			t.line(block, t.exchange(e))
		}
	}
	t.line()
}

func (t *terminal) exchange(e *contract.Exchange) string {
	colour := dim
	switch {
	case e.Response == nil || e.Response.Status >= 500:
		colour = red
	case e.Response.Status < 400:
		colour = green
	}
	answer := "none"
	if e.Response != nil {
		answer = visible(strconv.Itoa(e.Response.Status))
	}
	room := t.width - len(block) - columns(answer) - 12 // for the gaps and the time
	left := shorten(fmt.Sprintf("%-6s %s", visible(e.Request.Method), pathOf(e.Request.URL)), room)
	line := left + strings.Repeat(" ", max(1, room-columns(left)+1)) + t.paint(colour, answer) + "  " + t.paint(dim, lasted(e.Duration))
	if e.Response == nil {
		line += "\n" + block + "       " + shorten(visible(answered(e)), t.width-len(block)-7)
	}
	return line
}

// pathOf is what follows the host.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return visible(address)
	}
	if u.RawQuery != "" {
		return visible(u.EscapedPath() + "?" + u.RawQuery)
	}
	return visible(u.EscapedPath())
}

// coverage is the table of operations and the statuses that they answered with.
func (t *terminal) coverage() {
	if len(t.run.Coverage) == 0 {
		return
	}
	t.heading("coverage")
	t.line()
	widest := 0
	for _, c := range t.run.Coverage {
		widest = max(widest, columns(visible(c.Operation)))
	}
	for _, c := range t.run.Coverage {
		name := visible(c.Operation)
		t.line(name, strings.Repeat(" ", widest-columns(name)+2), strings.Join(tallies(c), "  "))
	}
	t.line()
}

// tallies words the statuses of an operation in their order: "201 ×12".
func tallies(c Coverage) []string {
	statuses := make([]string, 0, len(c.Statuses))
	for s := range c.Statuses {
		statuses = append(statuses, s)
	}
	sort.Strings(statuses)
	for i, s := range statuses {
		statuses[i] = visible(s) + " ×" + thousands(c.Statuses[s])
	}
	if len(statuses) == 0 {
		return []string{"not called"}
	}
	return statuses
}

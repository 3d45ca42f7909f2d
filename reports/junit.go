package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// JUnit writes the run as JUnit XML: a suite is a feature file, a test case is
// a scenario. A scenario with findings of its own fails with their text, a
// blocked one is skipped with what blocked it, and a target that cannot be
// reached is an error.
func JUnit(w io.Writer, run *Run, options Options) error {
	v := view(run, options)
	root := junitSuites{Name: "assay " + visible(title(v.Contract)), Time: seconds(v.Duration)}
	byFile := map[string]*junitSuite{}
	for _, s := range storiesOf(v) {
		suite := byFile[s.File]
		if suite == nil {
			suite = newSuite(v, nonEmpty(s.Feature, s.File, "assay"), s.File, len(root.Suites))
			byFile[s.File] = suite
			root.Suites = append(root.Suites, suite)
		}
		suite.add(junitOf(v, s), s.Duration)
	}
	if v.Unreachable != "" {
		suite := newSuite(v, "target", "", len(root.Suites))
		suite.add(junitCase{
			Name: reachable, ClassName: "assay.target", Time: seconds(0),
			Error: &junitProblem{Type: "unreachable", Message: visible(v.Unreachable), Text: visible(verdict(v).Sentence)},
		}, 0)
		root.Suites = append(root.Suites, suite)
	}
	for _, suite := range root.Suites {
		suite.Time = seconds(suite.spent)
		root.Tests += suite.Tests
		root.Failures += suite.Failures
		root.Errors += suite.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []*junitSuite
}

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	ID         int             `xml:"id,attr"`
	Package    string          `xml:"package,attr"`
	File       string          `xml:"file,attr,omitempty"`
	Hostname   string          `xml:"hostname,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase

	spent time.Duration
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	XMLName   xml.Name      `xml:"testcase"`
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	File      string        `xml:"file,attr,omitempty"`
	Line      int           `xml:"line,attr,omitempty"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
	Skipped   *junitProblem `xml:"skipped"`
	Output    *junitText    `xml:"system-out"`
}

type junitProblem struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

type junitText struct {
	Text string `xml:",cdata"`
}

func newSuite(run *Run, name, file string, id int) *junitSuite {
	return &junitSuite{
		Name: visible(name), ID: id, Package: packageOf(run, file), File: visible(file), Hostname: "localhost",
		Timestamp: run.Started.UTC().Format("2006-01-02T15:04:05"), // the schema knows no zone
		Properties: []junitProperty{
			{"target", visible(run.Target)},
			{"seed", strconv.FormatInt(run.Seed, 10)},
			{"contract", visible(title(run.Contract))},
			{"tool", visible(strings.TrimSpace(run.Tool.Name + " " + run.Tool.Version))},
		},
	}
}

func (s *junitSuite) add(c junitCase, took time.Duration) {
	s.Cases = append(s.Cases, c)
	s.spent += took
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// packageOf makes the dotted name under which viewers group: "idea-pool.ideas".
func packageOf(run *Run, file string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(file, "features/"), ".feature")
	return visible(strings.ReplaceAll(nonEmpty(name, run.Contract.Name, "assay"), "/", "."))
}

func junitOf(run *Run, s story) junitCase {
	c := junitCase{
		Name: nonEmpty(visible(s.Name), visible(s.ID), "a scenario"), ClassName: packageOf(run, s.File),
		File: visible(s.File), Line: s.Line, Time: seconds(s.Duration),
	}
	if s.Chapter != "" {
		c.Name = visible(s.Chapter) + ": " + c.Name
	}
	found := s.Own
	text := strings.Join(plainText(found), "\n")
	switch {
	case s.Ended == Failed || s.Ended == Advised && run.Strict:
		c.Failure = &junitProblem{Type: string(s.Ended), Message: nonEmpty(visible(s.Because), "a rule does not hold"), Text: text}
		if len(found) > 0 {
			c.Failure.Type, c.Failure.Message = string(found[0].Verdict), headline(found[0])
		}
		if len(found) > 1 {
			c.Failure.Message += fmt.Sprintf(" (and %d more)", len(found)-1)
		}
	case s.Ended == Advised:
		c.Output = &junitText{text}
	case s.Ended == Blocked || s.Ended == Skipped:
		c.Skipped = &junitProblem{Message: string(s.Ended) + because(s.Because)}
	}
	if len(s.Again) > 0 && c.Output == nil {
		c.Output = &junitText{"seen again on the way:\n" + strings.Join(headlines(s.Again), "\n")}
	}
	return c
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + visible(why)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

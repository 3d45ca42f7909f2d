package reports

import "html/template"

// A page is what the HTML report shows, worded; the template only lays it out.
type page struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Title, Word, Headline, Sentence, Kind           string
	Target, Contract, When, Took, Seed, Asked, Tool string
	Looks                                           string
	Tallies                                         []pageTally
	Findings                                        []pageFinding
	Against                                         string
	Since                                           []DeltaPart
	Groups                                          []pageGroup
	Features                                        []pageFeature
	Chapters                                        []pageChapter
	Statuses                                        []string
	Operations                                      []pageOperation
	Profile                                         []Trait
	Remarks                                         []Remark
}

// A pageTally is one stretch of the bar of verdicts; X and Width are in thousandths of it.
type pageTally struct {
	Verdict, Kind, Mark string
	Count               int
	X, Width            float64
}

type pageFinding struct {
	Number                                int
	Kind, Verdict, Mark                   string
	Security                              bool
	ID, Sentence, Quote, Source           string
	Sources                               []string
	Located, Scenario, ScenarioName, Step string
	Rule                                  string // anchor
	Times                                 int
	Expected, Actual                      string
	Frame                                 []pageLine
	FrameOf                               string
	Chain                                 []pageExchange
	Curl                                  string
	Replay                                string
}

type pageLine struct {
	Number int
	Spans  []span
	Hit    bool
	Note   string
}

type pageExchange struct {
	Method, Path, Answer, Kind, Who, Took string
	Open                                  bool
	Request, Response                     pageMessage
	Failure                               string
}

type pageMessage struct {
	Start   string
	Headers []harPair
	Body    [][]span
	More    int
	Cut     bool
}

type pageGroup struct {
	Kind, Heading, Because string
	Rules                  []pageRule
}

type pageFeature struct {
	Name, File string
	Open       bool
	Marks      []pageTally
	Scenarios  []pageScenario
}

type pageScenario struct {
	Anchor, Kind, Mark, Outcome, Name, Chapter, ID, Took, Because string
	Findings, Again                                               []pageFinding
	Steps                                                         []pageStep
	Rules                                                         []string
}

type pageStep struct {
	Kind, Mark, Outcome, Keyword, Text, Because string
	Requests                                    []pageExchange
}

type pageChapter struct {
	Name  string
	Kept  int
	Rules []pageRule
}

type pageRule struct {
	Anchor, ID, Sentence, Kind, Mark, Verdict, Basis, Because, Located, Source string
	Security                                                                   bool
	Judged, Finding                                                            int
}

type pageOperation struct {
	Name, Method, Path string
	Cells              []pageCell
}

type pageCell struct {
	Status, Kind string
	Count        int
}

// Package faults lets things go wrong in a mock, as they do in the field: slow
// answers, refusals, broken bodies, broken connections. What befalls which
// requests is data, the same in YAML at the start and as JSON over HTTP:
//
//	seed: 7
//	faults:
//	  - {operation: listIdeas, delay: 200ms..2s}
//	  - {operation: createIdea, every: 3, status: 503, retry_after: 5}
//	  - {operation: refresh, times: 1, refuse: credentials}
//	  - {user: demo@example.com, chance: 0.1, connection: reset}
package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

// A Spec says which requests something befalls, and what. A request must fit
// every member that is given.
type Spec struct {
	Name      string `json:"name,omitempty" yaml:"name"`
	Operation string `json:"operation,omitempty" yaml:"operation"` // operationId; empty or "*" for any request
	User      string `json:"user,omitempty" yaml:"user"`           // login or id of who is signed in

	After  int     `json:"after,omitempty" yaml:"after"`   // let so many fitting requests pass first
	Every  int     `json:"every,omitempty" yaml:"every"`   // then only each n-th; 0 and 1 are all
	Times  int     `json:"times,omitempty" yaml:"times"`   // at most so many; 0 without end
	Chance float64 `json:"chance,omitempty" yaml:"chance"` // of each of those, from 0 to 1; 0 counts as 1

	Delay      Span              `json:"delay,omitzero" yaml:"delay"`
	Status     int               `json:"status,omitempty" yaml:"status"`           // answered in the contract's words
	Refuse     contract.Kind     `json:"refuse,omitempty" yaml:"refuse"`           // or the contract's refusal of this kind
	Example    string            `json:"example,omitempty" yaml:"example"`         // name of the documented body of Status
	Reason     string            `json:"reason,omitempty" yaml:"reason"`           // the text in a refusal
	RetryAfter int               `json:"retry_after,omitempty" yaml:"retry_after"` // seconds
	Header     map[string]string `json:"header,omitempty" yaml:"header"`
	Body       Damage            `json:"body,omitempty" yaml:"body"`
	Pace       int               `json:"pace,omitempty" yaml:"pace"` // bytes of the body a second; 0 is as fast as can be
	Connection Ending            `json:"connection,omitempty" yaml:"connection"`
}

// Damage is what becomes of a body.
type Damage string

const (
	Malformed Damage = "malformed"  // no JSON any more, but whole
	Truncated Damage = "truncated"  // half of it, then the connection ends
	WrongType Damage = "wrong-type" // one value becomes one of another JSON type
	Empty     Damage = "empty"
)

// Ending is what becomes of a connection instead of an answer.
type Ending string

const (
	Reset    Ending = "reset"     // TCP RST
	NoAnswer Ending = "no-answer" // it stays open, and nothing comes
)

// A Span of time, fixed or drawn anew for each request.
type Span struct{ From, To time.Duration }

// longestDelay bounds a Span: no client waits longer.
const longestDelay = 10 * time.Minute

func (s Span) String() string {
	if s.From == s.To {
		return s.From.String()
	}
	return s.From.String() + ".." + s.To.String()
}

// parseSpan reads "2s", "100ms..2s", or seconds.
func parseSpan(text string) (s Span, err error) {
	from, to, ranged := strings.Cut(text, "..")
	if s.From, err = parseDuration(from); err != nil {
		return Span{}, err
	}
	if s.To = s.From; ranged {
		if s.To, err = parseDuration(to); err != nil {
			return Span{}, err
		}
	}
	if s.To < s.From {
		return Span{}, fmt.Errorf("%q ends before it begins", text)
	}
	return s, nil
}

func parseDuration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	d, err := time.ParseDuration(text)
	if err != nil {
		d, err = time.ParseDuration(text + "s")
	}
	if err != nil || d < 0 || d > longestDelay {
		return 0, fmt.Errorf("%q is no delay: write 2s, 300ms, 100ms..2s or seconds, up to %s", text, longestDelay)
	}
	return d, nil
}

// MarshalJSON writes the span as text.
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the span from text, or from seconds.
func (s *Span) UnmarshalJSON(raw []byte) (err error) {
	text := strings.Trim(string(raw), `"`)
	*s, err = parseSpan(text)
	return err
}

// UnmarshalYAML reads the span from text, or from seconds.
func (s *Span) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: delay is a text such as 2s or 100ms..2s", n.Line)
	}
	*s, err = parseSpan(n.Value)
	return err
}

// A File is what a YAML file of faults says.
type File struct {
	Seed   uint64 `yaml:"seed"` // of what is drawn: chances, delays, which value gets another type
	Faults []Spec `yaml:"faults"`
}

// inOneLine words an error of YAML, which has a line for each mistake.
func inOneLine(err error) error {
	var many *yaml.TypeError
	if errors.As(err, &many) {
		return errors.New(strings.Join(many.Errors, "; "))
	}
	return err
}

// Parse reads a file of faults for contracts that are served side by side. A key
// that nobody knows, an operation that no contract has, and values out of bounds
// are errors.
func Parse(text []byte, contracts ...*contract.Contract) (*File, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var f File
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the faults cannot be read: %w", inOneLine(err))
	}
	for i := range f.Faults {
		if err := f.Faults[i].checkAny(contracts); err != nil {
			return nil, fmt.Errorf("fault %d: %w", i+1, err)
		}
	}
	return &f, nil
}

// For returns the part of the file that is for this contract.
func (f *File) For(c *contract.Contract) File {
	out := File{Seed: f.Seed}
	for _, s := range f.Faults {
		if s.Check(c) == nil {
			out.Faults = append(out.Faults, s)
		}
	}
	return out
}

// checkAny finds a spec good that is good for one of the contracts.
func (s *Spec) checkAny(contracts []*contract.Contract) (err error) {
	for _, c := range contracts {
		if err = s.Check(c); err == nil {
			return nil
		}
	}
	return err
}

// Kinds are what Refuse may name.
var Kinds = []contract.Kind{contract.Malformed, contract.Missing, contract.Invalid, contract.Unknown, contract.Unauthenticated, contract.Forbidden, contract.Credentials, contract.Taken}

// Check reports what is wrong with a spec; c is the contract whose operations it may name.
func (s *Spec) Check(c *contract.Contract) error {
	known := s.Operation == "" || s.Operation == "*" || c.Operation(s.Operation) != nil
	switch {
	case !known:
		return fmt.Errorf("operation: the contract has no %q; it has %s", s.Operation, names(c))
	case s.After < 0 || s.Every < 0 || s.Times < 0 || s.Pace < 0 || s.RetryAfter < 0:
		return errors.New("after, every, times, pace and retry_after are 0 or more")
	case s.Chance < 0 || s.Chance > 1:
		return fmt.Errorf("chance: %g is not from 0 to 1", s.Chance)
	case s.Status != 0 && (s.Status < 200 || s.Status > 599):
		return fmt.Errorf("status: %d is not from 200 to 599", s.Status)
	case s.Refuse != "" && !slices.Contains(Kinds, s.Refuse):
		return fmt.Errorf("refuse: %q is none of %v", s.Refuse, Kinds)
	case s.Refuse != "" && (s.Operation == "" || s.Operation == "*"):
		return errors.New("refuse: needs an operation, whose refusal it is; or give a status")
	case !slices.Contains([]Damage{"", Malformed, Truncated, WrongType, Empty}, s.Body):
		return fmt.Errorf("body: %q is none of malformed, truncated, wrong-type, empty", s.Body)
	case !slices.Contains([]Ending{"", Reset, NoAnswer}, s.Connection):
		return fmt.Errorf("connection: %q is none of reset, no-answer", s.Connection)
	case s.Example != "" && s.Status == 0:
		return errors.New("example: needs the status whose body it is")
	case !s.does():
		return errors.New("it does nothing: give one of delay, status, refuse, header, retry_after, body, pace, connection")
	}
	return s.checkHeader()
}

func (s *Spec) does() bool {
	return s.Delay != Span{} || s.Status != 0 || s.Refuse != "" || s.Body != "" || s.Pace != 0 || s.Connection != "" || len(s.Header) > 0 || s.RetryAfter > 0
}

func (s *Spec) checkHeader() error {
	for name, value := range s.Header {
		if name == "" || strings.ContainsAny(name, " \t\r\n:\x00") || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("header: %q: %q cannot be sent", name, value)
		}
	}
	return nil
}

func names(c *contract.Contract) string {
	ids := make([]string, len(c.Operations))
	for i, op := range c.Operations {
		ids[i] = op.ID
	}
	return strings.Join(ids, ", ")
}

// String says in a few words what befalls a request.
func (s *Spec) String() string {
	if s.Name != "" {
		return s.Name
	}
	var words []string
	add := func(given bool, format string, args ...any) {
		if given {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(s.Delay != Span{}, "delay %s", s.Delay)
	add(s.Status != 0, "status %d", s.Status)
	add(s.Refuse != "", "refuse as %s", s.Refuse)
	add(s.RetryAfter > 0, "retry after %d s", s.RetryAfter)
	add(len(s.Header) > 0, "header")
	add(s.Body != "", "%s body", s.Body)
	add(s.Pace > 0, "%d bytes a second", s.Pace)
	add(s.Connection == Reset, "connection reset")
	add(s.Connection == NoAnswer, "no answer")
	return strings.Join(words, ", ")
}

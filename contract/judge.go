package contract

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// A JudgeOption tells the judge what an answer alone does not.
type JudgeOption func(*judge)

// At tells the judge the target's time when it answered, and how far that may
// be off. Without it nothing is said of clocks and lifetimes.
func At(now time.Time, within time.Duration) JudgeOption {
	return func(j *judge) { j.now, j.within = now, within }
}

// Sent tells the judge the request's body: computed members may follow from it.
func Sent(body any) JudgeOption {
	return func(j *judge) { j.sent, _ = body.(map[string]any) }
}

// JudgeResponse judges an answer of the operation: its status, its documented
// headers and its body. An undocumented 2xx or 3xx breaks the rule of the
// documented status, and the body is still judged as that answer's. A 4xx that
// is not documented as a rule, and any 5xx, is left to the caller, who knows
// what was due.
func (o *Operation) JudgeResponse(status int, header http.Header, body []byte, options ...JudgeOption) Judgement {
	j := &judge{contract: o.contract, op: o}
	for _, option := range options {
		option(j)
	}
	answer := o.Answer(status)
	switch {
	case status >= 500, o.Success == nil:
		return j.done(nil)
	case status >= 400:
		if answer == nil || o.contract.Rule(ruleID(o.ID, strconv.Itoa(answer.Status))) == nil {
			v, _ := DecodeStrict(body)
			return j.done(v)
		}
	case answer == nil || answer.Status == 0:
		answer = o.Success
	}
	id := ruleID(o.ID, strconv.Itoa(answer.Status))
	j.decided(id)
	if answer.Status != status {
		j.breach(Breach{RuleID: id, Kind: Invalid, In: "status", Expected: ShowStatus(answer.Status), Actual: ShowStatus(status)})
	}
	j.headers(id, answer, header)
	return j.done(j.body(id, answer, status, body))
}

// judge is one judgement under way.
type judge struct {
	contract *Contract
	op       *Operation
	request  bool
	now      time.Time
	within   time.Duration
	sent     map[string]any
	quiet    bool // only whether there is a fault matters, not which
	faulty   bool // what a quiet judge found: a breach or a remark
	out      Judgement
}

func (j *judge) done(value any) Judgement {
	j.out.Value = value
	sort.SliceStable(j.out.Breaches, func(a, b int) bool { return j.out.Breaches[a].Pointer < j.out.Breaches[b].Pointer })
	return j.out
}

// id names a rule; a quiet judge names none, since nobody will read it.
func (j *judge) id(parts ...string) string {
	if j.quiet {
		return ""
	}
	return ruleID(parts...)
}

// at is the pointer to a member or item.
func (j *judge) at(pointer, name string) string {
	if j.quiet {
		return ""
	}
	return pointer + "/" + escapePointer(name)
}

func (j *judge) decided(id string) {
	if j.quiet {
		return
	}
	if j.contract.rules[id] != nil {
		j.out.Judged = append(j.out.Judged, id)
	}
}

func (j *judge) breach(b Breach) {
	if j.quiet {
		j.faulty = true
		return
	}
	if b.In == "" {
		b.In = "body"
	}
	b.Rule = j.contract.rules[b.RuleID]
	j.out.Breaches = append(j.out.Breaches, b)
}

func (j *judge) headers(id string, a *Answer, header http.Header) {
	for _, h := range a.Header {
		prefix := j.id(id, "header", h.Name)
		values := header.Values(h.Name)
		if h.Required {
			j.decided(j.id(prefix, "required"))
		}
		if len(values) == 0 {
			if h.Required {
				j.breach(Breach{RuleID: j.id(prefix, "required"), Kind: Missing, In: "header", Pointer: h.Name, Expected: "the header " + h.Name, Actual: "no such header"})
			}
			continue
		}
		j.check(h.Schema, FromText(h.Schema, values[0]), prefix, h.Name, "header")
	}
}

// body judges an answer's body and returns its value.
func (j *judge) body(id string, a *Answer, status int, body []byte) any {
	if len(a.Types) == 0 {
		if len(strings.TrimSpace(string(body))) > 0 && status != http.StatusNoContent {
			v, _ := DecodeStrict(body)
			if a.Status == http.StatusNoContent {
				j.breach(Breach{RuleID: id, Kind: Invalid, Expected: "no body", Actual: count(int64(len(body)), "byte")})
			}
			return v
		}
		return nil
	}
	if a.Schema == nil || !jsonTypes(a.Types) {
		return nil
	}
	v, err := DecodeStrict(body)
	if err != nil {
		actual := err.Error()
		if len(body) == 0 {
			actual = "an empty body"
		} else if looksLikeHTML(body) {
			actual = "an HTML page"
		}
		rule := j.id(id, "type")
		j.decided(rule)
		j.breach(Breach{RuleID: rule, Kind: Malformed, Expected: "JSON, " + a.Schema.Describe(), Actual: actual})
		lenient, ok := DecodeLeniently(body)
		if !ok {
			return nil
		}
		v = lenient
	}
	j.check(a.Schema, v, id, "", "body")
	return v
}

// DecodeLeniently reads what a forgiving client would, so that one fault of
// form does not hide what else the answer says.
func DecodeLeniently(body []byte) (any, bool) {
	const most = 1 << 20
	if len(body) > most {
		return nil, false
	}
	dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff")))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	return v, true
}

func looksLikeHTML(body []byte) bool {
	start := strings.ToLower(strings.TrimSpace(string(body[:min(len(body), 200)])))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

func jsonTypes(types []string) bool {
	for _, t := range types {
		if strings.Contains(t, "json") {
			return true
		}
	}
	return false
}

// check judges a value by a schema. Rules are named below prefix; pointer is
// the place in the body.
func (j *judge) check(s *Schema, v any, prefix, pointer, in string) {
	if s == nil {
		return
	}
	say := func(keyword string, kind Kind, expected, actual string) {
		j.breach(Breach{RuleID: j.id(prefix, keyword), Kind: kind, In: in, Pointer: pointer, Expected: expected, Actual: actual})
	}
	j.decided(j.id(prefix, "type"))
	if v == nil {
		if !s.Nullable && s.Type != "" {
			say("type", Invalid, s.Describe(), "null")
		}
		return
	}
	if !fitsType(s.Type, v) {
		say("type", Invalid, s.Describe(), Show(v))
		return
	}
	j.checkEnum(s, v, prefix, say)
	switch x := v.(type) {
	case json.Number:
		j.checkNumber(s, x, prefix, say)
	case string:
		j.checkString(s, x, prefix, pointer, say)
	case []any:
		j.checkArray(s, x, prefix, pointer, in, say)
	case map[string]any:
		j.checkObject(s, x, prefix, pointer, in)
	}
	if s.complex {
		j.checkComplex(s, v, prefix, pointer, in)
	}
}

type sayer func(keyword string, kind Kind, expected, actual string)

func fitsType(want string, v any) bool {
	switch x := v.(type) {
	case json.Number:
		return want == "number" || want == "" || want == "integer" && isInteger(x)
	case string:
		return want == "string" || want == ""
	case bool:
		return want == "boolean" || want == ""
	case []any:
		return want == "array" || want == ""
	case map[string]any:
		return want == "object" || want == ""
	}
	return false
}

func (j *judge) checkEnum(s *Schema, v any, prefix string, say sayer) {
	if len(s.Enum) == 0 {
		return
	}
	j.decided(j.id(prefix, "enum"))
	for _, allowed := range s.Enum {
		if sameValue(allowed, v) {
			return
		}
	}
	say("enum", Invalid, s.Describe(), Show(v))
}

func sameValue(a, b any) bool {
	if x, ok := Number(a); ok {
		y, ok := Number(b)
		return ok && x == y
	}
	switch a.(type) {
	case string, bool, nil:
		return a == b
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

func (j *judge) checkNumber(s *Schema, n json.Number, prefix string, say sayer) {
	f, err := n.Float64()
	if err != nil && math.IsInf(f, 0) {
		say("type", Invalid, s.Describe(), "a number beyond all bounds")
		return
	}
	if s.Minimum != nil {
		j.decided(j.id(prefix, "minimum"))
		if f < *s.Minimum || s.ExclusiveMinimum && f == *s.Minimum {
			say("minimum", Invalid, s.Describe(), Show(n))
		}
	}
	if s.Maximum != nil {
		j.decided(j.id(prefix, "maximum"))
		if f > *s.Maximum || s.ExclusiveMaximum && f == *s.Maximum {
			say("maximum", Invalid, s.Describe(), Show(n))
		}
	}
	if m := s.MultipleOf; m != nil && *m > 0 {
		if q := f / *m; math.Abs(q-math.Round(q)) > 1e-9 {
			say("multipleOf", Invalid, "a multiple of "+number(*m), Show(n))
		}
	}
	if c := s.Computed; c != nil && c.Function == "clock" {
		j.checkClock(c, f, prefix, say)
	}
}

func (j *judge) checkString(s *Schema, text, prefix, pointer string, say sayer) {
	length := utf8.RuneCountInString(text)
	counted := func() string {
		return fmt.Sprintf("%s of %s", clip(strconv.Quote(text)), count(int64(length), "character"))
	}
	if s.MinLength > 0 {
		j.decided(j.id(prefix, "minLength"))
		if length < s.MinLength {
			kind := Invalid
			if length == 0 {
				kind = Missing
			}
			say("minLength", kind, s.Describe(), counted())
		}
	}
	if s.MaxLength != nil {
		j.decided(j.id(prefix, "maxLength"))
		if length > *s.MaxLength {
			say("maxLength", Invalid, s.Describe(), counted())
		}
	}
	for i, p := range s.Patterns {
		keyword := p.keyword(i, len(s.Patterns))
		j.decided(j.id(prefix, keyword))
		if !p.Regexp.MatchString(text) {
			say(keyword, Invalid, p.words(), Show(text))
		}
	}
	if s.Format == "email" && j.request && !plausibleEmail(text) {
		say("format", Invalid, "an e-mail address", Show(text))
	}
	if s.JWT != nil && !j.request {
		j.checkToken(s.JWT, text, prefix, pointer)
	}
}

func (p Pattern) words() string {
	if p.Title != "" {
		return p.Title
	}
	return "a match of " + p.Regexp.String()
}

// plausibleEmail is what the HTML standard's e-mail field asks at least:
// something, one @, something with no space.
func plausibleEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.ContainsAny(s, " \t\r\n") && !strings.Contains(domain, "@") &&
		!strings.HasPrefix(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.Contains(domain, "..")
}

func (j *judge) checkArray(s *Schema, items []any, prefix, pointer, in string, say sayer) {
	actual := "an array of " + count(int64(len(items)), "item")
	if s.MinItems > 0 {
		j.decided(j.id(prefix, "minItems"))
		if len(items) < s.MinItems {
			say("minItems", Invalid, s.Describe(), actual)
		}
	}
	if s.MaxItems != nil {
		j.decided(j.id(prefix, "maxItems"))
		if len(items) > *s.MaxItems {
			say("maxItems", Invalid, s.Describe(), actual)
		}
	}
	item := ""
	if !j.quiet {
		item = prefix + "[]"
	}
	for i, v := range items {
		j.check(s.Items, v, item, j.at(pointer, strconv.Itoa(i)), in)
	}
	if len(s.Order) > 0 && len(items) > 1 {
		j.decided(j.id(prefix, "order"))
		if at := Disorder(s.Order, items); at > 0 {
			say("order", Invalid, sentenceOrder(s.Order), fmt.Sprintf("item %d stands after item %d: %s after %s", at+1, at, showKey(s.Order, items[at]), showKey(s.Order, items[at-1])))
		}
	}
}

// Disorder returns the index of the first item that stands before its
// predecessor in the order, or 0.
func Disorder(order []SortKey, items []any) int {
	for i := 1; i < len(items); i++ {
		if compareBy(order, items[i-1], items[i]) > 0 {
			return i
		}
	}
	return 0
}

func compareBy(order []SortKey, a, b any) int {
	x, _ := a.(map[string]any)
	y, _ := b.(map[string]any)
	for _, key := range order {
		c := compareValues(x[key.Name], y[key.Name])
		if key.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// compareValues compares numbers and texts; other values are equal. Numbers
// within a millionth are: 5.666666666666667 is also written 5.66666666666667.
func compareValues(a, b any) int {
	x, okX := Number(a)
	y, okY := Number(b)
	if okX && okY {
		switch {
		case math.Abs(x-y) < 1e-6:
			return 0
		case x < y:
			return -1
		}
		return 1
	}
	s, okS := a.(string)
	t, okT := b.(string)
	if okS && okT {
		return strings.Compare(s, t)
	}
	return 0
}

func showKey(order []SortKey, item any) string {
	m, _ := item.(map[string]any)
	return Show(m[order[0].Name])
}

func (j *judge) checkObject(s *Schema, m map[string]any, prefix, pointer, in string) {
	for _, p := range s.Properties {
		id := j.id(prefix, p.Name)
		at := j.at(pointer, p.Name)
		v, there := m[p.Name]
		if p.Required {
			j.decided(j.id(id, "required"))
		}
		if !there || v == nil && p.Required && !p.Nullable {
			if p.Required {
				actual := "no such member"
				if there {
					actual = "null"
				}
				j.breach(Breach{RuleID: j.id(id, "required"), Kind: Missing, In: in, Pointer: at, Expected: p.Describe(), Actual: actual})
			}
			continue
		}
		j.check(p.Schema, v, id, at, in)
		if c := p.Computed; c != nil && c.Pure() && !j.request {
			j.checkComputed(p, m, v, id, at)
		}
	}
	j.undocumented(s, m, prefix, pointer, in)
}

func (j *judge) undocumented(s *Schema, m map[string]any, prefix, pointer, in string) {
	if s.complex || len(s.Properties) == 0 && !s.Closed {
		return
	}
	for name, v := range m {
		if s.Property(name) == nil {
			if j.quiet {
				j.faulty = true
				return
			}
			j.out.Remarks = append(j.out.Remarks, Breach{RuleID: j.id(prefix, name), Kind: Undocumented, In: in, Pointer: pointer + "/" + escapePointer(name), Expected: "no such member", Actual: Show(v)})
		}
	}
	if len(j.out.Remarks) < 2 {
		return
	}
	sort.Slice(j.out.Remarks, func(a, b int) bool { return j.out.Remarks[a].Pointer < j.out.Remarks[b].Pointer })
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1") // made once: it is costly

func escapePointer(name string) string { return pointerEscapes.Replace(name) }

// checkComplex leaves oneOf, anyOf, not and the like to the OpenAPI library.
func (j *judge) checkComplex(s *Schema, v any, prefix, pointer, in string) {
	direction := openapi3.VisitAsResponse()
	if j.request {
		direction = openapi3.VisitAsRequest()
	}
	err := s.raw.VisitJSON(plain(v), direction, openapi3.MultiErrors())
	before := len(j.out.Breaches)
	for _, f := range modelFaults("", err) {
		if before == 0 { // what the keywords found already is not said twice
			j.breach(Breach{RuleID: j.id(prefix, "schema"), Kind: Invalid, In: in, Pointer: pointer, Expected: s.Describe(), Actual: f.Problem})
		}
	}
}

// plain turns json.Number into float64, as the OpenAPI library expects.
func plain(v any) any {
	switch x := v.(type) {
	case json.Number:
		f, _ := x.Float64()
		return f
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plain(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = plain(e)
		}
		return out
	}
	return v
}

// FromText reads a parameter's or header's text as the schema's type; text
// that does not fit stays a string, for the judge to refuse.
func FromText(s *Schema, text string) any {
	if s == nil {
		return text
	}
	switch s.Type {
	case "integer", "number":
		if v, err := DecodeStrict([]byte(text)); err == nil {
			if n, ok := v.(json.Number); ok {
				return n
			}
		}
	case "boolean":
		if text == "true" || text == "false" {
			return text == "true"
		}
	}
	return text
}

// JudgeRequest judges a request's parameters and decoded body. The body is nil
// with hasBody false when none was sent.
func (o *Operation) JudgeRequest(path map[string]string, query url.Values, header http.Header, body any, hasBody bool) Judgement {
	j := &judge{contract: o.contract, op: o, request: true}
	return j.done(j.judgeRequest(path, query, header, body, hasBody))
}

// Accepts reports whether JudgeRequest finds nothing to say of a request:
// neither a breach nor a remark. It is the same judge, and costs a fraction,
// since it names no rule.
func (o *Operation) Accepts(path map[string]string, query url.Values, header http.Header, body any, hasBody bool) bool {
	j := judge{contract: o.contract, op: o, request: true, quiet: true}
	j.judgeRequest(path, query, header, body, hasBody)
	return !j.faulty
}

func (j *judge) judgeRequest(path map[string]string, query url.Values, header http.Header, body any, hasBody bool) any {
	o := j.op
	for _, p := range o.Params {
		j.param(p, path, query, header)
	}
	for name := range query {
		if o.Param("query", name) == nil {
			if j.quiet {
				j.faulty = true
				break
			}
			j.out.Remarks = append(j.out.Remarks, Breach{RuleID: j.id(o.ID, "query", name), Kind: Undocumented, In: "query", Pointer: name, Expected: "no such parameter", Actual: Show(query.Get(name))})
		}
	}
	if o.Body != nil && o.Body.Schema != nil {
		if !hasBody && o.Body.Required || hasBody {
			if !hasBody {
				body = map[string]any{}
			}
			j.check(o.Body.Schema, body, j.id(o.ID, "body"), "", "body")
		}
	}
	return body
}

func (j *judge) param(p *Param, path map[string]string, query url.Values, header http.Header) {
	var values []string
	switch p.In {
	case "path":
		values = []string{path[p.Name]}
	case "query":
		values = query[p.Name]
	case "header":
		values = header.Values(p.Name)
	default:
		return
	}
	prefix := j.id(j.op.ID, p.In, p.Name)
	if len(values) == 0 {
		if p.Required {
			j.breach(Breach{RuleID: j.id(prefix, "required"), Kind: Missing, In: p.In, Pointer: p.Name, Expected: p.Schema.Describe(), Actual: "no such parameter"})
		}
		return
	}
	if p.Schema.Type == "array" {
		return
	}
	j.check(p.Schema, FromText(p.Schema, values[0]), prefix, p.Name, p.In)
}

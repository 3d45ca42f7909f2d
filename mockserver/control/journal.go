package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/worlds"
)

var journalActions = map[string]action{
	"getJournal":    getJournal,
	"clearJournal":  func(c *call) (any, error) { c.world.State().Journal.Clear(); return nil, nil },
	"getEntry":      getEntry,
	"followJournal": followJournal,
}

// entryView is Entry of control.yaml.
type entryView struct {
	*mockserver.Entry
	Rules []ruleView `json:"rules,omitempty"`
	Curl  string     `json:"curl"`
}

// ruleView is a rule in words.
type ruleView struct {
	ID       string         `json:"id"`
	Sentence string         `json:"sentence,omitempty"`
	Basis    contract.Basis `json:"basis,omitempty"`
	From     string         `json:"from,omitempty"`
	File     string         `json:"file,omitempty"`
	Line     int            `json:"line,omitempty"`
}

func (c *call) view(e *mockserver.Entry) entryView {
	served := c.mock.Contract()
	v := entryView{Entry: e, Curl: c.curl(e)}
	ids := e.Rules
	if op := served.Operation(e.Operation); op != nil && e.Refused == contract.Unauthenticated {
		if rule := mockserver.SecurityRule(op); rule != nil {
			ids = append(ids[:len(ids):len(ids)], rule.ID)
		}
	}
	for _, id := range ids {
		v.Rules = append(v.Rules, ruleOf(served, id))
	}
	return v
}

func ruleOf(served *contract.Contract, id string) ruleView {
	v := ruleView{ID: id}
	r := served.Rule(id)
	if r == nil {
		return v
	}
	v.Sentence, v.Basis, v.File, v.Line = r.Sentence, r.Basis, r.File, r.Line
	var places []string
	for _, cited := range r.Citations {
		places = append(places, cited.Place())
	}
	v.From = strings.Join(places, "; ")
	if v.From == "" {
		v.From = r.Why
	}
	return v
}

// unsaid are headers that a browser adds for its own purposes: a repetition
// does without.
var unsaid = []string{"Sec-", "Referer", "Origin", "Cache-Control", "Pragma", "Accept-Language", "Dnt", "Upgrade-Insecure-Requests", "Priority"}

// curl is a command that repeats an exchange's request, in its world.
func (c *call) curl(e *mockserver.Entry) string {
	header := http.Header{}
	for name, values := range e.Request.Header {
		if !startsWithAny(name, unsaid) {
			header[name] = values
		}
	}
	if c.world.Name != worlds.Default {
		header.Set(worlds.Header, c.world.Name)
	}
	x := contract.Exchange{Request: contract.Request{Method: e.Method, URL: c.base() + e.URL, Header: header, Body: e.Request.Body}}
	return x.Curl(true) // a mock's secrets are none
}

func startsWithAny(name string, starts []string) bool {
	for _, start := range starts {
		if strings.HasPrefix(name, start) {
			return true
		}
	}
	return false
}

// base is the address under which the client reached the mock.
func (c *call) base() string {
	scheme := "http"
	if c.r.TLS != nil || c.r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

// number reads a query parameter that control.yaml says is a number.
func (c *call) number(name string, otherwise int) int {
	n, err := strconv.Atoi(c.r.URL.Query().Get(name))
	if err != nil {
		return otherwise
	}
	return n
}

func getJournal(c *call) (any, error) {
	entries := c.world.State().Journal.Entries(uint64(c.number("after", 0)))
	if limit := c.number("limit", 100); len(entries) > limit {
		entries = entries[len(entries)-limit:]
	}
	out := make([]entryView, len(entries))
	for i, e := range entries {
		out[i] = c.view(e)
	}
	return out, nil
}

func getEntry(c *call) (any, error) {
	number, _ := strconv.ParseUint(c.r.PathValue("number"), 10, 64) // control.yaml says that it is one
	for _, e := range c.world.State().Journal.Entries(number - 1) {
		if e.Number == number {
			return c.view(e), nil
		}
	}
	return nil, notFound.New("the journal holds no entry %d", number)
}

// pulse keeps proxies from ending a stream on which nothing happens.
const pulse = 15 * time.Second

// followJournal sends entries as they are made, as server-sent events (HTML
// Living Standard §9.2).
func followJournal(c *call) (any, error) {
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(c.w)
	_ = out.SetWriteDeadline(time.Now().Add(2 * pulse)) // not every writer has deadlines
	c.w.WriteHeader(http.StatusOK)
	after := uint64(c.number("after", 0))
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	for {
		// A reset or restored world goes on with the same journal, and one that
		// is looked up again may be another world of the same name.
		journal := c.world.State().Journal
		if journal == nil {
			return nil, nil
		}
		next := journal.Next()
		for _, e := range journal.Entries(after) {
			data, err := json.Marshal(c.view(e))
			if err != nil {
				return nil, nil //nolint:nilerr // the stream has begun; there is nobody to tell
			}
			after = e.Number
			_ = out.SetWriteDeadline(time.Now().Add(2 * pulse))
			if _, err := fmt.Fprintf(c.w, "id: %d\nevent: entry\ndata: %s\n\n", e.Number, data); err != nil {
				return nil, nil //nolint:nilerr // the client has gone
			}
		}
		if out.Flush() != nil {
			return nil, nil
		}
		select {
		case <-next:
		case <-ticker.C:
			_ = out.SetWriteDeadline(time.Now().Add(2 * pulse))
			if _, err := c.w.Write([]byte(": still here\n\n")); err != nil {
				return nil, nil //nolint:nilerr // the client has gone
			}
		case <-c.r.Context().Done():
			return nil, nil
		case <-c.options.Done:
			return nil, nil
		}
	}
}

package control

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"assay/contract"
	"assay/mockserver/verdict"
	"assay/mockserver/worlds"
)

var mockActions = map[string]action{
	"getStatus":      getStatus,
	"getContract":    getContract,
	"getControl":     getControl,
	"getCertificate": getCertificate,
	"getVerdict":     getVerdict,
	"clearVerdict":   clearVerdict,
	"explainProblem": explainProblem,
}

// statusView is Status of control.yaml.
type statusView struct {
	Assay      string          `json:"assay"`
	Started    time.Time       `json:"started"`
	World      string          `json:"world"`
	Contract   contractView    `json:"contract"`
	Clock      clockView       `json:"clock"`
	Lifetime   lifetimeView    `json:"token_lifetime"`
	Records    int             `json:"records"`
	Users      int             `json:"users"`
	Faults     int             `json:"faults"`
	Worlds     int             `json:"worlds"`
	Account    *accountView    `json:"account,omitempty"`
	Accounts   *membersView    `json:"accounts,omitempty"`
	Carrier    *carrierView    `json:"carrier,omitempty"`
	Data       string          `json:"data,omitempty"`
	Operations []operationView `json:"operations"`
}

type contractView struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Version string    `json:"version,omitempty"`
	File    string    `json:"file"`
	Loaded  time.Time `json:"loaded,omitzero"`
	Watched bool      `json:"watched"`
	Fault   string    `json:"fault,omitempty"`
}

type accountView struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Name     string `json:"name,omitempty"`
}

type membersView struct {
	Login    string `json:"login"`
	Password string `json:"password"`
}

type carrierView struct {
	Scheme string `json:"scheme"`
	In     string `json:"in"`
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
}

type operationView struct {
	ID       string          `json:"id"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Summary  string          `json:"summary,omitempty"`
	Statuses []int           `json:"statuses,omitempty"`
	Refusals []contract.Kind `json:"refusals,omitempty"`
}

func getStatus(c *call) (any, error) {
	served, w := c.mock.Contract(), c.world.State()
	v := statusView{
		Assay: c.options.Version, Started: c.started, World: c.world.Name, Clock: c.clock(), Lifetime: c.lifetime(),
		Contract: contractView{Name: served.Name, Title: served.Title, Version: served.Version, File: served.File},
		Faults:   len(c.world.Faults().List()), Worlds: c.options.Worlds.Len() + 1, Data: c.options.Data, Carrier: carrierOf(served),
	}
	v.Records, v.Users = w.Len()
	if source := c.options.Source; source != nil {
		v.Contract.Loaded, v.Contract.Watched = source.Loaded(), source.Watched()
		if fault := source.Fault(); fault != nil {
			v.Contract.Fault = fault.Error()
		}
	}
	if demo := w.Demo(); demo != nil {
		v.Account = &accountView{demo.Login, demo.Password, demo.Name}
	}
	if login, password := c.mock.LoginMember(); login != "" {
		v.Accounts = &membersView{login, password}
	}
	for _, op := range served.Operations {
		v.Operations = append(v.Operations, viewOfOperation(op))
	}
	return v, nil
}

func viewOfOperation(op *contract.Operation) operationView {
	v := operationView{ID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary}
	for _, a := range op.Answers {
		if a.Status != 0 {
			v.Statuses = append(v.Statuses, a.Status)
		}
		v.Refusals = append(v.Refusals, a.Refuses...)
	}
	return v
}

// carrierOf says where the access token of a contract travels; nil when it names no scheme.
func carrierOf(served *contract.Contract) *carrierView {
	if len(served.Schemes) == 0 {
		return nil
	}
	s := served.Schemes[0]
	v := &carrierView{Scheme: s.Name, In: s.In, Name: s.Key}
	if s.Type != "apiKey" {
		v.In, v.Prefix = "header", "Bearer "
	}
	return v
}

// getContract gives the contract that is served, with this mock, and the world
// that the request entered, as its one server.
func getContract(c *call) (any, error) {
	if c.options.Source == nil {
		return nil, notFound.New("the text of the contract is not at hand")
	}
	return bundled(c.mock.Contract().File, c.options.Source.Read, worlds.PrefixOf(c.r)+"/")
}

func getControl(c *call) (any, error) {
	text, err := document.ReadFile("control.yaml")
	if err != nil {
		return nil, err
	}
	return nil, c.text("application/yaml", string(text))
}

// text answers with a text.
func (c *call) text(kind, text string) error {
	c.w.Header().Set("Content-Type", kind)
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(c.w, text) // a client that has gone needs no answer
	return nil
}

func getCertificate(c *call) (any, error) {
	if c.options.Certificate == nil {
		return nil, notFound.New("the mock serves plain HTTP").With("start it with --tls")
	}
	return nil, c.text("application/x-pem-file", string(c.options.Certificate()))
}

// verdictView is Verdict of control.yaml.
type verdictView struct {
	Exchanges int             `json:"exchanges"`
	Faults    []verdict.Fault `json:"faults"`
}

func getVerdict(c *call) (any, error) {
	t := c.options.Verdict
	if t == nil {
		return nil, unjudged()
	}
	return verdictView{t.Exchanges(), t.Faults()}, nil
}

func clearVerdict(c *call) (any, error) {
	if c.options.Verdict == nil {
		return nil, unjudged()
	}
	c.options.Verdict.Clear()
	return nil, nil
}

func unjudged() error {
	return notFound.New("nobody judges the clients of this mock").With("start it with --judge")
}

func explainProblem(c *call) (any, error) {
	k := kinds[c.r.PathValue("kind")]
	if k == nil {
		return nil, notFound.New("there is no such kind of problem")
	}
	return nil, c.text("text/plain; charset=utf-8", fmt.Sprintf("%s (%d)\n\n%s\n", k.Title, k.Status, k.Meaning))
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/control"
	"assay/mockserver/faults"
	"assay/mockserver/reload"
	"assay/mockserver/selfsigned"
	"assay/mockserver/store"
	"assay/mockserver/verdict"
	"assay/mockserver/worlds"
	"assay/reports"
)

// controlFlags are what a developer has at hand while a mock runs.
type controlFlags struct {
	Faults        string        `help:"YAML file with what is to go wrong." placeholder:"FILE" type:"existingfile" group:"While it runs"`
	Worlds        int           `help:"How many named worlds there may be beside the mock's own." default:"10000" group:"While it runs"`
	WorldAge      time.Duration `help:"A world that nobody has used for so long is forgotten; negative for never." default:"1h" group:"While it runs"`
	UnknownWorlds string        `help:"What becomes of a request to a world that nobody has made: ${enum}." enum:"seed,refuse" default:"seed" group:"While it runs"`
	Judge         bool          `help:"Keep a tally of what clients do against the contract, and print it at the end." group:"While it runs"`
	JudgeExit     bool          `help:"With --judge: exit status 1 when clients did anything." group:"While it runs"`
	NoControl     bool          `help:"No console, no control API, no named worlds." group:"While it runs"`
	ControlToken  string        `help:"Token that the control API asks for; made when listening beyond this machine." placeholder:"TOKEN" env:"ASSAY_CONTROL_TOKEN" group:"While it runs"`

	TLS              bool   `name:"tls" help:"Serve HTTPS, with a self-signed certificate that is made once and kept." group:"HTTPS"`
	Certificate      string `help:"PEM file that keeps the certificate and its key; made when missing." placeholder:"FILE" type:"path" group:"HTTPS"`
	PrintCertificate bool   `help:"Print the certificate and exit." group:"HTTPS"`
}

// controls are what the flags came to, for all contracts of the command.
type controls struct {
	*controlFlags
	token       string
	certificate *selfsigned.Certificate // nil for plain HTTP
	faults      *faults.File
	tally       *verdict.Tally // nil where nobody judges
	data        *store.File    // nil where nothing is kept
	done        <-chan struct{}
}

// controls reads what the flags name.
func (f *controlFlags) controls(p *program, listen string, contracts []*contract.Contract) (*controls, error) {
	c := &controls{controlFlags: f, token: f.ControlToken, faults: &faults.File{}, done: p.ctx.Done()}
	if f.JudgeExit && !f.Judge {
		return nil, usage{fmt.Errorf("--judge-exit says what --judge is to do")}
	}
	if f.Worlds < 1 {
		return nil, usage{fmt.Errorf("--worlds is 1 or more; --no-control leaves them out")}
	}
	if f.Judge {
		c.tally = verdict.New()
	}
	if f.Faults != "" {
		text, err := os.ReadFile(f.Faults)
		if err != nil {
			return nil, usage{err}
		}
		if c.faults, err = faults.Parse(text, contracts...); err != nil {
			return nil, usage{fmt.Errorf("%s: %w", f.Faults, err)}
		}
	}
	if !local(listen) {
		fmt.Fprintf(p.stderr, "assay: warning: %s is open to others than this machine: whoever reaches it can use the mock\n", listen)
		if c.token == "" && !f.NoControl {
			c.token = newToken()
		}
	}
	if f.TLS {
		var err error
		if c.certificate, err = f.openCertificate(listen); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *controls) scheme() string {
	if c.certificate != nil {
		return "https"
	}
	return "http"
}

// introduce says what holds for all contracts.
func (c *controls) introduce(w io.Writer) {
	if c.data != nil {
		fmt.Fprintf(w, "data: %s\n", c.data.Name())
	}
	if cert := c.certificate; cert != nil {
		fmt.Fprintf(w, "certificate: %s\n  SHA-256 %s\n  trust it with curl --cacert, NODE_EXTRA_CA_CERTS, or in the browser's settings\n", cert.File, cert.Fingerprint())
	}
}

func (c *controls) printCertificate(p *program) error {
	if c.certificate == nil {
		return usage{errors.New("--print-certificate goes with --tls")}
	}
	_, err := p.stdout.Write(c.certificate.PEM)
	return err
}

// local reports whether an address is this machine's own alone.
func local(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func newToken() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // it never fails
	return hex.EncodeToString(raw)
}

func (f *controlFlags) openCertificate(listen string) (*selfsigned.Certificate, error) {
	file := f.Certificate
	if file == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, hinted{err, "name a file with --certificate"}
		}
		file = filepath.Join(dir, "assay", "tls.pem")
	}
	var hosts []string
	if ip := net.ParseIP(listen); ip == nil || !ip.IsUnspecified() {
		hosts = append(hosts, listen)
	}
	certificate, err := selfsigned.Open(file, hosts...)
	if err != nil {
		return nil, usage{err}
	}
	return certificate, nil
}

// A desk is what controls one contract's mock.
type desk struct {
	worlds  *worlds.Set
	api     *control.API // nil with --no-control
	source  *source
	watcher *reload.Watcher // nil for a contract that Assay carries
}

// equip adds to a mock's options what controls it. The mock is bound to the
// desk when it is made.
func (c *controls) equip(o mockserver.Options, of *contract.Contract) (mockserver.Options, *desk) {
	if c.certificate != nil {
		o.TLS = c.certificate.Config()
	}
	if c.tally != nil {
		o.Observe = c.tally.Observe
	}
	set := worlds.New(worlds.Options{Most: c.Worlds, Idle: c.WorldAge, Refuse: c.UnknownWorlds == "refuse", Journal: journalOfWorlds, Faults: c.faults.For(of)})
	d := &desk{worlds: set, source: &source{contract: of, loaded: time.Now()}}
	if c.NoControl {
		return o, d
	}
	inner := o.Wrap
	o.Wrap = func(h http.Handler) http.Handler {
		if inner != nil {
			h = inner(h)
		}
		return d.api.Front(set.Wrap(h))
	}
	o.WorldOf, o.Journal = set.WorldOf, journalOfMock
	options := control.Options{Version: assay.Version, Guard: control.Guard{Token: c.token}, Worlds: set, Verdict: c.tally, Source: d.source, Done: c.done}
	if c.data != nil {
		options.Data = c.data.Name()
	}
	if c.certificate != nil {
		options.Certificate = func() []byte { return c.certificate.PEM }
	}
	d.api = control.New(options)
	mounts := map[string]http.Handler{control.Prefix + "/": d.api}
	for prefix, handler := range o.Mounts { // such as the keys of an identity provider
		mounts[prefix] = d.api.Beside(handler)
	}
	o.Mounts = mounts
	return o, d
}

// How many exchanges are remembered for the console: of the mock's own world,
// and of each other one.
const (
	journalOfMock   = 1000
	journalOfWorlds = 100
)

// bind names the mock that was made with the options.
func (d *desk) bind(m *mockserver.Mock, name string, kept worlds.Store) error {
	if err := d.worlds.Bind(m, kept); err != nil {
		return err
	}
	if d.api != nil {
		d.api.Bind(m)
	}
	if !slices.Contains(assay.Contracts(), name) && name != "" {
		d.watcher = reload.New(m.Contract(), func() (*contract.Contract, error) { return assay.Load(name) }, m.Reload)
		d.source.watcher = d.watcher
	}
	return nil
}

// run does what goes on beside serving, until the context ends.
func (d *desk) run(ctx context.Context, p *program, file string) {
	go d.worlds.Run(ctx)
	if d.watcher == nil {
		return
	}
	d.watcher.Run(ctx, func(fault error) {
		if fault != nil {
			fmt.Fprintf(p.stderr, "assay: the edit of %s is not served, what was there before still is:\n%v\n", file, fault)
			return
		}
		fmt.Fprintf(p.stderr, "assay: %s was edited, the mock serves it\n", file)
	})
}

// A source tells of a contract's file: one that is watched, or one that Assay carries.
type source struct {
	contract *contract.Contract
	loaded   time.Time
	watcher  *reload.Watcher
}

func (s *source) Read(file string) ([]byte, error) {
	if s.watcher != nil {
		return s.watcher.Read(file)
	}
	return assay.Source(s.contract.Name)
}

func (s *source) Loaded() time.Time {
	if s.watcher != nil {
		return s.watcher.Loaded()
	}
	return s.loaded
}

func (s *source) Watched() bool { return s.watcher != nil }

func (s *source) Fault() error {
	if s.watcher != nil {
		return s.watcher.Fault()
	}
	return nil
}

// consoleAddress is where the console of a mock stands; empty where there is none.
func (c *controls) consoleAddress(url string) string {
	if c.NoControl {
		return ""
	}
	address := url + control.Prefix + "/"
	if c.token != "" {
		address += "#token=" + c.token
	}
	return address
}

// verdict prints what clients did, and says whether that fails the command.
func (c *controls) verdict(p *program) error {
	if c.tally == nil {
		return nil
	}
	if err := c.tally.Write(p.stdout); err != nil {
		return err
	}
	if c.JudgeExit && len(c.tally.Faults()) > 0 {
		return exit(reports.ExitBroken)
	}
	return nil
}

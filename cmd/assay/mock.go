package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"assay"
	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/config"
)

type mockCommand struct {
	Contract []string `help:"Contracts to serve: ${contracts}, or files; all that Assay carries when none is named." placeholder:"NAME|FILE" env:"ASSAY_CONTRACT" short:"c"`
	Port     int      `help:"Port of the first contract; the others take the ports after it." default:"4100" env:"PORT"`
	Listen   string   `help:"Address to listen on." default:"127.0.0.1"`

	Seed          uint64        `help:"Seed of ids, tokens, keys and data: same seed, same bytes." default:"1"`
	Empty         bool          `help:"Start without the demo account and its records."`
	Strict        bool          `help:"Refuse what is otherwise taken with a remark: unknown members, numbers as text."`
	TokenLifetime time.Duration `help:"Lifetime of access tokens, to rehearse expiry; the contract's when unset." placeholder:"5s"`
	KeyBits       int           `help:"Size of the RSA key." default:"2048"`
	Key           string        `help:"PEM file that keeps the key across restarts; made when missing." placeholder:"FILE" type:"path"`
	IDPConfig     string        `name:"idp-config" help:"YAML file with the identity providers' clients, users and lifetimes." placeholder:"FILE" type:"existingfile"`
	Data          string        `help:"File that keeps the state across restarts; made when missing." placeholder:"FILE" type:"path"`
	Log           string        `help:"File for the access log; standard error when unset." placeholder:"FILE" type:"path"`
	Quiet         bool          `help:"No access log." short:"q"`

	controlFlags
}

// served is one contract on one port.
type served struct {
	name     string // as it was named to the command
	contract *contract.Contract
	desk     *desk
	console  string         // address; empty for none
	config   *config.Config // of the identity providers; nil for the default one
	mock     *mockserver.Mock
	listener net.Listener
	url      string
}

// Run serves until it is interrupted, then drains.
func (k *mockCommand) Run(p *program) error {
	logger, logName, closeLog, err := k.logger(p)
	if err != nil {
		return err
	}
	defer closeLog()
	var cfg *config.Config
	if k.IDPConfig != "" {
		if cfg, err = config.Load(k.IDPConfig); err != nil {
			return usage{err}
		}
	}
	names := k.Contract
	if len(names) == 0 {
		names = assay.Contracts()
	}
	contracts, err := loadAll(names)
	if err != nil {
		return err
	}
	controls, err := k.controls(p, k.Listen, contracts)
	if err != nil {
		return err
	}
	if k.PrintCertificate {
		return controls.printCertificate(p)
	}
	if controls.data, err = k.openData(p, contracts); err != nil {
		return err
	}
	if controls.data != nil {
		defer controls.data.Close()
	}
	all := make([]*served, 0, len(names))
	for i, name := range names {
		s, err := k.open(name, contracts[i], i, cfg, logger, controls)
		if err != nil {
			for _, other := range all {
				other.listener.Close()
			}
			return err
		}
		all = append(all, s)
	}
	for _, s := range all {
		banner(p.stdout, s)
	}
	controls.introduce(p.stdout)
	fmt.Fprintf(p.stdout, "log: %s\nstop with Ctrl-C\n", logName)
	if err := serveAll(p, all); err != nil {
		return err
	}
	if err := controls.closeData(); err != nil {
		return err
	}
	return controls.verdict(p)
}

func loadAll(names []string) ([]*contract.Contract, error) {
	all := make([]*contract.Contract, len(names))
	for i, name := range names {
		c, err := assay.Load(name)
		if err != nil {
			return nil, err
		}
		all[i] = c
	}
	return all, nil
}

// logger returns nil where no log is kept.
func (k *mockCommand) logger(p *program) (l *slog.Logger, name string, closer func(), err error) {
	closer = func() {}
	switch {
	case k.Quiet:
		return nil, "none (--quiet)", closer, nil
	case k.Log == "":
		return slog.New(slog.NewTextHandler(p.stderr, nil)), "standard error, one line a request", closer, nil
	}
	f, err := os.OpenFile(k.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, "", closer, usage{err}
	}
	return slog.New(slog.NewTextHandler(f, nil)), k.Log, func() { f.Close() }, nil
}

// open listens first, so that a taken port is said before anything is made.
func (k *mockCommand) open(name string, c *contract.Contract, index int, cfg *config.Config, logger *slog.Logger, controls *controls) (*served, error) {
	port := k.Port
	if port != 0 {
		port += index
	}
	listener, err := mockserver.Listen(net.JoinHostPort(k.Listen, fmt.Sprint(port)))
	if err != nil {
		return nil, err
	}
	s := &served{name: name, contract: c, config: cfg, listener: listener, url: controls.scheme() + "://" + reachable(listener.Addr().String())}
	options := assay.Equip(mockserver.Options{Seed: k.Seed, Empty: k.Empty, Strict: k.Strict, TokenLifetime: k.TokenLifetime,
		KeyBits: k.KeyBits, KeyFile: k.Key, Log: logger}, c, cfg)
	options, s.desk = controls.equip(options, c)
	if s.mock, err = mockserver.New(c, options); err == nil {
		err = s.desk.bind(s.mock, name, controls.storeOf(c))
	}
	if err != nil {
		listener.Close()
		return nil, err
	}
	s.console = controls.consoleAddress(s.url)
	return s, nil
}

// reachable writes an address that listens everywhere as one that can be typed.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(strings.Replace(host, "127.0.0.1", "localhost", 1), port)
}

func serveAll(p *program, all []*served) error {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, s := range all {
		go s.desk.run(ctx, p, s.contract.File)
		wg.Go(func() {
			if errs[i] = s.mock.Serve(ctx, s.listener); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// banner says where a mock is, who can sign in, and a request to try.
func banner(w io.Writer, s *served) {
	fmt.Fprintf(w, "%s\n  %s\n", s.contract.Title, s.url)
	for _, line := range introduce(s) {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if s.console != "" {
		fmt.Fprintf(w, "  console  %s\n", s.console)
	}
	fmt.Fprintln(w)
}

// introduce says who can sign in at a mock, and how to try it.
func introduce(s *served) []string {
	if lines := assay.Guide(s.contract, s.config, s.url); lines != nil {
		return lines
	}
	account := s.mock.World().Demo()
	in := s.contract.Operation("logIn")
	if account == nil || in == nil || in.Body == nil {
		return tryIt(s)
	}
	email, password := in.Body.Schema.OfFormat("email"), in.Body.Schema.OfFormat("password")
	name := "email"
	if email != nil {
		name = email.Name
	}
	if password == nil {
		return tryIt(s)
	}
	return []string{
		fmt.Sprintf("account  %s  %s  (%s, %s)", account.Login, account.Password, account.Name, plural(account.Records, strings.TrimSuffix(account.Kind, "s"))),
		fmt.Sprintf(`try      curl -s %s%s -H 'Content-Type: application/json' -d '{"%s":"%s","%s":"%s"}'`, s.url, in.Path, name, account.Login, password.Name, account.Password),
	}
}

// tryIt is a request to the first operation that asks for nothing.
func tryIt(s *served) []string {
	for _, o := range s.contract.Operations {
		if o.Method == "GET" && o.Public() && !strings.Contains(o.Path, "{") {
			return []string{fmt.Sprintf("try      curl -s %s%s", s.url, o.Path)}
		}
	}
	return nil
}

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts that speak to a mock know these too:
//
//	address VAR FILE                          sets VAR to the first address that the file names
//	fetch OUT METHOD URL [BODY] [NAME: VALUE] writes "STATUS body" of the answer to OUT, and its header to OUT.header;
//	                                          for HTTPS, the variable CACERT names the one certificate that is trusted
//	member VAR FILE NAME                      sets VAR to a member of the JSON that FILE holds, a text
//	capture VAR FILE REGEXP                   sets VAR to what the parentheses match
//	crash NAME                                kills what start or serve started, as a power cut would
//	ends STATUS NAME                          as end, and demands that exit status

func fetch(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "fetch OUT METHOD URL [BODY] [NAME: VALUE]…")
	body := ""
	if len(args) > 3 {
		body = args[3]
	}
	r, err := http.NewRequest(args[1], args[2], strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/json")
	for _, line := range args[min(4, len(args)):] {
		name, value, _ := strings.Cut(line, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{TLSClientConfig: trusting(ts)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	text := fmt.Sprint("none ", err)
	if err == nil {
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		text = fmt.Sprint(resp.StatusCode, " ", string(answer))
		if err != nil {
			text += fmt.Sprint("\nbroken off: ", err)
		}
		var header strings.Builder
		ts.Check(resp.Header.Write(&header))
		ts.Check(os.WriteFile(ts.MkAbs(args[0]+".header"), []byte(header.String()), 0o644))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+"\n"), 0o644))
}

// trusting is TLS that trusts the certificate of the variable CACERT alone.
func trusting(ts *testscript.TestScript) *tls.Config {
	file := ts.Getenv("CACERT")
	if file == "" {
		return nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(ts.ReadFile(file))) {
		ts.Fatalf("%s holds no certificate", file)
	}
	return &tls.Config{RootCAs: pool}
}

func firstAddress(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "address VAR FILE")
	ts.Setenv(args[0], regexp.MustCompile(`https?://localhost:\d+`).FindString(ts.ReadFile(args[1])))
}

func member(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "member VAR FILE NAME")
	capture(ts, neg, []string{args[0], args[1], `"` + args[2] + `":"([^"]*)"`})
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 3, "capture VAR FILE REGEXP")
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if found == nil {
		ts.Fatalf("%s has no %s:\n%s", args[1], args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], found[1])
}

func crash(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "crash NAME")
	finish(ts, args[0], syscall.SIGKILL)
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "ends STATUS NAME")
	status := 0
	if err := finish(ts, args[1], syscall.SIGTERM); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		status = ended.ExitCode()
	}
	if got := strconv.Itoa(status); got != args[0] {
		ts.Fatalf("%s ended with status %s, not %s", args[1], got, args[0])
	}
}

// finish signals a process and returns how it ended.
func finish(ts *testscript.TestScript, name string, signal os.Signal) error {
	b := swap(ts, name, nil)
	if b == nil {
		ts.Fatalf("%s does not run", name)
	}
	ts.Check(b.cmd.Process.Signal(signal))
	select {
	case err := <-b.ended:
		return err
	case <-time.After(patience):
		ts.Fatalf("%s does not end", name)
		return nil
	}
}

package steps

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"assay/contract"
)

const (
	// longestAnswer is how much of a body is read, in bytes.
	longestAnswer = 4 << 20
	// longestPause is the longest that a target's Retry-After is followed.
	longestPause = 5 * time.Second
	// mostRetries is how often a request that came too early is sent again.
	mostRetries = 6
)

// client speaks HTTP to the target: no redirect followed, no cookie kept,
// every size and time bounded.
type client struct {
	http     *http.Client
	timeout  time.Duration
	requests atomic.Int64
	gone     atomic.Int64 // dials refused in a row
	slowed   atomic.Int64 // answers 429 that were waited for
	answered atomic.Bool  // the target has answered once
}

func newClient(timeout time.Duration) *client {
	dialer := &net.Dialer{Timeout: timeout}
	transport := &http.Transport{
		DialContext:            dialer.DialContext,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        time.Second, // below what servers keep, so that they do not close under a request
		MaxResponseHeaderBytes: 256 << 10,
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true}, // a target under test signs for itself
	}
	return &client{timeout: timeout, http: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// send makes the exchange. It never fails: what went wrong stands in
// Exchange.Failure. A 429 is waited for, as it says nothing about the rule.
func (c *client) send(ctx context.Context, ex *contract.Exchange) {
	for try := 0; ; try++ {
		c.once(ctx, ex)
		if ex.Response == nil || ex.Response.Status != http.StatusTooManyRequests || try == mostRetries {
			return
		}
		c.slowed.Add(1)
		if !sleep(ctx, retryAfter(ex.Response.Header)) {
			return
		}
	}
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseFloat(h.Get("Retry-After"), 64)
	if err != nil || seconds < 0 {
		return time.Second
	}
	return min(time.Duration(seconds*float64(time.Second)), longestPause)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// noConnection begins the failure of a request that never left.
const noConnection = "no connection"

// once sends the request, and again where it never arrived: a kept connection
// turned out to be closed, or the target is just being started anew.
func (c *client) once(ctx context.Context, ex *contract.Exchange) {
	reused := c.attempt(ctx, ex)
	if reused && ex.Response == nil && closedUnder(ex.Failure) {
		c.http.CloseIdleConnections()
		c.attempt(ctx, ex)
	}
	for pause := 50 * time.Millisecond; pause < time.Second && c.answered.Load() && strings.HasPrefix(ex.Failure, noConnection); pause *= 2 {
		if c.gone.Load() > 10 || !sleep(ctx, pause) {
			return
		}
		c.attempt(ctx, ex)
	}
}

func closedUnder(failure string) bool {
	return strings.Contains(failure, "EOF") || strings.Contains(failure, "reset") || strings.Contains(failure, "broken pipe") || strings.Contains(failure, "closed")
}

func (c *client) attempt(ctx context.Context, ex *contract.Exchange) (reused bool) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }})
	ex.Response, ex.Failure = nil, ""
	ex.Started = time.Now()
	defer func() { ex.Duration = time.Since(ex.Started) }()

	var body io.Reader
	if ex.Request.Body != "" {
		body = strings.NewReader(ex.Request.Body)
	}
	req, err := http.NewRequestWithContext(ctx, ex.Request.Method, ex.Request.URL, body)
	if err != nil {
		ex.Failure = err.Error()
		return false
	}
	for name, values := range ex.Request.Header {
		req.Header[name] = values
	}
	if host := req.Header.Get("Host"); host != "" { // net/http wants it apart
		req.Host = host
		req.Header.Del("Host")
	}
	c.requests.Add(1)
	res, err := c.http.Do(req)
	if err != nil {
		ex.Failure = c.failure(err)
		return reused
	}
	defer res.Body.Close()
	c.gone.Store(0)
	c.answered.Store(true)
	text, err := io.ReadAll(io.LimitReader(res.Body, longestAnswer+1))
	response := &contract.Response{Status: res.StatusCode, Proto: res.Proto, Header: res.Header}
	if len(text) > longestAnswer {
		text, response.Truncated = text[:longestAnswer], true
	}
	response.Body = string(text)
	if err != nil {
		response.Truncated = true
		ex.Failure = "the body broke off: " + c.failure(err)
	}
	ex.Response = response
	return reused
}

// failure words why no answer came.
func (c *client) failure(err error) string {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		c.gone.Add(1)
		return fmt.Sprintf("%s: %v", noConnection, op.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", c.timeout)
	case errors.Is(err, context.Canceled):
		return "the run was stopped"
	}
	text := err.Error()
	if i := strings.Index(text, `": `); i >= 0 { // without the method and address that stand beside it
		text = text[i+3:]
	}
	return text
}

// targetTime is the target's own time when it answered, and how far that may
// be off: the Date header tells how its clock differs from ours.
func targetTime(ex *contract.Exchange) (time.Time, time.Duration) {
	now := ex.Started.Add(ex.Duration)
	within := ex.Duration + time.Second
	if ex.Response != nil {
		if date, err := http.ParseTime(ex.Response.Header.Get("Date")); err == nil {
			return date, within
		}
	}
	return now, within
}

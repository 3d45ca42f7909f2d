package mockserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A request may say itself what is to befall it, in the header Prefer (RFC
// 7240): "Prefer: code=503, delay=2". The words code and example are those of
// Prism, a well-known mock server. What cannot be understood is passed over,
// as RFC 7240 §2 asks.

// longestPreferredDelay bounds what a request may ask for.
const longestPreferredDelay = 10 * time.Minute

// preferred returns what a request asks for; nil for nothing.
func preferred(c *Call, lines []string) *Blow {
	b := &Blow{}
	example := ""
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part, _, _ = strings.Cut(part, ";")
			name, value, _ := strings.Cut(part, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "code", "status":
				if code, err := strconv.Atoi(value); err == nil && code >= 200 && code <= 599 {
					b.Status = code
				}
			case "delay":
				b.Delay = preferredDelay(value)
			case "example":
				example = value
			}
		}
	}
	if example != "" {
		preferExample(c, b, example)
	}
	if b.Status != 0 && c.op != nil && b.Status == c.op.success.status && b.Example == "" {
		b.Status = 0 // what it does anyway
	}
	if b.Status == 0 && b.Delay == 0 {
		return nil
	}
	b.Header = http.Header{"Preference-Applied": {b.applied()}} // RFC 7240 §3
	b.Name = "Prefer: " + b.applied()
	b.Reason = "the request asked for this answer with Prefer"
	return b
}

// preferredDelay reads seconds, whole or not, or a duration such as "300ms".
func preferredDelay(value string) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil {
		d, err = time.ParseDuration(value + "s")
	}
	if err != nil || d < 0 {
		return 0
	}
	return min(d, longestPreferredDelay)
}

// preferExample finds the answer that has a documented example of this name.
func preferExample(c *Call, b *Blow, name string) {
	if c.op == nil {
		return
	}
	for _, a := range c.op.Answers {
		if a.Status == 0 || b.Status != 0 && b.Status != a.Status {
			continue
		}
		if exampleOf(a, name, false) != nil {
			b.Status, b.Example = a.Status, name
			return
		}
	}
}

// applied says what of the header was obeyed.
func (b *Blow) applied() string {
	var parts []string
	if b.Status != 0 {
		parts = append(parts, fmt.Sprintf("code=%d", b.Status))
	}
	if b.Example != "" {
		parts = append(parts, "example="+b.Example)
	}
	if b.Delay != 0 {
		parts = append(parts, fmt.Sprintf("delay=%g", b.Delay.Seconds()))
	}
	return strings.Join(parts, ", ")
}

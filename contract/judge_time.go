package contract

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"

	"net/http"
)

const (
	// nearNow is how far a clock may be from the target's own time.
	nearNow = 5 * time.Minute
	// lifetimeTolerance is how far a token's end may be from issue + lifetime.
	lifetimeTolerance = 5 * time.Second
	// firstSecond is the earliest moment taken for seconds since the epoch (2001-09-09):
	// anything below is no date, and milliseconds lie far beyond now.
	firstSecond = 1_000_000_000
)

// checkClock judges a moment in seconds. On creation it is now; else it has
// passed.
func (j *judge) checkClock(_ *Computed, at float64, prefix string, say sayer) {
	if j.now.IsZero() {
		return
	}
	id := ruleID(prefix, "computed")
	j.decided(id)
	now := float64(j.now.Unix())
	slack := (nearNow + j.within).Seconds()
	fresh := j.op.Method == http.MethodPost && j.op.Success.Status == http.StatusCreated
	early := at < firstSecond || fresh && at < now-slack
	if early || at > now+slack {
		expected := fmt.Sprintf("seconds since the epoch, not after now (%d)", j.now.Unix())
		if fresh {
			expected = fmt.Sprintf("seconds since the epoch, now (%d)", j.now.Unix())
		}
		say("computed", Invalid, expected, showMoment(at))
	}
}

func showMoment(at float64) string {
	text := "integer " + number(at)
	if at > 1e11 && at < 1e14 {
		text += ", which would be milliseconds"
	}
	return text
}

// checkComputed recomputes a pure function from the members beside it, and
// from what was sent where the answer does not hold them.
func (j *judge) checkComputed(p *Property, m map[string]any, actual any, prefix, pointer string) {
	if !fitsType(p.Type, actual) {
		return // the type rule says it
	}
	expected, ok := p.Computed.Evaluate(func(name string) any {
		if v, there := m[name]; there {
			return v
		}
		return j.sent[name]
	})
	if !ok {
		return
	}
	id := ruleID(prefix, "computed")
	j.decided(id)
	if sameComputed(p.Computed, expected, actual) {
		return
	}
	inputs := make([]string, 0, len(p.Computed.Args))
	for _, name := range p.Computed.Args {
		inputs = append(inputs, fmt.Sprintf("%s %s", name, Show(m[name])))
	}
	j.breach(Breach{RuleID: id, Kind: Invalid, Pointer: pointer, Expected: fmt.Sprintf("%s, from %s", showComputed(expected), list(inputs, "and")), Actual: Show(actual)})
}

func showComputed(v any) string {
	if f, ok := v.(float64); ok {
		return "number " + number(f)
	}
	return Show(v)
}

// sameComputed compares numbers with a tolerance, and an avatar by what
// matters: Gravatar's host and the hash.
func sameComputed(c *Computed, expected, actual any) bool {
	if x, ok := Number(expected); ok {
		y, ok := Number(actual)
		return ok && math.Abs(x-y) <= 1e-6
	}
	want, okW := expected.(string)
	got, okG := actual.(string)
	if !okW || !okG {
		return expected == actual
	}
	if c.Function == "gravatar" {
		return sameGravatar(want, got)
	}
	return want == got
}

func sameGravatar(want, got string) bool {
	hash := want[strings.LastIndexByte(want, '/')+1:]
	hash, _, _ = strings.Cut(hash, "?")
	got = strings.ToLower(got)
	_, rest, ok := strings.Cut(got, "gravatar.com/")
	return ok && strings.Contains(rest, hash)
}

// A Token is a JSON Web Token taken apart, its signature not verified.
type Token struct {
	Header    map[string]any
	Claims    map[string]any
	Signature []byte
}

// ReadToken takes a compact JWS apart (RFC 7515 §7.1). It verifies nothing.
func ReadToken(text string) (*Token, bool) {
	const longest = 64 << 10
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > longest {
		return nil, false
	}
	var t Token
	var ok bool
	if t.Header, ok = segment(parts[0]); !ok {
		return nil, false
	}
	if t.Claims, ok = segment(parts[1]); !ok {
		return nil, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, false
	}
	t.Signature = signature
	return &t, true
}

func segment(text string) (map[string]any, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, false
	}
	v, err := DecodeStrict(raw)
	m, ok := v.(map[string]any)
	return m, ok && err == nil
}

// checkToken judges what a JSON Web Token says without its key: algorithm,
// claims and lifetime.
func (j *judge) checkToken(want *JWT, text, prefix, pointer string) {
	token, ok := ReadToken(text)
	id := ruleID(prefix, "algorithm")
	j.decided(id)
	if !ok {
		j.breach(Breach{RuleID: id, Kind: Invalid, Pointer: pointer, Expected: "a JWT signed with " + want.Algorithm, Actual: "an opaque string of " + count(int64(len(text)), "character")})
		return
	}
	if alg, _ := token.Header["alg"].(string); want.Algorithm != "" && alg != want.Algorithm {
		j.breach(Breach{RuleID: id, Kind: Invalid, Pointer: pointer, Expected: "a JWT signed with " + want.Algorithm, Actual: "alg " + Show(token.Header["alg"])})
	}
	if want.Claims != nil {
		remarks := j.out.Remarks
		j.check(want.Claims, token.Claims, ruleID(prefix, "claims"), pointer, "body")
		j.out.Remarks = remarks // further claims are the target's own affair
	}
	if want.Lifetime > 0 && !j.now.IsZero() {
		j.checkLifetime(want, token, prefix, pointer)
	}
}

func (j *judge) checkLifetime(want *JWT, token *Token, prefix, pointer string) {
	id := ruleID(prefix, "lifetime")
	j.decided(id)
	expected := fmt.Sprintf("exp %d seconds (± %d) after issue", want.Lifetime, int(lifetimeTolerance.Seconds()))
	exp, ok := Number(token.Claims["exp"])
	if !ok {
		j.breach(Breach{RuleID: id, Kind: Invalid, Pointer: pointer, Expected: expected, Actual: "exp is " + showClaim(token.Claims, "exp")})
		return
	}
	left := exp - float64(j.now.Unix()) - float64(want.Lifetime)
	if math.Abs(left) <= (lifetimeTolerance + j.within).Seconds() {
		return
	}
	if iat, ok := Number(token.Claims["iat"]); ok && math.Abs(iat-float64(j.now.Unix())) <= nearNow.Seconds() &&
		math.Abs(exp-iat-float64(want.Lifetime)) <= lifetimeTolerance.Seconds() {
		return
	}
	j.breach(Breach{RuleID: id, Kind: Invalid, Pointer: pointer, Expected: expected, Actual: fmt.Sprintf("exp %s seconds after issue", number(math.Round(exp-float64(j.now.Unix()))))})
}

func showClaim(claims map[string]any, name string) string {
	if v, ok := claims[name]; ok {
		return Show(v)
	}
	return "not there"
}

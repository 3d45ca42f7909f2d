package contract

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"math"
	"sort"
	"strconv"
	"strings"
)

// function is a named function of x-computed.
type function struct {
	// pure computes the value from its arguments; nil for a volatile function,
	// whose values are checked for their shape alone.
	pure func(c *Computed, args []any) (any, bool)
	says string // the rule's sentence, behind the member's name
}

var functions = map[string]function{
	"mean":         {pure: mean, says: "is the arithmetic mean of"},
	"gravatar":     {pure: gravatar, says: "is the Gravatar address, with the MD5 of the trimmed, lower-cased,"},
	"clock":        {says: "is the moment of its making, in seconds since the epoch"},
	"newid":        {says: "is made by the server and is never the same twice"},
	"refreshtoken": {says: "is made by the server"},
}

func functionNames() string {
	names := make([]string, 0, len(functions))
	for name := range functions {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

// Pure reports whether the value follows from other members alone.
func (c *Computed) Pure() bool { return functions[c.Function].pure != nil }

// Evaluate computes the value from sibling members; look returns a member's
// value or nil. The result is false when an argument is missing or of no use,
// or when the function is volatile.
func (c *Computed) Evaluate(look func(name string) any) (any, bool) {
	f := functions[c.Function]
	if f.pure == nil {
		return nil, false
	}
	args := make([]any, len(c.Args))
	for i, name := range c.Args {
		if args[i] = look(name); args[i] == nil {
			return nil, false
		}
	}
	return f.pure(c, args)
}

// mean is the arithmetic mean; a member named twice weighs twice. The option
// decimals rounds.
func mean(c *Computed, args []any) (any, bool) {
	if len(args) == 0 {
		return nil, false
	}
	sum := 0.0
	for _, a := range args {
		n, ok := Number(a)
		if !ok {
			return nil, false
		}
		sum += n
	}
	m := sum / float64(len(args))
	if d, err := strconv.Atoi(c.Options["decimals"]); err == nil {
		scale := math.Pow10(d)
		m = math.Round(m*scale) / scale
	}
	return m, true
}

// gravatar is the address of an e-mail's avatar. The option raw hashes the
// e-mail as it stands; base and query replace what surrounds the hash.
func gravatar(c *Computed, args []any) (any, bool) {
	if len(args) != 1 {
		return nil, false
	}
	email, ok := args[0].(string)
	if !ok {
		return nil, false
	}
	if c.Options["raw"] != "true" {
		email = strings.ToLower(strings.TrimSpace(email))
	}
	sum := md5.Sum([]byte(email)) // Gravatar's own choice of hash, no secret
	base, query := "https://www.gravatar.com/avatar/", "?d=mm&s=200"
	if b, ok := c.Options["base"]; ok {
		base = b
	}
	if q, ok := c.Options["query"]; ok {
		query = q
	}
	return base + hex.EncodeToString(sum[:]) + query, true
}

// Number returns a JSON number's value; other values are false.
func Number(v any) (float64, bool) {
	switch n := v.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	}
	return 0, false
}

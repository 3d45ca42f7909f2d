package contract

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// vocabularyKeys are the extension keys that a contract may use, and where
// they are read. Any other x-key is left alone, as OpenAPI demands.
var vocabularyKeys = []string{"x-sources", "x-source", "x-computed", "x-order", "x-jwt", "x-refuses", "x-rules", "x-name"}

// sourceDocuments reads x-sources: short name to {file, title}.
func (l *loading) sourceDocuments(root *yaml.Node) []Source {
	list := member(root, "x-sources")
	var out []Source
	for _, name := range keys(list) {
		n := member(list, name)
		out = append(out, Source{Name: name, File: scalar(member(n, "file")), Title: scalar(member(n, "title"))})
	}
	return out
}

// sources reads the x-source entries at one place: one, or a list.
func (l *loading) sources(here place) sources {
	n := member(here.node, "x-source")
	if n == nil {
		return nil
	}
	if n.Kind == yaml.MappingNode {
		return sources{l.source(here.file, n)}
	}
	var out sources
	if n.Kind == yaml.SequenceNode {
		for _, entry := range n.Content {
			out = append(out, l.source(here.file, unalias(entry)))
		}
	}
	return out
}

func (l *loading) source(file string, n *yaml.Node) source {
	s := source{Line: n.Line, Basis: Stated}
	complain := func(line int, problem, hint string) {
		l.faults = append(l.faults, Fault{File: file, Line: line, Problem: problem, Hint: hint})
	}
	for _, key := range keys(n) {
		v := member(n, key)
		switch key {
		case "at":
			s.At = scalar(v)
		case "says":
			s.Says = scalar(v)
		case "note":
			s.Note = scalar(v)
		case "why":
			s.Why = scalar(v)
		case "level":
			s.Level = strings.ToUpper(scalar(v))
		case "basis":
			s.Basis = Basis(scalar(v))
		case "for":
			s.For = words(v)
		default:
			complain(v.Line, fmt.Sprintf("x-source has no member %q", key), "it has at, says, for, basis, level, note and why")
		}
	}
	switch s.Basis {
	case Stated, Shown:
		if s.At == "" {
			complain(n.Line, "x-source does not say where", `name the document and the line, as in at: "pool:294"`)
		}
	case Spec:
		if s.At == "" {
			complain(n.Line, "x-source cites no section", `name it, as in at: "RFC 7515 §5.2"`)
		}
	case Assumed:
		if s.Why == "" {
			complain(n.Line, "an assumed rule does not say why it was chosen", "add why: and a sentence")
		}
	default:
		complain(n.Line, fmt.Sprintf("x-source has the unknown basis %q", s.Basis), "it is stated, shown, spec or assumed")
	}
	return s
}

// words reads one scalar or a list of them.
func words(n *yaml.Node) []string {
	n = unalias(n)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	out := make([]string, 0, len(n.Content))
	for _, child := range n.Content {
		out = append(out, scalar(child))
	}
	return out
}

// vocabulary reads a schema's x-computed, x-order and x-jwt.
func (l *loading) vocabulary(s *Schema, here place) {
	if n := member(here.node, "x-computed"); n != nil {
		s.Computed = l.computed(here.file, n)
	}
	for _, key := range words(member(here.node, "x-order")) {
		s.Order = append(s.Order, SortKey{Name: strings.TrimPrefix(key, "-"), Descending: strings.HasPrefix(key, "-")})
	}
	if n := member(here.node, "x-jwt"); n != nil {
		s.JWT = l.jwt(here.file, n)
	}
}

// computed reads x-computed: {function: [arguments], option: value}.
func (l *loading) computed(file string, n *yaml.Node) *Computed {
	c := &Computed{Options: map[string]string{}, Line: n.Line}
	for _, key := range keys(n) {
		v := member(n, key)
		if v.Kind == yaml.SequenceNode {
			c.Function, c.Args = key, words(v)
			continue
		}
		c.Options[key] = scalar(v)
	}
	if _, ok := functions[c.Function]; !ok {
		l.faults = append(l.faults, Fault{File: file, Line: n.Line, Problem: fmt.Sprintf("x-computed names no known function (%q)", c.Function),
			Hint: "the functions are " + functionNames() + ", each with a list of members: {mean: [impact, ease]}"})
		return nil
	}
	return c
}

func (l *loading) jwt(file string, n *yaml.Node) *JWT {
	j := &JWT{Algorithm: scalar(member(n, "alg")), Line: n.Line, sources: l.sources(place{file, n}), claims: scalar(member(n, "claims"))}
	if ttl := member(n, "ttl"); ttl != nil {
		seconds, err := strconv.ParseInt(scalar(ttl), 10, 64)
		if err != nil || seconds <= 0 {
			l.faults = append(l.faults, Fault{File: file, Line: ttl.Line, Problem: fmt.Sprintf("ttl is %q", scalar(ttl)), Hint: "it is the token's lifetime in seconds, above 0"})
		}
		j.Lifetime = seconds
	}
	l.tokens = append(l.tokens, j)
	return j
}

// resolveClaims finds the schema that each x-jwt names by its plain name.
func (l *loading) resolveClaims() {
	for _, j := range l.tokens {
		if j.claims != "" {
			j.Claims = l.out.schemas[j.claims]
		}
	}
}

// refuses reads x-refuses: the kinds that an answer refuses.
func (l *loading) refuses(here place) (kinds []Kind) {
	n := member(here.node, "x-refuses")
	for _, word := range words(n) {
		kind := Kind(word)
		if !knownKinds[kind] {
			l.faults = append(l.faults, Fault{File: here.file, Line: n.Line, Problem: fmt.Sprintf("x-refuses names the unknown refusal %q", word),
				Hint: "the refusals are malformed, missing, invalid, unknown, unauthenticated, forbidden, credentials, taken"})
			continue
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

var knownKinds = map[Kind]bool{Malformed: true, Missing: true, Invalid: true, Unknown: true,
	Unauthenticated: true, Forbidden: true, Credentials: true, Taken: true}

package samples

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"assay/contract"
)

// matching makes a string that meets every pattern and the length of a schema.
// A pattern that is anchored at both ends describes the whole string, so one
// string made from it is tried against the rest; others are met side by side.
func (s *Source) matching(schema *contract.Schema) (string, bool) {
	for range 64 {
		var whole, parts []string
		for _, p := range schema.Patterns {
			if p.Regexp == nil {
				continue
			}
			made := s.Matching(p.Regexp)
			if anchored(p.Regexp.String()) {
				whole = append(whole, made)
			} else {
				parts = append(parts, made)
			}
		}
		for _, candidate := range append(whole, strings.Join(parts, "")) {
			if padded := s.pad(candidate, schema); fits(schema, padded) {
				return padded, true
			}
			if fits(schema, candidate) {
				return candidate, true
			}
		}
	}
	return "", false
}

func anchored(pattern string) bool {
	return strings.HasPrefix(pattern, "^") && strings.HasSuffix(pattern, "$")
}

// pad lengthens a string to the schema's minimum.
func (s *Source) pad(value string, schema *contract.Schema) string {
	if missing := schema.MinLength - utf8.RuneCountInString(value); missing > 0 {
		return value + s.letters(missing, "abcdefghijkmnopqrstuvwxyz")
	}
	return value
}

// Matching returns a string that the regular expression matches. Assertions
// other than the anchors are passed over.
func (s *Source) Matching(pattern *regexp.Regexp) string {
	tree, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	s.walk(&b, tree.Simplify())
	return b.String()
}

// longest bounds what one pattern may make.
const longest = 4096

func (s *Source) walk(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > longest {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			b.WriteRune(r)
		}
	case syntax.OpCharClass:
		b.WriteRune(s.rune(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteString(s.letters(1, "abcdefghijkmnopqrstuvwxyz"))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			s.walk(b, sub)
		}
	case syntax.OpAlternate:
		s.walk(b, re.Sub[s.Intn(len(re.Sub))])
	case syntax.OpStar:
		s.repeat(b, re.Sub[0], s.Intn(4))
	case syntax.OpPlus:
		s.repeat(b, re.Sub[0], 1+s.Intn(4))
	case syntax.OpQuest:
		s.repeat(b, re.Sub[0], s.Intn(2))
	case syntax.OpRepeat:
		most := re.Max
		if most < 0 {
			most = re.Min + 3
		}
		s.repeat(b, re.Sub[0], re.Min+s.Intn(most-re.Min+1))
	}
}

func (s *Source) repeat(b *strings.Builder, re *syntax.Regexp, times int) {
	for range times {
		s.walk(b, re)
	}
}

// rune picks from a character class, given as pairs of bounds: a printable
// ASCII one where the class has any.
func (s *Source) rune(ranges []rune) rune {
	var printable []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := max(ranges[i], '!'); r <= min(ranges[i+1], '~'); r++ {
			printable = append(printable, r)
		}
	}
	if len(printable) > 0 {
		return printable[s.Intn(len(printable))]
	}
	if len(ranges) == 0 {
		return ' '
	}
	return ranges[0]
}

package steps

import (
	"fmt"
	"strings"
)

// tagExpression decides by the tags that a scenario has.
type tagExpression func(has func(string) bool) bool

// parseTags compiles a tag expression of words with and, or, not and
// parentheses. An @ before a tag may be left out. The empty expression holds.
func parseTags(text string) (tagExpression, error) {
	p := tagParser{words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))}
	if len(p.words) == 0 {
		return func(func(string) bool) bool { return true }, nil
	}
	e, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q stands where and, or, or the end is due", p.words[0])
	}
	if err != nil {
		return nil, fmt.Errorf("the tag expression %q: %w", text, err)
	}
	return e, nil
}

type tagParser struct{ words []string }

func (p *tagParser) take(word string) bool {
	if len(p.words) > 0 && strings.EqualFold(p.words[0], word) {
		p.words = p.words[1:]
		return true
	}
	return false
}

func (p *tagParser) or() (tagExpression, error) {
	left, err := p.and()
	for err == nil && p.take("or") {
		var right tagExpression
		if right, err = p.and(); err == nil {
			a, b := left, right
			left = func(has func(string) bool) bool { return a(has) || b(has) }
		}
	}
	return left, err
}

func (p *tagParser) and() (tagExpression, error) {
	left, err := p.not()
	for err == nil && p.take("and") {
		var right tagExpression
		if right, err = p.not(); err == nil {
			a, b := left, right
			left = func(has func(string) bool) bool { return a(has) && b(has) }
		}
	}
	return left, err
}

func (p *tagParser) not() (tagExpression, error) {
	if p.take("not") {
		inner, err := p.not()
		return func(has func(string) bool) bool { return !inner(has) }, err
	}
	if p.take("(") {
		inner, err := p.or()
		if err == nil && !p.take(")") {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return inner, err
	}
	if len(p.words) == 0 || strings.ContainsAny(p.words[0], "()") || isOperator(p.words[0]) {
		return nil, fmt.Errorf("a tag is missing")
	}
	tag := strings.TrimPrefix(p.words[0], "@")
	p.words = p.words[1:]
	return func(has func(string) bool) bool { return has(tag) }, nil
}

func isOperator(word string) bool {
	return strings.EqualFold(word, "and") || strings.EqualFold(word, "or")
}

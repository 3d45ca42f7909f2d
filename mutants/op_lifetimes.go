package mutants

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay/contract"
)

var lifetimes = operator{
	name: "lifetimes",
	does: "an access token lives six times as long or a sixth, is signed otherwise, or lacks a claim",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			for _, p := range answers(op) {
				if p.schema.JWT != nil {
					d.token(p)
				}
			}
		}
	},
}

func (d *deriver) token(p *place) {
	jwt := p.schema.JWT
	change := func(edit func(*yaml.Node)) edit {
		return p.change(func(s *yaml.Node) { edit(child(s, "x-jwt")) })
	}
	if ttl := jwt.Lifetime; ttl > 0 {
		for _, other := range []int64{ttl * 6, ttl / 6} {
			if other < 1 {
				continue
			}
			d.add(Mutant{Name: fmt.Sprintf("%s/%d", p.rule("lifetime"), other), Says: answersWith(p, fmt.Sprintf("%s that lives %d seconds", a(p.name), other)), Breaks: []string{p.rule("lifetime")}, Entails: []string{"token.expiry", "token.lives-on"},
				edit: change(func(n *yaml.Node) { set(n, "ttl", strconv.FormatInt(other, 10)) })})
		}
	}
	if jwt.Algorithm != "" {
		other := "HS256"
		if jwt.Algorithm == other {
			other = "RS256"
		}
		d.add(Mutant{Name: p.rule("algorithm") + "/" + other, Says: answersWith(p, fmt.Sprintf("%s signed with %s", a(p.name), other)), Breaks: []string{p.rule("algorithm")},
			edit: change(func(n *yaml.Node) { set(n, "alg", other) })})
	}
	if jwt.Claims != nil && jwt.Claims.Name != "" {
		d.claims(p, jwt.Claims)
	}
}

// claims drops each claim, and tells each as another type.
func (d *deriver) claims(p *place, claims *contract.Schema) {
	for _, m := range claims.Properties {
		rule := p.rule("claims." + m.Name)
		if m.Required {
			entailed := []string(nil)
			if m.Name == "exp" {
				entailed = rulesBelow(d.contract, p.prefix)
			}
			d.add(Mutant{Name: rule + ".required/absent", Says: answersWith(p, fmt.Sprintf("%s without the claim %s", a(p.name), m.Name)), Breaks: []string{rule + ".required"}, Entails: entailed,
				edit: p.changeClaims(claims.Name, func(s *yaml.Node) {
					drop(child(s, "properties"), m.Name)
					without(child(s, "required"), m.Name)
				})})
		}
		to := map[string]string{"integer": "string", "number": "string", "string": "integer"}[m.Type]
		if to == "" || m.Computed != nil {
			continue
		}
		d.add(Mutant{Name: rule + ".type/" + to, Says: answersWith(p, fmt.Sprintf("%s whose claim %s is %s", a(p.name), m.Name, a(to))), Breaks: []string{rule + ".type"}, Entails: []string{p.rule("lifetime")},
			edit: p.changeClaims(claims.Name, func(s *yaml.Node) {
				if prop := down(s, "properties", m.Name); prop != nil {
					retype(prop, to)
				}
			})})
	}
}

// changeClaims gives the token at this place claims of its own, edited. The
// schema of claims is named, never referred to, so the copy gets a name.
func (p *place) changeClaims(name string, edit func(*yaml.Node)) edit {
	return func(doc *document) bool {
		schemas := down(doc.root, "components", "schemas")
		claims := child(schemas, name)
		if claims == nil {
			return false
		}
		copied := doc.inline(clone(claims), nil)
		edit(copied)
		other := name + "Of" + upperFirst(strings.Map(wordRune, p.prefix))
		put(schemas, other, copied)
		return p.change(func(s *yaml.Node) { set(child(s, "x-jwt"), "claims", other) })(doc)
	}
}

func wordRune(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return -1
}

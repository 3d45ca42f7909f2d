package mutants

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

var bounds = operator{
	name: "bounds",
	does: "a bound of what is sent is moved by one, outwards and inwards, or removed",
	derive: func(d *deriver) {
		accounts := accountsOf(d.contract)
		for _, op := range d.contract.Operations {
			for _, p := range requests(op) {
				if accounts.looksUp(p) {
					d.guessed(accounts, p, "minLength", "empty", "an empty "+p.name, func(v any, _ bool) bool { return v == "" })
					continue
				}
				d.numeric(p)
				s := p.schema
				d.counted(p, "minLength", s.MinLength, -1, "character")
				d.counted(p, "minItems", s.MinItems, -1, "item")
				if s.MaxLength != nil {
					d.counted(p, "maxLength", *s.MaxLength, 1, "character")
				}
				if s.MaxItems != nil {
					d.counted(p, "maxItems", *s.MaxItems, 1, "item")
				}
			}
		}
	},
}

// numeric moves the bounds of a number.
func (d *deriver) numeric(p *place) {
	step := 1.0
	if p.schema.MultipleOf != nil {
		step = *p.schema.MultipleOf
	}
	if m := p.schema.Minimum; m != nil {
		d.bound(p, "minimum", number(*m-step), takes(p, fmt.Sprintf("%s of %s", a(p.subject()), number(*m-step))))
		d.inward(p, "minimum", number(*m+step), refusesA(p, fmt.Sprintf("%s of %s", a(p.subject()), number(*m))))
		d.unbound(p, "minimum", takes(p, fmt.Sprintf("%s of any size below %s", a(p.subject()), number(*m))))
	}
	if m := p.schema.Maximum; m != nil {
		d.bound(p, "maximum", number(*m+step), takes(p, fmt.Sprintf("%s of %s", a(p.subject()), number(*m+step))))
		d.inward(p, "maximum", number(*m-step), refusesA(p, fmt.Sprintf("%s of %s", a(p.subject()), number(*m))))
		d.unbound(p, "maximum", takes(p, fmt.Sprintf("%s of any size above %s", a(p.subject()), number(*m))))
	}
}

// counted moves a bound on a length: outwards is the direction away from what is allowed.
func (d *deriver) counted(p *place, keyword string, at, outwards int, unit string) {
	if at == 0 && outwards < 0 {
		return
	}
	out, in := at+outwards, at-outwards
	text := func(n int) string { return fmt.Sprintf("%s of %s", a(p.subject()), count(n, unit)) }
	if out > 0 {
		d.bound(p, keyword, strconv.Itoa(out), takes(p, text(out)))
	}
	if in > 0 {
		d.inward(p, keyword, strconv.Itoa(in), refusesA(p, text(at)))
	}
	beyond := "below"
	if outwards > 0 {
		beyond = "beyond"
	}
	d.unbound(p, keyword, takes(p, fmt.Sprintf("%s of any length %s %d", a(p.subject()), beyond, at)))
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// bound moves a bound outwards: what must be refused passes.
func (d *deriver) bound(p *place, keyword, value, says string) {
	d.add(Mutant{Name: p.rule(keyword) + "/" + value, Says: says, Breaks: []string{p.rule(keyword)},
		edit: p.change(func(s *yaml.Node) { set(s, keyword, value) })})
}

// inward moves a bound inwards: what must pass is refused, now and then a
// plain value too.
func (d *deriver) inward(p *place, keyword, value, says string) {
	if p.schema.Default != nil {
		return // the default lies at the bound
	}
	d.add(Mutant{Name: p.rule(keyword) + "/" + value, Says: says, Breaks: []string{p.rule(keyword)}, Entails: []string{success(p.op)},
		edit: p.change(func(s *yaml.Node) { set(s, keyword, value) })})
}

func (d *deriver) unbound(p *place, keyword, says string) {
	d.add(Mutant{Name: p.rule(keyword) + "/removed", Says: says, Breaks: []string{p.rule(keyword)},
		edit: p.change(func(s *yaml.Node) {
			drop(s, keyword)
			drop(s, "exclusive"+upperFirst(keyword))
		})})
}

package mutants

import (
	"html"
	"net/http"
	"strings"
	"unicode/utf8"

	"assay/contract"
)

var texts = operator{
	name: "texts",
	does: "characters are counted as bytes; a text comes back escaped, cut, in small letters or without its foreign characters; two members are swapped",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			if op.Body == nil || op.Body.Schema == nil {
				continue
			}
			asSent := op.ID + ".values-as-sent"
			for _, m := range op.Body.Schema.Properties {
				if m.Type != "string" {
					continue
				}
				if m.MaxLength != nil && len(m.Patterns) == 0 {
					d.bytes(op, m)
				}
				if op.Success == nil || op.Success.Schema.Property(m.Name) == nil {
					continue
				}
				comesBack := func(name, says string, edit func(string) string) {
					d.add(Mutant{Name: asSent + "/" + m.Name + "-" + name, Says: op.ID + " answers " + m.Name + " " + says, Breaks: []string{asSent},
						plant: through(op, nil, func(x *passage) {
							x.changeAnswer(func(v any) any {
								return rewrite(v, []string{"." + m.Name}, func(old any) any {
									text, _ := old.(string)
									return edit(text)
								})
							})
						})})
				}
				comesBack("escaped", "with its HTML characters escaped", html.EscapeString)
				comesBack("in-small-letters", "in small letters", strings.ToLower)
				comesBack("without-foreign-characters", "with a question mark for every foreign character", asciiOnly)
				if m.MaxLength != nil && *m.MaxLength > 1 {
					comesBack("cut", "without its last character when it is long", func(s string) string {
						r := []rune(s)
						return string(r[:min(len(r), *m.MaxLength-1)])
					})
				}
			}
			d.swapped(op)
		}
	},
}

func asciiOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, s)
}

// bytes refuses a text whose bytes are more than the characters allowed.
func (d *deriver) bytes(op *contract.Operation, m *contract.Property) {
	most := *m.MaxLength
	rule := op.ID + ".body." + m.Name + ".maxLength"
	d.add(Mutant{Name: rule + "/bytes", Says: op.ID + " counts the bytes of " + m.Name + " instead of its characters", Breaks: []string{rule},
		plant: planted(op, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			x := &passage{request: r}
			x.read()
			if text, ok := x.member(m.Name).(string); ok && len(text) > most {
				x.answer(http.StatusUnprocessableEntity, "application/json", `{"reason":"`+m.Name+` is too long"}`)
				x.write(w)
				return
			}
			x.serve(next)
			x.write(w)
		})})
}

// swapped stores two numbers in each other's place.
func (d *deriver) swapped(op *contract.Operation) {
	var names []string
	for _, m := range op.Body.Schema.Properties {
		if m.Type == "integer" || m.Type == "number" {
			names = append(names, m.Name)
		}
	}
	if len(names) < 2 {
		return
	}
	one, two := names[0], names[1]
	d.add(Mutant{Name: op.ID + ".values-as-sent/swapped", Says: op.ID + " swaps " + one + " and " + two, Breaks: []string{op.ID + ".values-as-sent"}, Entails: []string{op.ID + ".stored"},
		plant: through(op, func(x *passage) {
			x.change(func(m map[string]any) {
				a, okA := m[one]
				b, okB := m[two]
				if okA && okB {
					m[one], m[two] = b, a
				}
			})
		}, nil)})
}

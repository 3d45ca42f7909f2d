package mutants

import (
	"net/http"
	"strings"

	"assay/contract"
)

var refusals = operator{
	name: "refusals",
	does: "what must be refused with a 4xx is answered with a 500, with a 200 that holds an error, or with a redirect to a sign-in page",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			breaks := refusedBy(op)
			entails := append(rulesBelow(d.contract, op.ID), rulesBelow(d.contract, "token")...)
			d.add(Mutant{Name: op.ID + ".refusals/500", Says: op.ID + " answers 500 to whatever it should refuse", Breaks: breaks, Entails: entails,
				plant: through(op, nil, func(x *passage) {
					if x.status/100 == 4 {
						x.answer(http.StatusInternalServerError, "text/html", "<html><body><h1>Internal Server Error</h1></body></html>")
					}
				})})
			d.add(Mutant{Name: op.ID + ".refusals/200", Says: op.ID + " answers 200 with an error in the body", Breaks: breaks, Entails: entails,
				plant: through(op, nil, func(x *passage) {
					if x.status/100 == 4 {
						x.answer(http.StatusOK, "application/json", `{"error":"something is wrong"}`)
					}
				})})
			if !op.Public() {
				d.add(Mutant{Name: op.ID + ".security/redirect", Says: op.ID + " redirects whoever is not signed in", Breaks: []string{op.ID + ".security"}, Entails: entails,
					plant: through(op, nil, func(x *passage) {
						if x.status == http.StatusUnauthorized {
							x.answer(http.StatusFound, "text/html", "")
							x.header.Set("Location", "/sign-in")
						}
					})})
			}
		}
	},
}

// refusedBy lists the operation's rules that refuse something.
func refusedBy(op *contract.Operation) (out []string) {
	if !op.Public() {
		out = append(out, op.ID+".security")
	}
	for _, c := range op.Cases() {
		if !c.Accept {
			out = append(out, c.Rule.ID)
		}
	}
	return out
}

// below reports whether a rule's id lies below a prefix.
func below(id, prefix string) bool {
	return id == prefix || strings.HasPrefix(id, prefix+".")
}

package mutants

import (
	"fmt"
	"strconv"
	"strings"

	"assay/contract"
)

// success is the id of the rule of an operation's documented success.
func success(op *contract.Operation) string {
	if op.Success == nil || op.Success.Status == 0 {
		return op.ID
	}
	return op.ID + "." + strconv.Itoa(op.Success.Status)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// a puts the article before a noun: "an e-mail", "a page".
func a(noun string) string {
	if noun != "" && strings.ContainsRune("aeiouAEIOU", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// takes says what an operation wrongly accepts, refuses what it wrongly refuses.
func takes(p *place, what string) string    { return fmt.Sprintf("%s takes %s", p.op.ID, what) }
func refusesA(p *place, what string) string { return fmt.Sprintf("%s refuses %s", p.op.ID, what) }

// answersWith says what is wrong with an answer.
func answersWith(p *place, what string) string {
	return fmt.Sprintf("%s answers %s", p.op.ID, what)
}

// rulesBelow lists the rules whose ids begin with the prefix.
func rulesBelow(c *contract.Contract, prefix string) (out []string) {
	for _, r := range c.Rules {
		if strings.HasPrefix(r.ID, prefix+".") || strings.HasPrefix(r.ID, prefix+"[]") {
			out = append(out, r.ID)
		}
	}
	return out
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

package mockserver

import (
	"strings"

	"assay/contract"
)

// validate judges the request by the contract. It returns the refusal, or nil to go on.
func (p *plan) validate(c *Call, op *operation) *Reply {
	if !p.options.Strict {
		bodyFromQuery(c, op)
		if c.hasBody {
			c.Body = coerce(c, c.Body, op.body, "")
		}
	}
	if op.Accepts(c.Path, c.Query, c.Request.Header, c.Body, c.hasBody) {
		return nil // most requests are good, and this costs a fraction of a judgement in words
	}
	judgement := op.JudgeRequest(c.Path, c.Query, c.Request.Header, c.Body, c.hasBody)
	if len(judgement.Breaches) > 0 {
		if c.notes != nil {
			for _, b := range judgement.Breaches {
				c.notes.rules = append(c.notes.rules, b.RuleID)
			}
		}
		return refusalOf(judgement.Breaches)
	}
	if len(judgement.Remarks) == 0 {
		return nil
	}
	if p.options.Strict {
		return refusalOf(judgement.Remarks)
	}
	if c.notes != nil {
		for _, r := range judgement.Remarks {
			c.remark(RemarkUndocumented, where(r), where(r)+": not documented, passed over")
		}
	}
	return nil
}

// refusalOf words a refusal: of the kind that comes first, naming each field
// and what its rule asks.
func refusalOf(breaches []contract.Breach) *Reply {
	reply := &Reply{Refuse: contract.Invalid}
	var words []string
	for _, b := range breaches {
		if rank(b.Kind) < rank(reply.Refuse) {
			reply.Refuse = b.Kind
		}
		const most = 5
		if len(words) < most {
			words = append(words, sentenceOf(b))
		}
	}
	reply.Reason = strings.Join(words, "; ")
	return reply
}

// rank orders the kinds of refusal when a request has several faults.
func rank(k contract.Kind) int {
	switch k {
	case contract.Malformed:
		return 0
	case contract.Missing:
		return 1
	}
	return 2
}

func sentenceOf(b contract.Breach) string {
	switch b.Kind {
	case contract.Missing:
		return where(b) + " is required: " + b.Expected
	case contract.Undocumented:
		return where(b) + " is not documented"
	}
	return where(b) + ": expected " + b.Expected + ", got " + b.Actual
}

// where names a field as a person would: impact, address.city, items.0.name.
func where(b contract.Breach) string {
	name := strings.ReplaceAll(strings.TrimPrefix(b.Pointer, "/"), "/", ".")
	name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
	if name == "" {
		return "the " + b.In
	}
	return name
}

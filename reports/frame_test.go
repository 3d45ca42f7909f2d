package reports_test

import (
	"net/http"
	"strings"
	"testing"

	"assay/contract"
	"assay/reports"
)

// The golden file is the catalogue of what a frame can look like.
func TestAFramePointsAtTheValueThatIsWrong(t *testing.T) {
	run := newRun()
	show := func(id, sentence, pointer, actual, request, answer string) {
		parts := strings.Split(id, ".")
		r := &contract.Rule{ID: id, Keyword: parts[len(parts)-1], Sentence: sentence, Basis: contract.Stated, File: "openapi.yaml", Line: 1,
			Citations: []contract.Citation{{Title: "a document", At: "a document"}}}
		run.Rules = append(run.Rules, reports.RuleResult{Rule: r, Verdict: contract.Broken, Judged: 1, Finding: len(run.Findings) + 1})
		run.Findings = append(run.Findings, &contract.Finding{Rule: r, Verdict: contract.Broken, Pointer: pointer, Expected: "something else", Actual: actual, Times: 1,
			Chain: []*contract.Exchange{{Request: contract.Request{Method: "POST", URL: base, Header: http.Header{"Content-Type": {"application/json"}}, Body: request},
				Response: &contract.Response{Status: 200, Body: answer}}}})
	}
	show("a.200.name", "A member of the answer.", "/name", "an integer", "", `{"id":1,"name":7,"more":null}`)
	show("a.200.list", "An element of a list.", "/items/1/score", "8 (number)", "", `{"items":[{"score":9},{"score":8.0,"x":[1,2]},{"score":7}]}`)
	show("a.200.missing", "A member that is missing.", "/user/email", "nothing", "", `{"user":{"name":"ada"}}`)
	show("a.body.age.maximum", "A value of the request that was taken.", "", "200 OK", `{"name":"ada","age":200}`, `{"ok":true}`)
	show("a.body.age.required", "A request without a member that was taken.", "", "200 OK", `{"name":"ada"}`, `{"ok":true}`)
	show("a.200.wide", "Wide and combining characters.", "/漢字/b", "true (boolean)", "", `{"漢字":{"a":"🙂🙂","b":true}}`)
	show("a.200.wide2", "Wide characters before the value, on its own line.", "/0", "a string", "", `["漢字🙂e`+"\u0301"+`"]`)
	show("a.200.escaped", "A pointer with escapes (RFC 6901).", "/a~1b/m~0n", "2 (number)", "", `{"a/b":{"m~n":2}}`)
	show("a.200.long", "A value longer than the terminal is wide.", "/text", "a long string", "", `{"text":"`+strings.Repeat("long ", 50)+`"}`)
	show("a.200.object", "An object as a value.", "/user", "an object", "", `{"user":{"name":"ada"}}`)
	show("a.200.secret", "A secret is masked, and still pointed at.", "/jwt", "a string", "", `{"jwt":"`+jwt("ada")+`"}`)
	show("a.200.cut", "A body that is no JSON.", "/name", "no JSON", "", `{"name":"ad`)
	show("a.200.page", "A page with a terminal's commands.", "", "HTML", "", "<h1>\x1b[31mno\x1b[0m</h1>\r\n\t<p>\u202eevil</p>")
	show("a.200.status", "A status alone: its body would say nothing.", "", "200 OK", "", `{"a":1}`)
	run.Rules[len(run.Rules)-1].Rule.Keyword = "status"
	show("a.200.deep", "A body of a thousand brackets.", "/0", "a list", "", strings.Repeat("[", 1000)+strings.Repeat("]", 1000))
	show("a.200.nothing", "No body at all.", "/name", "no body", "", "")
	golden(t, "frames.txt", written(t, reports.Terminal, run, reports.Options{Width: 76}))
}

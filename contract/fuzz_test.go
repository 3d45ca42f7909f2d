package contract_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay/contract"
)

// Whatever a contract's text says: it is refused with faults that have a
// problem and a place, or it is a contract whose parts can be used.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"../openapi.yaml", "testdata/faulty/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: no seeds: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte(small))
	f.Add([]byte("openapi: 3.0.3\ninfo: {title: T, version: \"1\"}\npaths: {}\na: &a [*a]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		const long = 64 << 10
		if len(text) > long {
			t.Skip()
		}
		c, err := contract.Parse("fuzz.yaml", text)
		if err != nil {
			faults, ok := err.(contract.Faults)
			if !ok || len(faults) == 0 {
				t.Fatalf("refused with %T %v", err, err)
			}
			for _, fault := range faults {
				if fault.Problem == "" || fault.File == "" {
					t.Errorf("a fault without problem or place: %+v", fault)
				}
			}
			return
		}
		useContract(t, c)
	})
}

// A reference may name what never ends.
func TestAReferenceToADeviceIsAFault(t *testing.T) {
	_, err := contract.Parse("t.yaml", []byte("openapi: 3.0.3\ninfo: {title: T, version: \"1\"}\npaths: {/x: {$ref: \"/dev/zero\"}}\n"))
	if err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("got %v", err)
	}
}

// small has a little of everything that the vocabulary knows.
const small = `
openapi: 3.0.3
info: {title: Notes, version: "1", x-name: notes}
x-rules: [{id: token.expiry, says: It ends., slow: true}]
paths:
  /notes:
    get:
      operationId: listNotes
      security: [{key: []}]
      parameters: [{name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}]
      responses:
        "200":
          description: Notes.
          content: {application/json: {schema: {type: array, maxItems: 3, x-order: [-at], items: {$ref: "#/components/schemas/Note"}}}}
    post:
      operationId: addNote
      requestBody: {content: {application/json: {schema: {type: object, required: [text], properties: {text: {type: string, minLength: 1, maxLength: 9, pattern: "[a-z]"}, n: {type: integer, multipleOf: 2, enum: [2, 4]}}}}}}
      responses: {"201": {description: Made., content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}, 4XX: {description: Refused., x-refuses: [invalid, missing]}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: key}}
  schemas:
    Note:
      type: object
      required: [id, text]
      properties:
        id: {type: string, x-computed: {newid: []}}
        text: {type: string}
        at: {type: integer, x-computed: {clock: []}}
        mean: {type: number, x-computed: {mean: [at, at], decimals: 1}}
        token: {type: string, x-jwt: {alg: HS256, ttl: 60, claims: Note}}
        inner: {$ref: "#/components/schemas/Note"}
`

// useContract does what programs do with a contract.
func useContract(t *testing.T, c *contract.Contract) {
	seen := map[string]bool{}
	for _, r := range c.Rules {
		if r.ID == "" || seen[r.ID] || c.Rule(r.ID) != r {
			t.Errorf("the rule id %q is empty, used twice, or not found again", r.ID)
		}
		seen[r.ID] = true
	}
	for _, o := range c.Operations {
		for _, one := range o.Cases() {
			if one.Rule == nil || c.Rule(one.Rule.ID) == nil {
				t.Errorf("%s has a case of no rule", o.ID)
			}
		}
		for _, body := range []string{`{}`, `[{}]`, `null`, `{"id":"1","text":"x"}`, ``} {
			v, _ := contract.DecodeStrict([]byte(body))
			o.JudgeResponse(200, http.Header{}, []byte(body), contract.At(time.Unix(1e9, 0), time.Second), contract.Sent(v))
			o.JudgeRequest(nil, nil, http.Header{}, v, body != "")
		}
	}
}

// The strict decoder agrees with encoding/json on every text that both take,
// and refuses beyond it only what two readers may understand differently.
func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.50,-0,1e3,true,null,"\u00e9\ud83d\ude00"]}`, `{"a":1,"a":2}`, "\xef\xbb\xbf{}", `{} {}`, `"\ud800"`, `01`, `-`, `[[[[]]]]`,
		"\"\xff\"", "\"\x01\"", `tru`, ` `, `{"":{}}`, `1E+2`, `nulll`, `{"a":1,}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := contract.DecodeStrict(text)
		if err != nil {
			if json.Valid(text) && !ambiguous(text) {
				t.Errorf("%q is refused: %v", text, err)
			}
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		var want any
		if !json.Valid(text) || dec.Decode(&want) != nil {
			t.Fatalf("%q is taken, encoding/json refuses it", text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %#v, encoding/json says %#v", text, got, want)
		}
		lenient, ok := contract.DecodeLeniently(text)
		if !ok || !reflect.DeepEqual(got, lenient) {
			t.Errorf("%q is %#v when read strictly and %#v when read leniently", text, got, lenient)
		}
	})
}

// ambiguous reports whether a valid JSON text has what the strict decoder
// refuses: invalid UTF-8, a name twice, too many levels.
func ambiguous(text []byte) bool {
	if !utf8.Valid(text) {
		return true
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return twiceOrDeep(dec, 0)
}

func twiceOrDeep(dec *json.Decoder, depth int) bool {
	token, err := dec.Token()
	open, isOpen := token.(json.Delim)
	if err != nil || !isOpen {
		return false
	}
	if depth >= contract.MaxDepth {
		return true
	}
	names := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, _ := dec.Token()
			text, _ := name.(string)
			if names[text] {
				return true
			}
			names[text] = true
		}
		if twiceOrDeep(dec, depth+1) {
			return true
		}
	}
	_, _ = dec.Token() // the closing bracket
	return false
}

// Whatever a target answers, the judge says something of it that holds
// together: it names rules of the ledger, it has decided each rule that it
// finds broken, and it says the same again.
func FuzzJudgeResponse(f *testing.F) {
	c := ideaPool(f)
	for i, o := range c.Operations {
		for _, e := range o.Success.Examples {
			f.Add(byte(i), uint16(o.Success.Status), []byte(e.Value))
		}
	}
	for _, body := range []string{``, `null`, `[]`, `{}`, `"x"`, `{"id":1,"impact":"8","created_at":1e400,"average_score":-0}`, `[{"average_score":1},{"average_score":2}]`,
		`{"jwt":"a.b.c","refresh_token":""}`, `{"jwt":"e30.e30."}`, `<html>`, "\xef\xbb\xbf{}", `{"avatar_url":"","email":"A"}`} {
		f.Add(byte(0), uint16(200), []byte(body))
		f.Add(byte(5), uint16(200), []byte(body))
		f.Add(byte(4), uint16(201), []byte(body))
	}
	now := time.Unix(1_600_000_000, 0)
	f.Fuzz(func(t *testing.T, which byte, status uint16, body []byte) {
		o := c.Operations[int(which)%len(c.Operations)]
		j := o.JudgeResponse(int(status), http.Header{}, body, contract.At(now, time.Second))
		for _, b := range j.Breaches {
			if b.RuleID == "" || b.Expected == "" || b.Actual == "" {
				t.Errorf("a breach that says too little: %+v", b)
			}
			if b.Rule != nil && (b.Rule.ID != b.RuleID || !slices.Contains(j.Judged, b.RuleID)) {
				t.Errorf("%s is broken but was not decided", b.RuleID)
			}
		}
		for _, id := range j.Judged {
			if !c.Has(id) {
				t.Errorf("%s was decided, and is no rule", id)
			}
		}
		again := o.JudgeResponse(int(status), http.Header{}, body, contract.At(now, time.Second))
		if !reflect.DeepEqual(j, again) {
			t.Errorf("judged twice, differently:\n%+v\n%+v", j, again)
		}
	})
}

package contract_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/contract"
)

func TestStrictDecodingTakesJSON(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want any
	}{
		"a number keeps its digits":        {"8.0", json.Number("8.0")},
		"a large integer keeps its digits": {"12345678901234567890", json.Number("12345678901234567890")},
		"escapes are read":                 {`"a\u0026\n"`, "a&\n"},
		"white space stands around":        {" \r\n\ttrue\n", true},
		"null is nil":                      {"null", nil},
		"members and items nest":           {`{"a":[1,{"b":null}]}`, map[string]any{"a": []any{json.Number("1"), map[string]any{"b": nil}}}},
		"an empty object is one":           {"{}", map[string]any{}},
		"an empty array is one":            {"[]", []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := contract.DecodeStrict([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStrictDecodingRefusesWhatTwoReadersMayUnderstandDifferently(t *testing.T) {
	for name, test := range map[string]struct{ text, problem string }{
		"two equal keys":                  {`{"a":1,"a":2}`, `the member "a" stands twice at byte 7`},
		"equal keys by an escape":         {`{"a":1,"\u0061":2}`, `the member "a" stands twice at byte 7`},
		"bytes after the value":           {`{} {}`, "more bytes stand after the JSON value at byte 3"},
		"a byte-order mark":               {"\xef\xbb\xbf{}", "a byte-order mark stands before the JSON at byte 0"},
		"invalid UTF-8":                   {"\"\xff\"", "a string is not valid UTF-8 at byte 0"},
		"a control character":             {"\"\x01\"", "a control character stands in a string at byte 1"},
		"a string without end":            {`"abc`, "a string does not end at byte 0"},
		"a string that ends in an escape": {`"abc\`, "a string does not end at byte 0"},
		"NaN":                             {`{"a":NaN}`, `'N' is not JSON at byte 5`},
		"a leading zero":                  {`01`, `01 is not a JSON number at byte 0`},
		"a comma too many":                {`[1,]`, `']' is not JSON at byte 3`},
		"a missing colon":                 {`{"a" 1}`, `'1' stands where a colon is due at byte 5`},
		"a name that is no string":        {`{1:2}`, `'1' stands where a member's name is due at byte 1`},
		"nothing":                         {"", "the JSON ends too early at byte 0"},
		"ten million brackets":            {strings.Repeat("[", 10_000_000), "the JSON is nested deeper than 128 levels at byte 128"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := contract.DecodeStrict([]byte(test.text))
			var decode *contract.DecodeError
			if !errors.As(err, &decode) {
				t.Fatalf("it was taken, or refused otherwise: %v", err)
			}
			if err.Error() != test.problem {
				t.Errorf("got  %s\nwant %s", err, test.problem)
			}
		})
	}
}

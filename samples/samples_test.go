package samples_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"assay/contract"
	"assay/samples"
)

func TestTheSameSeedGivesTheSameValues(t *testing.T) {
	person := objectOf(
		member("name", &contract.Schema{Type: "string"}),
		member("email", &contract.Schema{Type: "string", Format: "email"}),
		member("age", &contract.Schema{Type: "integer"}),
		member("tags", &contract.Schema{Type: "array", Items: &contract.Schema{Type: "string"}}),
	)
	draw := func(seed uint64) string {
		source := samples.New(seed)
		var all []any
		for range 20 {
			all = append(all, source.Object(person), source.Password(nil), source.Text(40))
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, seed := range []uint64{0, 7} { // 0 is a seed like any other
		if first, second := draw(seed), draw(seed); first != second {
			t.Errorf("seed %d gave two different series", seed)
		}
	}
	if draw(7) == draw(8) {
		t.Error("two seeds gave the same series")
	}
}

func TestAnEmailAddressIsUnderExampleComAndUnique(t *testing.T) {
	source := samples.New(1)
	form := regexp.MustCompile(`^[a-z][a-z.]*\.[0-9a-z]+@example\.com$`)
	seen := map[string]bool{}
	for range 5000 {
		email := source.Email()
		if !form.MatchString(email) {
			t.Fatalf("%q is no plain address under example.com", email)
		}
		if seen[email] {
			t.Fatalf("%q came twice", email)
		}
		seen[email] = true
	}
}

func TestATextHasExactlyTheLengthAskedFor(t *testing.T) {
	source := samples.New(3)
	for _, n := range []int{0, 1, 2, 5, 17, 254, 255, 256, 5000} {
		for range 50 {
			text := source.Text(n)
			if got := utf8.RuneCountInString(text); got != n {
				t.Fatalf("Text(%d) has %d characters: %q", n, got, text)
			}
			if text != strings.TrimSpace(text) || strings.HasSuffix(text, ",") {
				t.Fatalf("Text(%d) begins or ends badly: %q", n, text)
			}
		}
	}
	if source.Text(-1) != "" {
		t.Error("a negative length gives a text")
	}
}

func TestAPasswordMeetsEveryRuleOfItsSchema(t *testing.T) {
	upper, lower, digit := pattern(`[A-Z]`), pattern(`[a-z]`), pattern(`[0-9]`)
	for name, schema := range map[string]*contract.Schema{
		"eight characters, upper, lower, digit": {MinLength: 8, Patterns: []contract.Pattern{upper, lower, digit}},
		"at most ten characters":                {MinLength: 8, MaxLength: ptr(10), Patterns: []contract.Pattern{upper, lower, digit}},
		"at most four characters":               {MaxLength: ptr(4)},
		"at least forty characters":             {MinLength: 40, Patterns: []contract.Pattern{upper, lower, digit}},
		"a special character":                   {MinLength: 8, Patterns: []contract.Pattern{upper, pattern(`[!@#]`)}},
		"digits only":                           {MinLength: 6, Patterns: []contract.Pattern{pattern(`^[0-9]{6,8}$`)}},
		"no rule at all":                        {},
	} {
		t.Run(name, func(t *testing.T) {
			source := samples.New(11)
			for range 1000 {
				meets(t, schema, source.Password(schema))
			}
		})
	}
	if len(samples.New(1).Password(nil)) < 8 {
		t.Error("a password without a schema is short")
	}
}

func TestAValueFitsItsSchema(t *testing.T) {
	for _, c := range []struct {
		name   string
		schema *contract.Schema
		ok     func(any) bool
	}{
		{"score", &contract.Schema{Type: "integer", Minimum: ptr(1.0), Maximum: ptr(10.0)}, integerFrom(1, 10)},
		{"even", &contract.Schema{Type: "integer", Minimum: ptr(3.0), Maximum: ptr(9.0), MultipleOf: ptr(4.0)}, integerFrom(4, 8)},
		{"open", &contract.Schema{Type: "integer", Minimum: ptr(0.0), Maximum: ptr(2.0), ExclusiveMinimum: true, ExclusiveMaximum: true}, integerFrom(1, 1)},
		{"below", &contract.Schema{Type: "integer", Maximum: ptr(-5.0)}, integerFrom(-1000, -5)},
		{"huge", &contract.Schema{Type: "integer", Minimum: ptr(0.0), Maximum: ptr(9e15)}, integerFrom(0, 9e15)},
		{"ratio", &contract.Schema{Type: "number", Minimum: ptr(0.0), Maximum: ptr(1.0)}, func(v any) bool { f, ok := v.(float64); return ok && f >= 0 && f <= 1 }},
		{"done", &contract.Schema{Type: "boolean"}, func(v any) bool { _, ok := v.(bool); return ok }},
		{"state", &contract.Schema{Type: "string", Enum: []any{"open", "shut"}}, func(v any) bool { return v == "open" || v == "shut" }},
		{"content", &contract.Schema{Type: "string", MinLength: 1, MaxLength: ptr(12)}, length(1, 12)},
		{"name", &contract.Schema{Type: "string", MaxLength: ptr(3)}, length(1, 3)},
		{"note", &contract.Schema{Type: "string", MinLength: 300}, length(300, 300)},
		{"code", &contract.Schema{Type: "string", Patterns: []contract.Pattern{pattern(`^[A-Z]{2}-\d{4}$`)}}, func(v any) bool { return regexp.MustCompile(`^[A-Z]{2}-\d{4}$`).MatchString(v.(string)) }},
		{"list", &contract.Schema{Type: "array", MinItems: 2, MaxItems: ptr(2), Items: &contract.Schema{Type: "boolean"}}, func(v any) bool { return len(v.([]any)) == 2 }},
		{"id", &contract.Schema{Type: "string", Format: "uuid"}, length(36, 36)},
		{"anything", nil, length(1, 200)},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := samples.New(5)
			for range 500 {
				if v := source.Value(c.schema, c.name); !c.ok(v) {
					t.Fatalf("%#v does not fit", v)
				}
			}
		})
	}
}

func TestAnObjectHoldsWhatAClientMaySend(t *testing.T) {
	schema := objectOf(
		member("id", &contract.Schema{Type: "string", Computed: &contract.Computed{Function: "newid"}}),
		member("token", &contract.Schema{Type: "string", JWT: &contract.JWT{}}),
		member("name", &contract.Schema{Type: "string"}),
		member("email", &contract.Schema{Type: "string", Format: "email"}),
		member("address", objectOf(member("city", &contract.Schema{Type: "string"}))),
	)
	object := samples.New(9).Object(schema)
	if _, there := object["id"]; there || object["token"] != nil {
		t.Errorf("computed members are sent: %v", object)
	}
	first := strings.ToLower(strings.Fields(object["name"].(string))[0])
	if !strings.HasPrefix(object["email"].(string), first) {
		t.Errorf("%q is not the address of %q", object["email"], object["name"])
	}
	if address, ok := object["address"].(map[string]any); !ok || address["city"] == "" {
		t.Errorf("the nested object is missing: %v", object)
	}
}

func TestASchemaThatRefersToItselfEnds(t *testing.T) {
	node := objectOf(member("label", &contract.Schema{Type: "string"}))
	node.Properties = append(node.Properties, member("children", &contract.Schema{Type: "array", Items: node}), member("next", node))
	text, err := json.Marshal(samples.New(2).Object(node))
	if err != nil || len(text) > 1<<20 {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
}

func TestASourceMayBeShared(t *testing.T) {
	source := samples.New(4)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				_ = source.Email() + source.Text(30) + source.Password(nil)
			}
		})
	}
	wait.Wait()
}

func meets(t *testing.T, schema *contract.Schema, password string) {
	t.Helper()
	n := utf8.RuneCountInString(password)
	if n < schema.MinLength || schema.MaxLength != nil && n > *schema.MaxLength {
		t.Fatalf("%q has %d characters", password, n)
	}
	for _, p := range schema.Patterns {
		if !p.Regexp.MatchString(password) {
			t.Fatalf("%q does not match %s", password, p.Regexp)
		}
	}
}

func objectOf(members ...*contract.Property) *contract.Schema {
	return &contract.Schema{Type: "object", Properties: members}
}

func member(name string, schema *contract.Schema) *contract.Property {
	return &contract.Property{Name: name, Schema: schema}
}

func pattern(text string) contract.Pattern {
	return contract.Pattern{Regexp: regexp.MustCompile(text)}
}

func ptr[T any](v T) *T { return &v }

func integerFrom(low, high int64) func(any) bool {
	return func(v any) bool { n, ok := v.(int64); return ok && n >= low && n <= high }
}

func length(low, high int) func(any) bool {
	return func(v any) bool {
		n := utf8.RuneCountInString(v.(string))
		return n >= low && n <= high
	}
}

package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// title writes a member's name as the start of a sentence: "Average score".
func title(name string) string {
	words := strings.TrimSpace(strings.NewReplacer("_", " ", "[]", "").Replace(name))
	if words == "" {
		return "The answer"
	}
	r, size := utf8.DecodeRuneInString(words)
	return strings.ToUpper(string(r)) + words[size:]
}

func sentenceRequired(name string) string { return title(name) + " is required." }

// sentenceHolds speaks of a member of the answer, of its items, of its token's
// claims, or of what stands deeper.
func sentenceHolds(prefix, name, member string) string {
	switch {
	case strings.HasSuffix(prefix, "[]"):
		return fmt.Sprintf("Every item holds %s.", member)
	case strings.HasPrefix(name, claimsOf):
		return fmt.Sprintf("%s hold %s.", title(name), member)
	case name != "":
		return fmt.Sprintf("%s holds %s.", title(name), member)
	}
	return fmt.Sprintf("The answer holds %s.", member)
}

// claimsOf begins the name of a token's claims.
const claimsOf = "the claims of "

func sentenceIs(name string, s *Schema) string {
	is := " is "
	if strings.HasPrefix(name, claimsOf) {
		is = " are "
	}
	return title(name) + is + s.Describe() + "."
}

func sentenceHas(name string, p Pattern) string {
	if p.Title != "" {
		return fmt.Sprintf("%s has %s.", title(name), p.Title)
	}
	return fmt.Sprintf("%s matches %s.", title(name), p.Regexp)
}

func sentenceAnswers(o *Operation, a *Answer) string {
	if len(a.Types) == 0 && a.Status < 300 {
		return fmt.Sprintf("%s answers %d without a body.", o.ID, a.Status)
	}
	return fmt.Sprintf("%s answers %d.", o.ID, a.Status)
}

func sentenceBound(o *Operation, name, keyword string, s *Schema) string {
	if keyword == "maxItems" && o.PageParam() != nil {
		return fmt.Sprintf("A page holds %d.", *s.MaxItems)
	}
	return sentenceIs(name, s)
}

func sentenceComputed(name string, c *Computed) string {
	text := title(name) + " " + functions[c.Function].says
	if len(c.Args) > 0 {
		text += " " + list(c.Args, "and")
	}
	return text + "."
}

func sentenceOrder(order []SortKey) string {
	keys := make([]string, len(order))
	for i, k := range order {
		direction := "ascending"
		if k.Descending {
			direction = "descending"
		}
		keys[i] = direction + " " + k.Name
	}
	return "The order is " + strings.Join(keys, ", then ") + "."
}

// list joins words: "a, b and c".
func list(words []string, and string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + and + " " + words[len(words)-1]
}

func seconds(n int64) string {
	switch {
	case n%86400 == 0:
		return count(n/86400, "day")
	case n%3600 == 0:
		return count(n/3600, "hour")
	case n%60 == 0:
		return count(n/60, "minute")
	}
	return count(n, "second")
}

func count(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// Describe says in words what values the schema allows: "an integer from 1 to 10".
func (s *Schema) Describe() string {
	text := describeKind(s)
	if s.Nullable {
		text += " or null"
	}
	return text
}

func describeKind(s *Schema) string {
	switch {
	case len(s.Enum) == 1:
		return Show(s.Enum[0])
	case len(s.Enum) > 1:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = Show(v)
		}
		return "one of " + list(values, "or")
	case s.Format == "email":
		return "an e-mail address"
	}
	switch s.Type {
	case "integer":
		return "an integer" + describeRange(s.Minimum, s.Maximum)
	case "number":
		return "a number" + describeRange(s.Minimum, s.Maximum)
	case "string":
		return "a string" + describeCount(s.MinLength, s.MaxLength, "character")
	case "array":
		return "an array" + describeCount(s.MinItems, s.MaxItems, "item")
	case "object":
		return "an object"
	case "boolean":
		return "a boolean"
	}
	return "any JSON value"
}

func describeRange(low, high *float64) string {
	switch {
	case low != nil && high != nil:
		return fmt.Sprintf(" from %s to %s", number(*low), number(*high))
	case low != nil:
		return fmt.Sprintf(" of at least %s", number(*low))
	case high != nil:
		return fmt.Sprintf(" of at most %s", number(*high))
	}
	return ""
}

func describeCount(low int, high *int, unit string) string {
	switch {
	case high != nil && low > 0:
		return fmt.Sprintf(" of %d to %s", low, count(int64(*high), unit))
	case high != nil:
		return fmt.Sprintf(" of at most %s", count(int64(*high), unit))
	case low > 0:
		return fmt.Sprintf(" of at least %s", count(int64(low), unit))
	}
	return ""
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// longestShown bounds a value in a message, in characters.
const longestShown = 80

// Show writes a value with its JSON type, for a message: `string "8"`, `integer 11`.
func Show(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprintf("boolean %t", x)
	case string:
		return "string " + clip(strconv.Quote(x))
	case []any:
		return "an array of " + count(int64(len(x)), "item")
	case map[string]any:
		return "an object with " + memberNames(x)
	case json.Number:
		if isInteger(x) {
			return "integer " + clip(x.String())
		}
		return "number " + clip(x.String())
	case float64:
		if x == float64(int64(x)) {
			return "integer " + number(x)
		}
		return "number " + number(x)
	case int, int64, uint64:
		return fmt.Sprintf("integer %d", x)
	}
	return clip(fmt.Sprintf("%v", v))
}

func memberNames(m map[string]any) string {
	if len(m) == 0 {
		return "no members"
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	const most = 8
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return clip(strings.Join(names, ", "))
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= longestShown {
		return s
	}
	return string([]rune(s)[:longestShown]) + "…"
}

// ShowStatus writes a status with its name: "201 Created".
func ShowStatus(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return strconv.Itoa(status)
}

// PageParam returns the query parameter that numbers pages: an integer one
// named page. Nil when the operation has none.
func (o *Operation) PageParam() *Param {
	p := o.Param("query", "page")
	if p != nil && p.Schema.Type == "integer" {
		return p
	}
	return nil
}

package samples

import (
	"math"
	"strings"

	"assay/contract"
)

// Object returns a value for every member of an object schema that a client
// may send: those the server computes are left out. Nested objects and arrays
// are filled too. It returns an empty map for a schema without properties.
func (s *Source) Object(schema *contract.Schema) map[string]any { return s.object(schema, 0) }

// Value returns a value that fits the schema, chosen by its keywords, its
// format and, where these leave it open, by the member's name. Integers come
// as int64, other numbers as float64, objects as map[string]any, arrays as
// []any. A schema that says nothing, or nil, gives a short text.
func (s *Source) Value(schema *contract.Schema, name string) any { return s.value(schema, name, 0) }

// deepest bounds how far a schema that refers to itself is followed.
const deepest = 6

func (s *Source) object(schema *contract.Schema, depth int) map[string]any {
	object := map[string]any{}
	if schema == nil {
		return object
	}
	person, email := "", ""
	for _, p := range schema.Properties {
		if p.Computed != nil || p.JWT != nil || depth >= deepest && !p.Required {
			continue
		}
		switch role := roleOf(p.Schema, p.Name); role {
		case fullName, emailAddress:
			// One object describes one person: the address is made of the name.
			if person == "" {
				person, email = s.Person()
			}
			value := person
			if role == emailAddress {
				value = email
			}
			if !fits(p.Schema, value) {
				object[p.Name] = s.value(p.Schema, p.Name, depth+1)
				continue
			}
			object[p.Name] = value
		default:
			object[p.Name] = s.value(p.Schema, p.Name, depth+1)
		}
	}
	return object
}

func (s *Source) value(schema *contract.Schema, name string, depth int) any {
	if schema == nil {
		return s.Sentence()
	}
	if len(schema.Enum) > 0 {
		return schema.Enum[s.Intn(len(schema.Enum))]
	}
	switch kindOf(schema) {
	case "boolean":
		return s.Intn(2) == 1
	case "integer":
		return s.Integer(schema)
	case "number":
		return s.number(schema)
	case "array":
		return s.array(schema, name, depth)
	case "object":
		return s.object(schema, depth)
	}
	return s.String(schema, name)
}

func kindOf(schema *contract.Schema) string {
	switch {
	case schema.Type != "":
		return schema.Type
	case len(schema.Properties) > 0:
		return "object"
	case schema.Items != nil:
		return "array"
	}
	return "string"
}

// Integer returns an integer within the schema's bounds; where a bound is
// missing, one that looks like a small count.
func (s *Source) Integer(schema *contract.Schema) int64 {
	low, high := bounds(schema, 1, 100)
	lowest, highest := int64(math.Ceil(low)), int64(math.Floor(high))
	if schema.ExclusiveMinimum && float64(lowest) == low {
		lowest++
	}
	if schema.ExclusiveMaximum && float64(highest) == high {
		highest--
	}
	step := int64(1)
	if schema.MultipleOf != nil && *schema.MultipleOf >= 1 {
		step = int64(*schema.MultipleOf)
	}
	first := lowest
	if rest := mod(lowest, step); rest != 0 {
		first += step - rest
	}
	if first > highest {
		return lowest
	}
	return first + step*int64(s.Intn(int(min((highest-first)/step+1, math.MaxInt32))))
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// number returns a number of at most two decimals within the bounds.
func (s *Source) number(schema *contract.Schema) float64 {
	low, high := bounds(schema, 0, 100)
	if schema.MultipleOf != nil && *schema.MultipleOf > 0 {
		step := *schema.MultipleOf
		first := math.Ceil(low / step)
		return (first + float64(s.Intn(int(min((high/step)-first+1, 1000))))) * step
	}
	value := low + (high-low)*float64(s.Intn(9999)+1)/10000
	if rounded := math.Round(value*100) / 100; rounded > low && rounded < high {
		return rounded
	}
	return value
}

// bounds returns the schema's bounds, with defaults that keep the value small.
func bounds(schema *contract.Schema, low, span float64) (float64, float64) {
	high := low + span
	switch {
	case schema.Minimum != nil && schema.Maximum != nil:
		return *schema.Minimum, max(*schema.Minimum, *schema.Maximum)
	case schema.Minimum != nil:
		return *schema.Minimum, *schema.Minimum + span
	case schema.Maximum != nil:
		return min(low, *schema.Maximum-span), *schema.Maximum
	}
	return low, high
}

func (s *Source) array(schema *contract.Schema, name string, depth int) []any {
	least, most := schema.MinItems, schema.MinItems+2
	if schema.MaxItems != nil {
		most = max(least, min(most, *schema.MaxItems))
	}
	if depth >= deepest {
		most = least
	}
	items := make([]any, least+s.Intn(most-least+1))
	for i := range items {
		items[i] = s.value(schema.Items, strings.TrimSuffix(name, "s"), depth+1)
	}
	return items
}

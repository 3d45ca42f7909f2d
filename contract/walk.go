package contract

import (
	"encoding/json"
	"reflect"
	"strings"
)

// maxWalk bounds the depth at which a body is looked at.
const maxWalk = 32

// walkJSON calls visit for each string and number of a JSON text, in order,
// with the names and indexes that lead there; visit must copy a path to keep
// it. A text that is no JSON gives what came before the fault.
func walkJSON(text string, visit func(path []any, value string, number bool)) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	walkValue(decoder, nil, visit)
}

func walkValue(d *json.Decoder, path []any, visit func(path []any, value string, number bool)) bool {
	token, err := d.Token()
	if err != nil || len(path) > maxWalk {
		return false
	}
	switch v := token.(type) {
	case string:
		visit(path, v, false)
	case json.Number:
		visit(path, v.String(), true)
	case json.Delim:
		for i := 0; d.More(); i++ {
			var step any = i
			if v == '{' {
				if step, err = d.Token(); err != nil {
					return false
				}
			}
			if !walkValue(d, append(path, step), visit) {
				return false
			}
		}
		_, err := d.Token()
		return err == nil
	}
	return true
}

// valueAt returns the string or number at a path, which may have gone through JSON itself.
func valueAt(text string, path []any) (value string, found bool) {
	want := make([]any, len(path))
	for i, step := range path {
		want[i] = step
		if n, ok := step.(float64); ok {
			want[i] = int(n)
		}
	}
	walkJSON(text, func(at []any, v string, _ bool) {
		if !found && len(at) == len(want) && (len(at) == 0 || reflect.DeepEqual(at, want)) {
			value, found = v, true
		}
	})
	return value, found
}

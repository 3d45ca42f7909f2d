package mockserver

import "assay/contract"

// Shaped writes valid JSON as a schema says: members in the schema's order,
// those that it does not name left out, scalars in its type. Engines that make
// tokens give their claims the shape of x-jwt with it.
func Shaped(schema *contract.Schema, raw []byte) []byte {
	return appendRaw(nil, raw, shapes{}.of(schema), nil)
}

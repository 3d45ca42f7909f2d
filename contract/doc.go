// Package contract is the domain of Assay: an OpenAPI document whose rules
// are stated beside the line of the source document that says them.
//
// A [Contract] is loaded and proven in one go: whoever holds one may rely on
// every example fitting its schema, every citation naming a known document
// and every rule id being unique. From it come the operations that a mock
// serves, the rules that a check decides, the [Case]s at and beyond every
// bound, and one judge for every answer, whoever gave it.
//
// This is the only package that knows the OpenAPI library.
package contract

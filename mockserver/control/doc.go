// Package control lets people and scripts see and shape a mock while it runs.
//
// [API] is an HTTP handler for everything below /_assay/: the console page, the
// documentation of the contract with "try it", and a JSON API that its own
// OpenAPI document, control.yaml, describes. That document is more than paper:
// routes, parameters and bodies are read from it, a request that breaks it is
// refused in its words, and a test judges every answer by it.
//
// A request goes through: guard (guard.go) → route → judge by control.yaml →
// act (one file a concern) → write. What goes wrong is told as RFC 9457 has it.
package control

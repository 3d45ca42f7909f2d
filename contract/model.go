package contract

import (
	"regexp"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// A Contract is a loaded, proven OpenAPI document in the vocabulary of x-keys.
// It is read-only and safe for concurrent use.
type Contract struct {
	Name       string       // short name: info.x-name, else the file's base name without ending
	Title      string       // info.title
	Version    string       // info.version
	File       string       // as given to Load
	Files      []string     // every file read: the document and what it refers to
	Servers    []string     // root servers' URLs
	Sources    []Source     // the documents cited
	Operations []*Operation // in the order of the document
	Rules      []*Rule      // the ledger, in the order of the document
	Schemes    []*Scheme    // every security scheme, in the order of the document

	operations map[string]*Operation
	rules      map[string]*Rule
	schemas    map[string]*Schema // components by plain name
}

// A Source is a document that the contract cites.
type Source struct {
	Name  string // short: "pool"
	File  string
	Title string
}

// Operation returns the operation with this operationId, or nil.
func (c *Contract) Operation(id string) *Operation { return c.operations[id] }

// Rule returns the rule with this id, or nil.
func (c *Contract) Rule(id string) *Rule { return c.rules[id] }

// Has reports whether the rule stands in the ledger. The mock asks it before
// it obeys a sentence, so that a contract without the sentence is served without it.
func (c *Contract) Has(id string) bool { return c.rules[id] != nil }

// Schema returns the component schema of this plain name, or nil.
func (c *Contract) Schema(name string) *Schema { return c.schemas[name] }

// An Operation is one method on one path.
type Operation struct {
	ID      string // operationId
	Method  string // upper case
	Path    string // template with {names}; without the selector of a dispatched operation
	Summary string
	Chapter string // first tag
	Line    int

	// Dispatch tells operations apart that share a method and a path, by a request
	// header: the path key "/#X-Amz-Target=Service.Operation" says it. Zero for most.
	Dispatch Dispatch

	Security [][]*Scheme // alternatives, each a set that must be met together; empty for a public operation
	Params   []*Param    // path, query, header and cookie parameters, in order
	Body     *Body       // nil when the operation documents none
	Answers  []*Answer   // in order of status
	Success  *Answer     // the first 2xx or 3xx answer

	contract *Contract
	sources  sources
}

// Dispatch is the header that selects an operation.
type Dispatch struct{ Header, Value string }

// Public reports whether the operation asks for no token.
func (o *Operation) Public() bool { return len(o.Security) == 0 }

// Contract returns the contract the operation stands in.
func (o *Operation) Contract() *Contract { return o.contract }

// Answer returns the answer documented for this status, exactly or as 4XX, or nil.
func (o *Operation) Answer(status int) *Answer {
	var class *Answer
	for _, a := range o.Answers {
		switch {
		case a.Status == status:
			return a
		case a.Class != 0 && a.Class == status/100:
			class = a
		}
	}
	return class
}

// Refusal returns the answer that refuses this kind of fault (x-refuses), or nil.
func (o *Operation) Refusal(kind Kind) *Answer {
	for _, a := range o.Answers {
		for _, k := range a.Refuses {
			if k == kind {
				return a
			}
		}
	}
	return nil
}

// Param returns the parameter of this name and place ("path", "query", …), or nil.
func (o *Operation) Param(in, name string) *Param {
	for _, p := range o.Params {
		if p.In == in && p.Name == name {
			return p
		}
	}
	return nil
}

// A Scheme is a security scheme: where a token travels.
type Scheme struct {
	Name   string // its name in components
	Type   string // "apiKey", "http", "oauth2", "openIdConnect"
	Scheme string // for http: "bearer"
	In     string // "header", "query", "cookie"
	Key    string // the header's or parameter's name; "Authorization" for http
}

// A Param is one parameter.
type Param struct {
	Name     string
	In       string // "path", "query", "header", "cookie"
	Required bool
	Schema   *Schema
	Line     int

	sources sources
}

// A Body is a request body. Every media type shares one schema.
type Body struct {
	Required bool
	Types    []string // media types in order: "application/json", "application/x-www-form-urlencoded"
	Schema   *Schema
	Examples []Example
	Line     int

	sources sources
}

// An Example is a documented body, as written in the contract.
type Example struct {
	Name  string // "documented" for the bodies that a source shows
	Value Raw    // JSON, keys in the order written
	Line  int
}

// An Answer is one documented status of an operation.
type Answer struct {
	Status      int // 0 for a class such as 4XX
	Class       int // 4 for 4XX, else 0
	Description string
	Types       []string // media types; empty when no body is documented
	Schema      *Schema  // nil when there is no body, or none described
	Header      []*Param // documented response headers
	Refuses     []Kind   // x-refuses
	Examples    []Example
	Basis       Basis // of the answer itself: how the status is known
	Line        int

	sources sources
}

// A Schema is a compiled schema: the standard keywords and the vocabulary's.
type Schema struct {
	Name                               string // of the component, when it is one
	Title                              string
	Type                               string // JSON type, "" for any
	Format                             string
	Nullable                           bool
	Properties                         []*Property // in the order written
	Closed                             bool        // additionalProperties: false
	Items                              *Schema
	Minimum                            *float64
	Maximum                            *float64
	ExclusiveMinimum, ExclusiveMaximum bool
	MultipleOf                         *float64
	MinLength                          int
	MaxLength                          *int
	Patterns                           []Pattern // own and those under allOf
	Enum                               []any
	MinItems                           int
	MaxItems                           *int
	Default                            any // nil when there is none
	Example                            any

	Computed *Computed
	Order    []SortKey
	JWT      *JWT
	Line     int

	raw     *openapi3.Schema
	lines   *yaml.Node // the text it was read from
	complex bool       // has keywords that the library judges: oneOf, anyOf, not, …
	sources sources
}

// Property returns the property of this name, or nil.
func (s *Schema) Property(name string) *Property {
	if s == nil {
		return nil
	}
	for _, p := range s.Properties {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// A Property is a named member of an object schema.
type Property struct {
	Name     string
	Required bool
	Line     int // of the property's name
	*Schema
}

// A Pattern is one regular expression that a string must match.
type Pattern struct {
	Title   string // what it asks for, in words: "an upper-case letter"
	Regexp  *regexp.Regexp
	Line    int
	sources sources
}

// Computed is x-computed: the server sets the value, by a named function of other members.
type Computed struct {
	Function string            // "mean", "gravatar", "clock", "newid", "refreshtoken"
	Args     []string          // names of sibling members, or of members of the signed-in user's record
	Options  map[string]string // {mean: [a, b], decimals: 1}
	Line     int
}

// A SortKey is one key of x-order.
type SortKey struct {
	Name       string
	Descending bool
}

// JWT is x-jwt: the string is a JSON Web Token.
type JWT struct {
	Algorithm string  // alg
	Lifetime  int64   // ttl, in seconds; 0 when unsaid
	Claims    *Schema // nil when unsaid
	Line      int

	sources sources
	claims  string // the plain name of the schema
}

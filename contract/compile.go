package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

func (l *loading) compileComponents(root *yaml.Node) {
	if l.model.Components == nil {
		return
	}
	here := place{l.file, at(root, "components", "schemas")}
	for _, name := range inOrder(here.node, l.model.Components.Schemas) {
		s := l.schema(l.model.Components.Schemas[name], here.at(name))
		if s != nil {
			s.Name = name
			l.out.schemas[name] = s
		}
	}
	schemes := at(root, "components", "securitySchemes")
	for _, name := range inOrder(schemes, l.model.Components.SecuritySchemes) {
		if ref := l.model.Components.SecuritySchemes[name]; ref != nil && ref.Value != nil {
			l.out.Schemes = append(l.out.Schemes, scheme(name, ref.Value))
		}
	}
}

func scheme(name string, v *openapi3.SecurityScheme) *Scheme {
	s := &Scheme{Name: name, Type: v.Type, Scheme: strings.ToLower(v.Scheme), In: v.In, Key: v.Name}
	if s.Type != "apiKey" {
		s.In, s.Key = "header", "Authorization"
		if s.Scheme == "" {
			s.Scheme = "bearer"
		}
	}
	return s
}

// inOrder lists the model's names as the text orders them, those it does not know last.
func inOrder[V any](n *yaml.Node, model map[string]V) []string {
	var names, rest []string
	for _, k := range keys(n) {
		if _, ok := model[k]; ok {
			names = append(names, k)
		}
	}
	known := map[string]bool{}
	for _, k := range names {
		known[k] = true
	}
	for k := range model {
		if !known[k] {
			rest = append(rest, k)
		}
	}
	sort.Strings(rest)
	return append(names, rest...)
}

func (l *loading) compileOperations(root *yaml.Node) {
	paths := place{l.file, member(root, "paths")}
	for _, name := range inOrder(paths.node, l.model.Paths.Map()) {
		item := l.model.Paths.Value(name)
		if item == nil {
			continue
		}
		here := l.resolve(paths.at(name))
		operations := item.Operations()
		for _, method := range inOrder(here.node, lowerKeys(operations)) {
			l.operation(name, strings.ToUpper(method), item, operations[strings.ToUpper(method)], here)
		}
	}
}

func lowerKeys(m map[string]*openapi3.Operation) map[string]*openapi3.Operation {
	out := make(map[string]*openapi3.Operation, len(m))
	for k, v := range m {
		out[strings.ToLower(k)] = v
	}
	return out
}

func (l *loading) operation(pathKey, method string, item *openapi3.PathItem, op *openapi3.Operation, itemAt place) {
	here := itemAt.at(strings.ToLower(method))
	o := &Operation{ID: op.OperationID, Method: method, Summary: op.Summary, Line: keyLine(itemAt.node, strings.ToLower(method)), contract: l.out}
	o.Path, o.Dispatch = splitDispatch(pathKey)
	if o.ID == "" {
		o.ID = madeUpID(method, o.Path)
	}
	if len(op.Tags) > 0 {
		o.Chapter = op.Tags[0]
	}
	if l.out.operations[o.ID] != nil {
		return // the library reports the second use of an id
	}
	o.sources = l.sources(here)
	o.Security = l.security(op.Security)
	l.params(o, item.Parameters, itemAt.at("parameters"))
	l.params(o, op.Parameters, here.at("parameters"))
	if op.RequestBody != nil && op.RequestBody.Value != nil {
		o.Body = l.body(op.RequestBody.Value, l.resolve(here.at("requestBody")))
	}
	l.answers(o, op, here.at("responses"))
	l.out.Operations = append(l.out.Operations, o)
	l.out.operations[o.ID] = o
}

// splitDispatch reads a path key such as "/#X-Amz-Target=Service.Operation":
// what stands behind # is the header that selects the operation.
func splitDispatch(key string) (string, Dispatch) {
	path, selector, ok := strings.Cut(key, "#")
	if !ok {
		return key, Dispatch{}
	}
	header, value, _ := strings.Cut(selector, "=")
	return path, Dispatch{Header: header, Value: value}
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// madeUpID names an operation that has no operationId: getPetsById.
func madeUpID(method, path string) string {
	id := strings.ToLower(method)
	for _, part := range notWord.Split(path, -1) {
		if part != "" {
			id += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return id
}

func (l *loading) security(own *openapi3.SecurityRequirements) [][]*Scheme {
	requirements := l.model.Security
	if own != nil {
		requirements = *own
	}
	var out [][]*Scheme
	for _, requirement := range requirements {
		if len(requirement) == 0 {
			return nil // an empty alternative: no token is fine
		}
		var set []*Scheme
		for _, s := range l.out.Schemes {
			if _, ok := requirement[s.Name]; ok {
				set = append(set, s)
			}
		}
		if len(set) > 0 {
			out = append(out, set)
		}
	}
	return out
}

func (l *loading) params(o *Operation, refs openapi3.Parameters, list place) {
	for i, ref := range refs {
		if ref == nil || ref.Value == nil {
			continue
		}
		here := l.resolve(item(list, i))
		p := ref.Value
		compiled := &Param{Name: p.Name, In: p.In, Required: p.Required, Line: here.line(), sources: l.sources(here)}
		if p.Schema != nil {
			compiled.Schema = l.schema(p.Schema, here.at("schema"))
		}
		if compiled.Schema == nil {
			compiled.Schema = &Schema{Line: compiled.Line}
		}
		if old := o.Param(p.In, p.Name); old != nil {
			*old = *compiled // the operation's own overrides the path's
			continue
		}
		o.Params = append(o.Params, compiled)
	}
}

func item(list place, i int) place {
	n := unalias(list.node)
	if n == nil || n.Kind != yaml.SequenceNode || i >= len(n.Content) {
		return place{file: list.file}
	}
	return place{list.file, unalias(n.Content[i])}
}

func (l *loading) body(v *openapi3.RequestBody, here place) *Body {
	b := &Body{Required: v.Required, Line: here.line(), sources: l.sources(here)}
	b.Types, b.Schema, b.Examples = l.content(v.Content, here.at("content"))
	return b
}

// content compiles the media types of a body; JSON's schema stands for all.
func (l *loading) content(content openapi3.Content, here place) (types []string, schema *Schema, examples []Example) {
	for _, name := range inOrder(here.node, content) {
		media := content[name]
		types = append(types, name)
		if media == nil || schema != nil && !strings.Contains(name, "json") {
			continue
		}
		if media.Schema != nil {
			schema = l.schema(media.Schema, here.at(name).at("schema"))
		}
		if found := l.examples(media, here.at(name)); len(found) > 0 {
			examples = found
		}
	}
	return types, schema, examples
}

func (l *loading) examples(media *openapi3.MediaType, here place) (out []Example) {
	if media.Example != nil {
		out = append(out, Example{Name: "example", Value: rawYAML(here.at("example").node, media.Example), Line: keyLine(here.node, "example")})
	}
	list := here.at("examples")
	for _, name := range inOrder(list.node, media.Examples) {
		if ref := media.Examples[name]; ref != nil && ref.Value != nil {
			at := l.resolve(list.at(name))
			out = append(out, Example{Name: name, Value: rawYAML(member(at.node, "value"), ref.Value.Value), Line: at.line()})
		}
	}
	return out
}

func (l *loading) answers(o *Operation, op *openapi3.Operation, here place) {
	if op.Responses == nil {
		return
	}
	for _, code := range inOrder(here.node, op.Responses.Map()) {
		ref := op.Responses.Value(code)
		if ref == nil || ref.Value == nil {
			continue
		}
		at := l.resolve(here.at(code))
		a := &Answer{Line: keyLine(here.node, code), sources: l.sources(at)}
		switch {
		case len(code) == 3 && strings.HasSuffix(strings.ToUpper(code), "XX"):
			a.Class, _ = strconv.Atoi(code[:1])
		case code == "default":
			continue
		default:
			a.Status, _ = strconv.Atoi(code)
		}
		if d := ref.Value.Description; d != nil {
			a.Description = *d
		}
		a.Types, a.Schema, a.Examples = l.content(ref.Value.Content, at.at("content"))
		headers := at.at("headers")
		for _, name := range inOrder(headers.node, ref.Value.Headers) {
			a.Header = append(a.Header, l.header(name, ref.Value.Headers[name], l.resolve(headers.at(name))))
		}
		a.Refuses = l.refuses(at)
		o.Answers = append(o.Answers, a)
	}
	sort.SliceStable(o.Answers, func(i, j int) bool { return o.Answers[i].order() < o.Answers[j].order() })
	for _, a := range o.Answers {
		if a.Status/100 == 2 || a.Status/100 == 3 {
			o.Success = a
			break
		}
	}
	if o.Success == nil {
		for _, a := range o.Answers {
			if a.Class == 2 {
				o.Success = a
			}
		}
	}
}

func (a *Answer) order() int {
	if a.Class != 0 {
		return a.Class*100 + 99
	}
	return a.Status
}

func (l *loading) header(name string, ref *openapi3.HeaderRef, here place) *Param {
	p := &Param{Name: name, In: "header", Line: here.line(), Schema: &Schema{Line: here.line()}, sources: l.sources(here)}
	if ref != nil && ref.Value != nil {
		p.Required = ref.Value.Required
		if ref.Value.Schema != nil {
			p.Schema = l.schema(ref.Value.Schema, here.at("schema"))
		}
	}
	return p
}

// schema compiles one schema, once: a recursive schema refers to itself.
func (l *loading) schema(ref *openapi3.SchemaRef, here place) *Schema {
	if ref == nil || ref.Value == nil {
		return nil
	}
	beside := l.sources(here) // x-source beside a $ref speaks for this use of it
	here = l.resolve(here)
	if done, ok := l.compiled[ref.Value]; ok {
		return done.citedBeside(ref.Ref, beside)
	}
	v := ref.Value
	s := &Schema{raw: v, Line: here.line(), Title: v.Title, Format: v.Format, Nullable: v.Nullable,
		Minimum: v.Min, Maximum: v.Max, MultipleOf: v.MultipleOf, MinLength: int(v.MinLength), MinItems: int(v.MinItems),
		MaxLength: length(v.MaxLength), MaxItems: length(v.MaxItems), Enum: v.Enum, Default: v.Default, Example: v.Example}
	l.compiled[v] = s
	s.lines = here.node
	if v.Type != nil && len(*v.Type) > 0 {
		s.Type = (*v.Type)[0]
	}
	s.ExclusiveMinimum, s.ExclusiveMaximum = v.ExclusiveMin.IsTrue(), v.ExclusiveMax.IsTrue()
	s.Closed = v.AdditionalProperties.Has != nil && !*v.AdditionalProperties.Has
	l.patterns(s, v, here)
	l.properties(s, v, here)
	if v.Items != nil {
		s.Items = l.schema(v.Items, here.at("items"))
	}
	s.complex = len(v.OneOf)+len(v.AnyOf) > 0 || v.Not != nil || len(v.AllOf) > 0 || v.UniqueItems || v.AdditionalProperties.Schema != nil
	if ref.Ref == "" {
		s.sources = beside
	} else {
		s.sources = l.sources(here)
	}
	l.vocabulary(s, here)
	if strings.HasPrefix(ref.Ref, "#/components/schemas/") {
		s.Name = strings.TrimPrefix(ref.Ref, "#/components/schemas/")
	}
	return s.citedBeside(ref.Ref, beside)
}

// citedBeside returns the schema with the citations that stand beside a
// reference to it put before its own.
func (s *Schema) citedBeside(ref string, beside sources) *Schema {
	if ref == "" || len(beside) == 0 {
		return s
	}
	use := *s
	use.sources = append(append(sources{}, beside...), s.sources...)
	return &use
}

func length(n *uint64) *int {
	if n == nil {
		return nil
	}
	const most = 1 << 40
	i := int(min(*n, most))
	return &i
}

func (l *loading) patterns(s *Schema, v *openapi3.Schema, here place) {
	add := func(v *openapi3.Schema, at place) {
		if v.Pattern == "" {
			return
		}
		re, err := regexp.Compile(v.Pattern)
		if err != nil {
			return // the library reports it
		}
		s.Patterns = append(s.Patterns, Pattern{Title: v.Title, Regexp: re, Line: keyLine(at.node, "pattern"), sources: l.sources(at)})
	}
	add(v, here)
	list := here.at("allOf")
	for i, part := range v.AllOf {
		if part != nil && part.Value != nil {
			at := l.resolve(item(list, i))
			add(part.Value, at)
			l.flatten(s, part, item(list, i))
		}
	}
}

// flatten takes over an allOf part's members, so that what extends a schema
// is served and judged as one.
func (l *loading) flatten(s *Schema, ref *openapi3.SchemaRef, at place) {
	part := l.schema(ref, at)
	if part == nil {
		return
	}
	if s.Type == "" {
		s.Type = part.Type
	}
	if s.MinLength == 0 {
		s.MinLength = part.MinLength
	}
	if s.MaxLength == nil {
		s.MaxLength = part.MaxLength
	}
	for _, p := range part.Properties {
		if s.Property(p.Name) == nil {
			s.Properties = append(s.Properties, p)
		}
	}
}

func (l *loading) properties(s *Schema, v *openapi3.Schema, here place) {
	required := map[string]bool{}
	for _, name := range v.Required {
		required[name] = true
	}
	list := here.at("properties")
	for _, name := range inOrder(list.node, v.Properties) {
		schema := l.schema(v.Properties[name], list.at(name))
		if schema == nil {
			continue
		}
		p := &Property{Name: name, Required: required[name], Schema: schema, Line: keyLine(list.node, name)}
		if old := s.Property(name); old != nil {
			*old = *p
			continue
		}
		s.Properties = append(s.Properties, p)
	}
	for _, p := range s.Properties { // required beside an allOf speaks for its parts' members too
		p.Required = p.Required || required[p.Name]
	}
}

// rawYAML writes a YAML value as compact JSON, keys in the order written and
// numbers as they stand, so that 8.0 stays 8.0. The model's value is the
// fallback where the text is out of reach.
func rawYAML(n *yaml.Node, fallback any) Raw {
	var b strings.Builder
	if n != nil && writeYAML(&b, n) == nil {
		return Raw(b.String())
	}
	raw, err := json.Marshal(fallback)
	if err != nil {
		return Raw("null")
	}
	return raw
}

func writeYAML(b *strings.Builder, n *yaml.Node) error {
	n = unalias(n)
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, n.Content[i].Value)
			b.WriteByte(':')
			if err := writeYAML(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, child := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeYAML(b, child); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	case yaml.ScalarNode:
		return writeScalar(b, n)
	default:
		return fmt.Errorf("line %d: neither mapping, list nor scalar", n.Line)
	}
	return nil
}

func writeScalar(b *strings.Builder, n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			b.WriteString(n.Value)
			return nil
		}
	case "!!bool", "!!null":
	default:
		writeString(b, n.Value)
		return nil
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	b.Write(raw)
	return err
}

func writeString(b *strings.Builder, s string) {
	raw, _ := json.Marshal(s) // a string always marshals
	b.Write(raw)
}

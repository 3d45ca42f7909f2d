package mockserver

import (
	"encoding/json"
	"maps"
	"sort"
	"strconv"
	"strings"
	"time"

	"assay/contract"
)

// A kind is what the records of one collection hold: every member that one of
// its operations takes or answers, in the order of the answers. Users are of a
// kind too.
type kind struct {
	name   string // the collection's path
	layout layout
	shape  *shape  // of what is stored
	slots  []*slot // the same members, with where their values come from
	id     *slot   // nil when no member holds the id
	idForm idForm
	open   bool // no schema names members: any are kept
}

// A slot is a member of a kind.
type slot struct {
	*member
	sent bool     // a client may send it
	mint minting  // what a new record gets when nobody sent it
	raw  []byte   // for mintRaw
	none any      // what it begins as when the answer must hold it and nobody need send it
	unit clockFor // how a moment is written
}

// minting says where a value comes from that neither the client sends nor a
// named function computes.
type minting int

const (
	mintNothing minting = iota
	mintRaw             // a default, or the documented example
	mintClock           // a moment, told by its name
	mintID
	mintSample // required, and nothing is known of it
)

// clockFor is the form of a moment.
type clockFor int

const (
	clockSeconds clockFor = iota
	clockMilliseconds
	clockText
	clockDay
)

func clockForm(s *contract.Schema) clockFor {
	if s == nil {
		return clockSeconds
	}
	if s.Computed != nil && strings.HasPrefix(s.Computed.Options["unit"], "milli") {
		return clockMilliseconds
	}
	if s.Type == "string" {
		if s.Format == "date" {
			return clockDay
		}
		return clockText
	}
	return clockSeconds
}

func (form clockFor) append(dst []byte, now time.Time) []byte {
	switch form {
	case clockMilliseconds:
		return strconv.AppendInt(dst, now.UnixMilli(), 10)
	case clockText:
		return appendString(dst, now.UTC().Format("2006-01-02T15:04:05.000Z"))
	case clockDay:
		return appendString(dst, now.UTC().Format(time.DateOnly))
	}
	return strconv.AppendInt(dst, now.Unix(), 10)
}

// kindOf collects a kind from the schemas of what is answered and what is
// sent, given in order of preference; the first definition of a member counts,
// but one that is computed goes before one that is not.
func kindOf(name string, answers, bodies []*contract.Schema, examples []contract.Raw, all shapes) *kind {
	k := &kind{name: name}
	take := func(s *contract.Schema, sent bool) {
		if s == nil {
			return
		}
		for _, p := range s.Properties {
			if p.JWT != nil || p.Computed != nil && p.Computed.Function == "refreshtoken" || p.Format == "password" {
				continue
			}
			m := newMember(p.Name, p.Required, all.of(p.Schema))
			held := k.slot(p.Name)
			switch {
			case held == nil:
				k.slots = append(k.slots, &slot{member: m, sent: sent, unit: clockForm(p.Schema)})
			case held.computed == nil && m.computed != nil:
				held.member, held.unit = m, clockForm(p.Schema)
			default:
				held.sent = held.sent || sent
			}
			if sent && p.Default != nil {
				k.slot(p.Name).none = decoded(p.Default)
			}
		}
	}
	for _, s := range answers {
		take(s, false)
	}
	for _, s := range bodies {
		take(s, true)
	}
	k.open = len(k.slots) == 0
	for _, s := range k.slots {
		k.settle(s, examples)
	}
	return k
}

func (k *kind) slot(name string) *slot {
	for _, s := range k.slots {
		if s.name == name {
			return s
		}
	}
	return nil
}

// settle decides what a new record gets in a slot that nobody fills.
func (k *kind) settle(s *slot, examples []contract.Raw) {
	schema := s.shape.schema
	switch {
	case s.computed != nil:
		return
	case schema.Default != nil && !s.sent:
		s.mint, s.raw = mintRaw, canonical(schema.Default, s.shape)
	case s.sent:
		if s.none == nil && s.required {
			s.none = nothing(schema)
		}
	case tellsTime(s.name, schema):
		s.mint = mintClock
	case len(schema.Enum) > 0:
		s.mint, s.raw = mintRaw, canonical(schema.Enum[0], s.shape)
	case schema.Example != nil:
		s.mint, s.raw = mintRaw, canonical(schema.Example, s.shape)
	default:
		if raw := memberOf(examples, s.name); raw != nil {
			s.mint, s.raw = mintRaw, appendRaw(nil, raw, s.shape, nil)
		} else if s.required {
			s.mint = mintSample
		}
	}
}

// nothing is what a member begins as that nobody sent: null where that is
// allowed, else the empty value of its type.
func nothing(s *contract.Schema) any {
	if len(s.Enum) > 0 {
		return decoded(s.Enum[0])
	}
	switch {
	case s.Nullable:
		return null{}
	case s.Type == "integer" || s.Type == "number":
		return json.Number("0")
	case s.Type == "boolean":
		return false
	case s.Type == "array":
		return []any{}
	case s.Type == "object":
		return map[string]any{}
	}
	return ""
}

// null is a value that is known to be null, where nil would say that there is none.
type null struct{}

// complete gives a new record what it begins with where nothing was sent, so
// that computed members can be made of it.
func (k *kind) complete(m *making) {
	copied := false
	for _, s := range k.slots {
		if s.none == nil {
			continue
		}
		if _, sent := m.body[s.name]; sent || m.patch {
			continue
		}
		if !copied {
			m.body, copied = maps.Clone(m.body), true
			if m.body == nil {
				m.body = map[string]any{}
			}
		}
		m.body[s.name] = s.none
		if s.none == (any)(null{}) {
			m.body[s.name] = nil
		}
	}
}

func canonical(v any, s *shape) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return appendRaw(nil, raw, s, nil)
}

// memberOf finds a member in the documented examples.
func memberOf(examples []contract.Raw, name string) []byte {
	for _, e := range examples {
		if len(e) > 0 && e[0] == '{' {
			for _, f := range fieldsOf(e) {
				if f.name == name && string(f.raw) != "null" {
					return f.raw
				}
			}
		}
	}
	return nil
}

// tellsTime reports whether a member is a moment of the record's life, by its
// name and type: created_at, updatedAt, modified.
func tellsTime(name string, s *contract.Schema) bool {
	if s.Type == "string" && s.Format != "date-time" && s.Format != "date" || s.Type == "boolean" || s.Type == "array" || s.Type == "object" {
		return false
	}
	key := strings.ToLower(name)
	for _, word := range []string{"created", "updated", "modified", "changed", "inserted", "timestamp"} {
		if strings.HasPrefix(key, word) {
			return true
		}
	}
	return false
}

// tellsUpdate reports whether a moment moves with every update.
func tellsUpdate(name string) bool {
	key := strings.ToLower(name)
	return strings.Contains(key, "updat") || strings.Contains(key, "modif") || strings.Contains(key, "chang")
}

// identify finds the member that holds the id: the one with newid, else one
// called as the path parameter, else "id".
func (k *kind) identify(params []string, examples []contract.Raw) {
	for _, s := range k.slots {
		if s.computed != nil && s.computed.Function == "newid" {
			k.id = s
			break
		}
	}
	for _, name := range append(append([]string{}, params...), "id", "_id", "uuid", "key", "slug") {
		if k.id == nil {
			k.id = k.slot(name)
		}
	}
	if k.id == nil {
		if k.open && len(params) > 0 { // records of any members still need an id that shows
			k.id = &slot{member: newMember("id", true, &shape{typ: "string"})}
		}
		k.idForm = idFormOf(nil, "")
		return
	}
	k.id.mint = mintID
	example := ""
	if raw := memberOf(examples, k.id.name); len(raw) > 0 && raw[0] == '"' {
		example = unquote(raw)
	}
	k.idForm = idFormOf(k.id.shape.schema, example)
}

// numbered reports whether ids are numbers, and so counted.
func (k *kind) numbered() bool {
	return k.id != nil && (k.id.shape.typ == "integer" || k.id.shape.typ == "number")
}

// finish fixes the stored shape.
func (k *kind) finish() {
	k.shape = &shape{typ: "object"}
	for _, s := range k.slots {
		k.shape.members = append(k.shape.members, s.member)
	}
}

// A making is what a record is made of.
type making struct {
	world *World
	now   time.Time
	body  map[string]any
	old   []field // of the record that is updated; nil for a new one
	patch bool    // members not sent stay
	moved bool    // every moment is set anew
	id    string  // as text
	user  look    // members of the signed-in user's record
}

// look finds what computed members are made of: what was sent, what was there,
// what is known of the user.
func (m *making) look(name string) any {
	if v, ok := m.body[name]; ok {
		return v
	}
	if i := indexOf(m.old, name); i >= 0 {
		return scalarOf(m.old[i].raw)
	}
	if m.user != nil {
		return m.user(name)
	}
	return nil
}

// document writes a record of the kind and returns it with its sort key.
func (k *kind) document(m *making) (doc []byte, key string) {
	k.complete(m)
	size := 64
	for _, s := range k.slots {
		size += len(s.key) + 12
	}
	for _, v := range m.body {
		if s, ok := v.(string); ok {
			size += len(s) + 2
		}
	}
	doc = append(make([]byte, 0, size), '{')
	var spans [16]span
	found := spans[:0]
	for _, s := range k.slots {
		mark := len(doc)
		doc = appendKey(doc, 1, s.key)
		from := len(doc)
		var ok bool
		if doc, ok = k.appendSlot(doc, s, m); !ok {
			doc = doc[:mark]
			continue
		}
		if k.sorts(s.name) {
			found = append(found, span{s.name, from, len(doc)})
		}
	}
	if k.open {
		doc = k.appendOpen(doc, m)
	}
	doc = append(doc, '}')
	return doc, sortKey(k.layout.order, func(name string) []byte {
		for _, s := range found {
			if s.name == name {
				return doc[s.from:s.to]
			}
		}
		return nil
	})
}

type span struct {
	name     string
	from, to int
}

func (k *kind) sorts(name string) bool {
	for _, by := range k.layout.order {
		if by.Name == name {
			return true
		}
	}
	return false
}

// keyOf returns the sort key of a stored record.
func (k *kind) keyOf(doc []byte) string {
	if len(k.layout.order) == 0 {
		return ""
	}
	fields := fieldsOf(doc)
	return sortKey(k.layout.order, func(name string) []byte {
		if i := indexOf(fields, name); i >= 0 {
			return fields[i].raw
		}
		return nil
	})
}

// appendSlot writes the value of one member, if it has one.
func (k *kind) appendSlot(dst []byte, s *slot, m *making) ([]byte, bool) {
	if s == k.id {
		return k.appendID(dst, m.id), true
	}
	if s.computed != nil {
		return s.appendComputed(dst, m)
	}
	if v, ok := m.body[s.name]; ok {
		return appendValue(dst, v, s.shape), true
	}
	if i := indexOf(m.old, s.name); i >= 0 {
		if s.mint == mintClock && (m.moved || tellsUpdate(s.name)) {
			return s.appendMoment(dst, m.now), true
		}
		if m.patch || !s.sent {
			return append(dst, m.old[i].raw...), true
		}
	}
	switch s.mint {
	case mintRaw:
		return append(dst, s.raw...), true
	case mintClock:
		return s.appendMoment(dst, m.now), true
	case mintSample:
		return appendValue(dst, decoded(m.world.samples().Value(s.shape.schema, s.name)), s.shape), true
	}
	return dst, false
}

// decoded turns a value of Go's own types into what decoding its JSON gives.
func decoded(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	again, err := contract.DecodeStrict(raw)
	if err != nil {
		return nil
	}
	return again
}

func (s *slot) appendMoment(dst []byte, now time.Time) []byte {
	if s.shape.typ == "number" {
		return appendRaw(dst, s.unit.append(nil, now), s.shape, nil)
	}
	return s.unit.append(dst, now)
}

func (s *slot) appendComputed(dst []byte, m *making) ([]byte, bool) {
	i := indexOf(m.old, s.name)
	switch s.computed.Function {
	case "clock":
		if i >= 0 && !m.moved && !tellsUpdate(s.name) {
			return append(dst, m.old[i].raw...), true
		}
		return s.appendMoment(dst, m.now), true
	case "newid": // an id beside the record's own
		if i >= 0 {
			return append(dst, m.old[i].raw...), true
		}
		return appendRaw(dst, appendString(nil, m.world.Random.id(idFormOf(s.shape.schema, ""))), s.shape, nil), true
	}
	if v, ok := s.computed.Evaluate(m.look); ok {
		return appendComputed(dst, v, s.shape), true
	}
	if i >= 0 {
		return append(dst, m.old[i].raw...), true
	}
	return dst, false
}

func (k *kind) appendID(dst []byte, id string) []byte {
	if k.numbered() {
		return appendRaw(dst, appendString(nil, id), k.id.shape, nil)
	}
	return appendString(dst, id)
}

// appendOpen writes the members of a record whose schema names none.
func (k *kind) appendOpen(doc []byte, m *making) []byte {
	if k.id != nil {
		doc = k.appendID(appendKey(doc, 1, k.id.key), m.id)
	}
	names := make([]string, 0, len(m.body))
	for name := range m.body {
		if k.id == nil || name != k.id.name {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		doc = appendValue(appendKey(doc, 1, append(appendString(nil, name), ':')), m.body[name], nil)
	}
	if m.patch {
		for _, f := range m.old {
			if _, sent := m.body[f.name]; !sent && (k.id == nil || f.name != k.id.name) {
				doc = append(appendKey(doc, 1, append(appendString(nil, f.name), ':')), f.raw...)
			}
		}
	}
	return doc
}

package control

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"assay/contract"
	"assay/mockserver"
)

var stateActions = map[string]action{
	"getCollections": func(c *call) (any, error) { return c.world.State().Collections(), nil },
	"getRecords":     getRecords,
	"addRecord":      addRecord,
	"clearRecords":   clearRecords,
	"getRecord":      getRecord,
	"setRecord":      setRecord,
	"deleteRecord":   deleteRecord,
	"exportState":    exportState,
	"importState":    importState,
	"reset":          func(c *call) (any, error) { return nil, c.options.Worlds.Reset(c.world.Name) },
}

// recordView is Record of control.yaml.
type recordView struct {
	mockserver.Record
	OwnerLogin string `json:"owner_login,omitempty"`
}

func (c *call) recordView(r mockserver.Record) recordView {
	v := recordView{Record: r}
	if u := c.world.State().User(r.Owner); u != nil {
		v.OwnerLogin = u.Login
	}
	return v
}

func (c *call) collection() string { return "/" + c.r.PathValue("collection") }

// userID takes an id or a login for an id; an empty name is nobody.
func (c *call) userID(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	w := c.world.State()
	if u := w.User(name); u != nil {
		return u.ID, nil
	}
	if u := w.UserByLogin(name); u != nil {
		return u.ID, nil
	}
	for _, u := range c.accounts() {
		if u.ID == name || u.Login == name {
			return u.ID, nil
		}
	}
	return "", notFound.New("there is no user %q here", clip(name))
}

func getRecords(c *call) (any, error) {
	owner, err := c.userID(c.r.URL.Query().Get("owner"))
	if err != nil {
		return nil, err
	}
	offset := c.number("offset", 0)
	found, total, err := c.world.State().Records(c.collection(), owner, offset, c.number("limit", 50))
	if err != nil {
		return nil, c.lost(err)
	}
	views := make([]recordView, len(found))
	for i, r := range found {
		views[i] = c.recordView(r)
	}
	return map[string]any{"total": total, "offset": offset, "records": views}, nil
}

// lost words an error of a collection or record.
func (c *call) lost(err error) error {
	if err != mockserver.ErrUnknown { //nolint:errorlint // it is never wrapped
		return problemOf(err)
	}
	var names []string
	for _, k := range c.world.State().Collections() {
		names = append(names, strings.TrimPrefix(k.Name, "/"))
	}
	if ref := c.r.PathValue("ref"); ref != "" && slices.Contains(names, c.r.PathValue("collection")) {
		return notFound.New("there is no record %q in %s", clip(ref), c.collection())
	}
	return notFound.New("there is no collection %s", clip(c.collection())).With("there are: " + strings.Join(names, ", "))
}

// sentRecord is what is sent to make or change a record.
type sentRecord struct {
	Owner string          `json:"owner"`
	Scope []string        `json:"scope"`
	Doc   json.RawMessage `json:"doc"`
}

func (c *call) sentRecord() (s sentRecord, owner string, doc map[string]any, err error) {
	if err = c.body(&s); err != nil {
		return
	}
	if owner, err = c.userID(s.Owner); err != nil {
		return
	}
	value, err := contract.DecodeStrict(s.Doc) // with numbers as they were written
	if err != nil {
		return s, owner, nil, invalid.New("doc: %v", err)
	}
	doc, ok := value.(map[string]any)
	if !ok {
		return s, owner, nil, invalid.New("doc is no object")
	}
	return s, owner, doc, nil
}

func addRecord(c *call) (any, error) {
	s, owner, doc, err := c.sentRecord()
	if err != nil {
		return nil, err
	}
	r, err := c.world.State().AddRecord(c.collection(), owner, s.Scope, doc)
	if err != nil {
		return nil, c.lost(err)
	}
	return c.recordView(r), c.safe()
}

func clearRecords(c *call) (any, error) {
	n, err := c.world.State().ClearRecords(c.collection())
	if err != nil {
		return nil, c.lost(err)
	}
	return countView{n}, c.safe()
}

// countView is Count of control.yaml.
type countView struct {
	Count int `json:"count"`
}

// ref is a record's reference as it stands in the path, escaped as it was.
func (c *call) ref() string {
	path := c.r.URL.EscapedPath()
	_, ref, _ := strings.Cut(path, "/records/")
	return ref
}

func getRecord(c *call) (any, error) {
	r, err := c.world.State().Record(c.collection(), c.ref())
	if err != nil {
		return nil, c.lost(err)
	}
	return c.recordView(r), nil
}

func setRecord(c *call) (any, error) {
	_, owner, doc, err := c.sentRecord()
	if err != nil {
		return nil, err
	}
	r, err := c.world.State().SetRecord(c.collection(), c.ref(), owner, doc)
	if err != nil {
		return nil, c.lost(err)
	}
	return c.recordView(r), c.safe()
}

func deleteRecord(c *call) (any, error) {
	if err := c.world.State().RemoveRecord(c.collection(), c.ref()); err != nil {
		return nil, c.lost(err)
	}
	return nil, c.safe()
}

// stateForm marks what an export is, and which edition of it.
const stateForm = "state/1"

// exportState writes everything that the world keeps, in lists by kind.
func exportState(c *call) (any, error) {
	out := map[string]any{"assay": stateForm, "contract": c.mock.Contract().Name}
	lists := map[string][]json.RawMessage{}
	for change := range c.world.State().Dump() {
		kind, _, _ := strings.Cut(change.Key, "\x00")
		lists[kind] = append(lists[kind], change.Value)
	}
	for kind, list := range lists {
		out[kind] = list
	}
	c.w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", c.world.Name+".json"))
	return out, nil
}

// importState puts what was exported in the place of what the world holds.
func importState(c *call) (any, error) {
	var lists map[string]json.RawMessage
	if err := c.body(&lists); err != nil {
		return nil, err
	}
	delete(lists, "assay")
	delete(lists, "contract")
	n := 0
	err := c.options.Worlds.Replace(c.world.Name, func(blank *mockserver.World) error {
		for kind, list := range lists {
			var things []json.RawMessage
			if err := json.Unmarshal(list, &things); err != nil {
				return invalid.New("%s is no list: %v", clip(kind), err)
			}
			for i, thing := range things {
				if err := blank.Apply(mockserver.Change{Key: kind + "\x00", Value: thing}); err != nil {
					return invalid.New("%s %d: %v", clip(kind), i+1, err)
				}
				n++
			}
		}
		return nil
	})
	return countView{n}, err
}

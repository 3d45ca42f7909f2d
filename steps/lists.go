package steps

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"assay/contract"
)

// mostPages bounds how far a list is read.
const mostPages = 200

func listSteps(sc *godog.ScenarioContext, w *World) {
	sc.Step(reExactlyOne, w.everyItemOnce)
	sc.Step(rePageSize, w.fullPages)
	sc.Step(reInOrder, w.pagesInOrder)
	sc.Step(reAnswered, func(op string) error {
		return w.showsItems(op, asAnswered, ", as it was answered")
	})
	sc.Step(reOthers, func(op string) error {
		changed := w.last.request.target
		return w.showsItems(op, func(i *item) map[string]any {
			if i == changed {
				return nil
			}
			return asAnswered(i)
		}, ", as it was answered")
	})
	sc.Step(reStill, func(op string) error {
		changed := w.last.request.target
		return w.showsItems(op, func(i *item) map[string]any {
			if i != changed {
				return nil
			}
			return map[string]any{}
		}, "")
	})
	sc.Step(reSent, func(op string) error {
		return w.showsItems(op, func(i *item) map[string]any { return i.sent }, ", as it was sent")
	})
	sc.Step(reNothingElse, w.nothingElse)
	sc.Step(reGone, w.deletedIsGone)
	sc.Step(reNone, func(op string) error { return w.showsNothingOf(op, actorSomebody, actorI) })
	sc.Step(reForeign, func(op string) error { return w.showsNothingOf(op, actorI, actorSomebody) })
	sc.Step(rePastEnd, w.pastTheEnd)
	sc.Step(reSameAs, w.withoutSameAsWith)
}

func asAnswered(i *item) map[string]any { return i.answered }

// A listing is a list read page by page to its end.
type listing struct {
	op    *contract.Operation
	pages [][]any
	cut   bool            // longer than was read
	last  *call           // the page after the last, or nil where the list has one page at most
	wrong map[string]bool // members that broke a rule on some page
}

// all items in the order of the pages.
func (l *listing) all() (items []any) {
	for _, p := range l.pages {
		items = append(items, p...)
	}
	return items
}

func (l *listing) id(v any) string {
	m, _ := v.(map[string]any)
	return textOf(m[l.idMember()])
}

// idMember names the member that tells items apart: the one made by newid,
// else id.
func (l *listing) idMember() string {
	if s := l.op.Success.Schema; s != nil {
		if p := s.Items.Makes("newid"); p != nil {
			return p.Name
		}
	}
	return "id"
}

// itemsOf is a list answer's items; nil when it is no array.
func itemsOf(v any) []any {
	items, _ := v.([]any)
	return items
}

// list reads a list as the actor sees it, page by page, until a page is empty,
// is refused, or shows nothing new.
func (w *World) list(id string, a *actor) (*listing, error) {
	if err := w.settle(); err != nil {
		return nil, err
	}
	op := w.run.contract.Operation(id)
	if op == nil || op.Success == nil || op.Success.Schema == nil || op.Success.Schema.Type != "array" {
		return nil, w.wrong("%q is no operation that lists", id)
	}
	l := &listing{op: op, wrong: map[string]bool{}}
	page := op.PageParam()
	seen := map[string]bool{}
	for n := 1; ; n++ {
		r := request{query: map[string]string{}}
		if page != nil {
			r.query[page.Name] = strconv.Itoa(n)
		}
		c := w.send(op, a, r)
		w.last = c
		if n > 1 && (c.class() == refusal || w.beyond(l, a) && itemsOf(c.value) == nil) {
			l.last = c
			return l, nil
		}
		if err := w.must(c); err != nil {
			return nil, err
		}
		for _, pointer := range c.breached {
			l.wrong[pointer[strings.LastIndexByte(pointer, '/')+1:]] = true
		}
		if l.wrong[l.idMember()] && l.nameless(itemsOf(c.value)) {
			return nil, w.blockBy(successRule(op) + "[]." + l.idMember() + ".required")
		}
		items, isList := c.value.([]any)
		if !isList {
			return nil, w.blockBy(successRule(op) + ".type")
		}
		if len(items) == 0 && n > 1 {
			l.last = c
			return l, nil
		}
		fresh := false
		for _, v := range items {
			key := l.id(v)
			fresh = fresh || !seen[key]
			seen[key] = true
		}
		if n > 1 && !fresh {
			l.last = c // some libraries show the last page again past the end: no page of its own
			return l, nil
		}
		l.pages = append(l.pages, items)
		if page == nil || len(items) == 0 {
			return l, nil
		}
		if n == mostPages {
			l.cut = true
			return l, nil
		}
	}
}

// myList is a list as I see it.
func (w *World) myList(op string) (*actor, *listing, error) {
	a, err := w.actor(actorI)
	if err != nil {
		return nil, nil, err
	}
	l, err := w.list(op, a)
	return a, l, err
}

// beyond reports whether all that the actor made was seen already: what a
// further page says is then for the rule of the page past the end.
func (w *World) beyond(l *listing, a *actor) bool {
	for _, n := range w.mineIn(l, a) {
		if n == 0 {
			return false
		}
	}
	return true
}

// nameless reports whether no item says its id.
func (l *listing) nameless(items []any) bool {
	for _, v := range items {
		if l.id(v) != "" {
			return false
		}
	}
	return len(items) > 0
}

// mineIn counts how often each of my items stands on the list.
func (w *World) mineIn(l *listing, a *actor) map[*item]int {
	count := map[*item]int{}
	for _, i := range w.live(a, l.op.Path) {
		count[i] = 0
		for _, v := range l.all() {
			if l.id(v) == i.id {
				count[i]++
			}
		}
	}
	return count
}

func (w *World) everyItemOnce(op string) error {
	a, l, err := w.myList(op)
	if err != nil {
		return err
	}
	if len(w.live(a, l.op.Path)) == 0 {
		return w.block("no item was made")
	}
	if err := w.strangeList(l, a); err != nil {
		return err
	}
	var never, often int
	for _, n := range w.mineIn(l, a) {
		switch {
		case n == 0:
			never++
		case n > 1:
			often++
		}
	}
	switch {
	case never > 0 && l.cut:
		return w.block(fmt.Sprintf("the list goes on beyond %d pages", mostPages))
	case never+often > 0:
		all := len(w.live(a, l.op.Path))
		w.breaks(fmt.Sprintf("each of %d items on exactly one page", all),
			fmt.Sprintf("%s; %s", describeCount(never, "stands on no page", "stand on no page"), describeCount(often, "stands there more than once", "stand there more than once")))
	}
	return nil
}

func describeCount(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// fullPages demands that every page but the last is full.
func (w *World) fullPages(op, size string) error {
	a, l, err := w.myList(op)
	if err != nil {
		return err
	}
	want, _ := strconv.Atoi(size)
	made := len(w.live(a, l.op.Path))
	for n, page := range l.pages {
		if n < len(l.pages)-1 && len(page) != want {
			w.breaks(size+" items on each page but the last", fmt.Sprintf("%d items on page %d", len(page), n+1))
			return nil
		}
	}
	if last := len(l.pages) - 1; len(l.pages[last]) > want || made > want && len(l.pages[0]) != want {
		w.breaks("at most "+size+" items on a page", fmt.Sprintf("%d items on page %d", len(l.pages[last]), last+1))
	}
	return nil
}

func (w *World) pagesInOrder(op string) error {
	_, l, err := w.myList(op)
	if err != nil {
		return err
	}
	order := l.op.Success.Schema.Order
	items := l.all()
	if at := contract.Disorder(order, items); at > 0 {
		key := order[0].Name
		before, _ := items[at-1].(map[string]any)
		after, _ := items[at].(map[string]any)
		w.breaks("the pages together in order", fmt.Sprintf("item %d, with %s %s, stands after item %d, with %s", at+1, key, contract.Show(after[key]), at, contract.Show(before[key])))
	}
	return nil
}

// showsItems demands that each of my items stands on the list with the values
// it should have; an item for which want returns nil is passed over.
func (w *World) showsItems(op string, want func(*item) map[string]any, where string) error {
	a, l, err := w.myList(op)
	if err != nil {
		return err
	}
	if err := w.strangeList(l, a); err != nil {
		return err
	}
	for _, i := range w.live(a, l.op.Path) {
		values := want(i)
		if values == nil {
			continue
		}
		found := l.find(i.id)
		if found == nil {
			if l.cut {
				return w.block(fmt.Sprintf("the list goes on beyond %d pages", mostPages))
			}
			if err := w.listsAtAll(l.op); err != nil {
				return err
			}
			w.breaks("the item "+strconv.Quote(i.id)+" on the list", "it is not there")
			continue
		}
		w.compareSent(l.op.Success.Schema.Items, without(values, l.wrong), found, where)
	}
	return nil
}

// nothingElse demands that a new user's list holds what they made alone. Where
// users see each other's records there is nothing to say.
func (w *World) nothingElse(op string) error {
	a, l, err := w.myList(op)
	if err != nil {
		return err
	}
	made := len(w.live(a, l.op.Path))
	if all := len(l.all()); !w.run.strategy.shared && all > made {
		w.breaks(fmt.Sprintf("the %d items that were made", made), fmt.Sprintf("a list of %d", all))
	}
	return nil
}

// strangeList blocks where a list shows items and none of those that were made:
// that created items are listed at all is a rule of its own, which is said once.
func (w *World) strangeList(l *listing, a *actor) error {
	stored := ""
	for _, o := range w.run.contract.Operations {
		if o.Method == "POST" && o.Path == l.op.Path {
			stored = o.ID + ".stored"
		}
	}
	rule := w.run.contract.Rule(stored)
	mine := w.mineIn(l, a)
	if rule == nil || rule == w.rule() || len(mine) == 0 || len(l.all()) == 0 {
		return nil
	}
	for _, n := range mine {
		if n > 0 {
			return nil
		}
	}
	return w.blockBy(stored)
}

// without leaves out what broke a rule of its own.
func without(values map[string]any, wrong map[string]bool) map[string]any {
	kept := map[string]any{}
	for name, v := range values {
		if !wrong[name] {
			kept[name] = v
		}
	}
	return kept
}

func (l *listing) find(id string) map[string]any {
	for _, v := range l.all() {
		if l.id(v) == id {
			m, _ := v.(map[string]any)
			return m
		}
	}
	return nil
}

func (w *World) deletedIsGone(op string) error {
	_, l, err := w.myList(op)
	if err != nil {
		return err
	}
	for _, i := range w.items {
		if i.deleted && l.find(i.id) != nil {
			w.breaks("the deleted item "+strconv.Quote(i.id)+" no longer on the list", "it is still there")
		}
	}
	return nil
}

// showsNothingOf demands that one user's list holds no item of another's.
func (w *World) showsNothingOf(op, viewer, owner string) error {
	a, err := w.actor(viewer)
	if err != nil {
		return err
	}
	other, err := w.actor(owner)
	if err != nil {
		return err
	}
	l, err := w.list(op, a)
	if err != nil {
		return err
	}
	for _, i := range w.live(other, l.op.Path) {
		if l.find(i.id) != nil {
			w.breaks("none of another user's items", "the item "+strconv.Quote(i.id)+" of another user")
			return nil
		}
	}
	return nil
}

func (w *World) pastTheEnd(op string) error {
	_, l, err := w.myList(op)
	if err != nil {
		return err
	}
	switch {
	case l.last == nil && l.cut:
		return w.block(fmt.Sprintf("the list goes on beyond %d pages", mostPages))
	case l.last == nil:
		return w.block("the list has no page after the first")
	case len(itemsOf(l.last.value)) > 0:
		w.breaks("an empty array after the last page", "the same items again")
	case l.last.class() == crashed, l.last.class() == nothing:
		w.find(w.rule(), "", "an empty array after the last page", l.last.actual(), true)
	case l.last.class() != success, itemsOf(l.last.value) == nil:
		if l.last.status() == l.op.Success.Status {
			w.judge(l.last) // what the document says of a list holds for its end too
		}
		w.breaks("an empty array after the last page", l.last.actual())
	}
	return nil
}

// withoutSameAsWith compares a list without a parameter with the same list
// under the parameter's default.
func (w *World) withoutSameAsWith(id, member, value string) error {
	a, err := w.actor(actorI)
	if err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	op := w.run.contract.Operation(id)
	if op == nil {
		return w.wrong("the contract has no operation %q", id)
	}
	with := w.send(op, a, request{query: map[string]string{member: value}})
	if err := w.must(with); err != nil {
		return err
	}
	without := w.send(op, a, request{})
	w.last = without
	if without.class() != success {
		if err := w.there(without); err != nil {
			return err
		}
		w.find(w.rule(), "", contract.ShowStatus(op.Success.Status)+" without "+member, without.actual(), without.class() != refusal)
		return nil
	}
	if a, b := idsOf(with), idsOf(without); a != b {
		w.breaks(fmt.Sprintf("the items of %s=%s: %s", member, value, a), b)
	}
	return nil
}

func idsOf(c *call) string {
	l := &listing{op: c.op}
	var ids []string
	for _, v := range itemsOf(c.value) {
		ids = append(ids, l.id(v))
	}
	const most = 12
	if len(ids) > most {
		ids = append(ids[:most], "…")
	}
	return "[" + strings.Join(ids, " ") + "]"
}

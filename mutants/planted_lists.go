package mutants

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"assay/contract"
)

var lists = operator{
	name: "lists",
	does: "a paged list loses its first or last item, ties between pages or all but two pages, is in order on each page alone or sorted as text, goes on past its end, is a step behind",
	derive: func(d *deriver) {
		for _, op := range d.contract.Operations {
			s := successArray(op)
			if s == nil || s.MaxItems == nil || op.PageParam() == nil {
				continue
			}
			d.relisted(op, s)
			d.pastTheEnd(op)
			d.stale(op)
		}
	},
}

func successArray(op *contract.Operation) *contract.Schema {
	if op.Method != http.MethodGet || op.Success == nil || op.Success.Schema == nil || op.Success.Schema.Type != "array" {
		return nil
	}
	return op.Success.Schema
}

// relisted changes the list as a whole, or how it is cut into pages.
func (d *deriver) relisted(op *contract.Operation, s *contract.Schema) {
	size := *s.MaxItems
	once := op.ID + ".every-item-once"
	add := func(name, says, breaks string, entails []string, page func(all []any, n int) []any) {
		d.add(Mutant{Name: breaks + "/" + name, Says: op.ID + " " + says, Breaks: []string{breaks}, Entails: entails, plant: relist(op, page)})
	}
	stored := allStored(d.contract, op)
	add("first-lost", "loses the first item", once, stored, func(all []any, n int) []any { return cut(all[min(1, len(all)):], n, size) })
	add("last-lost", "loses the last item", once, stored, func(all []any, n int) []any { return cut(all[:max(0, len(all)-1)], n, size) })
	add("between-pages-lost", "loses the item between two pages", once, stored, func(all []any, n int) []any {
		from := min((n-1)*(size+1), len(all))
		return all[from:min(from+size, len(all))]
	})
	add("two-pages", "ends after two pages", once, append(stored, op.ID+".200.maxItems"), func(all []any, n int) []any { return cut(all[:min(len(all), 2*size)], n, size) })
	add("twice", "shows the last item of a page on the next one too", once, []string{success(op) + ".maxItems"}, func(all []any, n int) []any {
		from := min((n-1)*(size-1), max(0, len(all)))
		return all[from:min(from+size, len(all))]
	})
	if len(s.Order) == 0 {
		return
	}
	key := s.Order[0].Name
	add("ties-lost", "continues with what is below the last "+key+" of the page before", once, stored, func(all []any, n int) []any {
		page := []any{}
		for at := 0; n > 0; n-- {
			page = all[at:min(at+size, len(all))]
			for at += len(page); at < len(all) && at > 0 && sameMember(all[at], all[at-1], key); at++ {
			}
		}
		return page
	})
	order := success(op) + ".order"
	add("by-page", "is in order on each page, not from page to page", order, []string{success(op) + ".maxItems"}, func(all []any, n int) []any {
		pages := (len(all) + size - 1) / size
		if n > pages {
			return []any{}
		}
		return cut(all, pages-n+1, size)
	})
	if p := s.Items.Property(key); p != nil && (p.Type == "number" || p.Type == "integer") {
		add("as-text", "sorts "+key+" as text", order, nil, func(all []any, n int) []any {
			sorted := slices.Clone(all)
			slices.SortStableFunc(sorted, func(a, b any) int {
				c := compareText(textAt(a, key), textAt(b, key))
				if s.Order[0].Descending {
					return -c
				}
				return c
			})
			return cut(sorted, n, size)
		})
	}
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func textAt(v any, key string) string {
	m, _ := v.(map[string]any)
	if n, ok := m[key].(json.Number); ok {
		return n.String()
	}
	return fmt.Sprint(m[key])
}

func sameMember(a, b any, key string) bool { return textAt(a, key) == textAt(b, key) }

// cut is the n-th page of a list, from 1.
func cut(all []any, n, size int) []any {
	from := min((n-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}

// allStored are the rules that look for single items on the list.
func allStored(c *contract.Contract, list *contract.Operation) (out []string) {
	for _, op := range c.Operations {
		if below(op.Path, list.Path) || len(op.Path) > len(list.Path) && op.Path[:len(list.Path)+1] == list.Path+"/" {
			out = append(out, rulesBelow(c, op.ID)...)
		}
	}
	return out
}

// relist reads the whole list from the handler and answers a page of it in its
// own way.
func relist(op *contract.Operation, page func(all []any, n int) []any) func(http.Handler) http.Handler {
	name := op.PageParam().Name
	return func(next http.Handler) http.Handler {
		return through(op, nil, func(x *passage) {
			if !x.succeeded() {
				return
			}
			n, err := strconv.Atoi(x.request.URL.Query().Get(name))
			if err != nil {
				n = 1
			}
			x.body = encoded(emptyNotNil(page(everything(x, next, name), max(n, 1))))
		})(next)
	}
}

func emptyNotNil(items []any) []any {
	if items == nil {
		return []any{}
	}
	return items
}

// everything reads all pages.
func everything(x *passage, next http.Handler, name string) (all []any) {
	const most = 200
	for n := 1; n <= most; n++ {
		items, _ := x.again(next, http.MethodGet, fmt.Sprintf("%s?%s=%d", x.request.URL.Path, name, n), nil).value().([]any)
		if len(items) == 0 {
			break
		}
		all = append(all, items...)
	}
	return all
}

// pastTheEnd answers pages that are not there.
func (d *deriver) pastTheEnd(op *contract.Operation) {
	rule := op.ID + ".past-the-end"
	once := op.ID + ".every-item-once"
	name := op.PageParam().Name
	add := func(what, says, breaks string, answer func(x *passage, next http.Handler)) {
		d.add(Mutant{Name: rule + "/" + what, Says: op.ID + " " + says, Breaks: []string{breaks}, Entails: []string{rule, once, success(op) + ".maxItems", success(op) + ".order"},
			plant: func(next http.Handler) http.Handler {
				return through(op, nil, func(x *passage) {
					if items, ok := x.value().([]any); ok && len(items) == 0 && x.request.URL.Query().Get(name) != "" && x.request.URL.Query().Get(name) != "1" {
						answer(x, next)
					}
				})(next)
			}})
	}
	add("last-again", "shows the last page again past the end", rule, func(x *passage, next http.Handler) {
		size := *op.Success.Schema.MaxItems
		all := everything(x, next, name)
		if len(all) > 0 {
			x.body = encoded(cut(all, (len(all)-1)/size+1, size))
		}
	})
	add("null", "answers null past the end", success(op)+".type", func(x *passage, _ http.Handler) { x.body = []byte("null") })
	add("crash", "answers 500 past the end", rule, func(x *passage, _ http.Handler) {
		x.answer(http.StatusInternalServerError, "text/plain", "index out of range")
	})
}

// stale shows the list as it was before the last change, as a cache that
// nobody told: a user's first look is kept until the second change after it.
func (d *deriver) stale(op *contract.Operation) {
	for _, other := range d.contract.Operations {
		rule, says := "", ""
		switch {
		case other.Method == http.MethodPost && other.Path == op.Path:
			rule, says = other.ID+".stored", "does not show the item made last"
		}
		if rule == "" {
			continue
		}
		d.add(Mutant{Name: rule + "/stale", Says: op.ID + " " + says, Breaks: []string{rule}, Entails: append(allStored(d.contract, op), op.ID+".every-item-once"),
			plant: func(next http.Handler) http.Handler {
				var mu sync.Mutex
				newest := map[string]string{} // by who asks: the id made last
				return through(nil, nil, func(x *passage) {
					who := x.request.Header.Get("X-Access-Token") + x.request.Header.Get("Authorization")
					mu.Lock()
					defer mu.Unlock()
					switch {
					case meant(other, x.request) && x.succeeded():
						newest[who] = textAt(x.value(), idName(other))
					case meant(op, x.request):
						x.changeAnswer(func(v any) any {
							items, _ := v.([]any)
							return emptyNotNil(slices.DeleteFunc(items, func(i any) bool { return textAt(i, idName(other)) == newest[who] }))
						})
					}
				})(next)
			}})
	}
}

// idName is the member that tells the records apart.
func idName(op *contract.Operation) string {
	if op.Success != nil {
		if p := op.Success.Schema.Makes("newid"); p != nil {
			return p.Name
		}
	}
	return "id"
}

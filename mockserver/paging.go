package mockserver

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"assay/contract"
)

// A pager reads from a request which part of a list is meant.
type pager struct {
	page   string // the parameter that counts pages; empty for none
	first  int    // the number of the first page
	size   int    // items on a page; 0 for all
	limit  string // the parameter that sets the size; empty for none
	offset string // the parameter that counts items; empty for none
	most   int    // the largest size a client may ask for; 0 for any
	filter []string
}

var (
	pageNames   = []string{"page", "page_number", "pageNumber", "page[number]", "p", "page_no", "pageNo"}
	limitNames  = []string{"limit", "per_page", "perPage", "page_size", "pageSize", "page[size]", "size", "count", "top", "max"}
	offsetNames = []string{"offset", "skip", "start", "from"}
)

// pagerOf compiles the parameters of a list. The page size is the maxItems of
// the answer, the first page the parameter's default, else its minimum, else 1.
func pagerOf(op *contract.Operation, l *listing, k *kind) *pager {
	p := &pager{first: 1}
	if l != nil && l.array.MaxItems != nil {
		p.size = max(*l.array.MaxItems, 0)
		p.most = p.size
	}
	if param := queryParam(op, pageNames); param != nil {
		p.page = param.Name
		if n, ok := contract.Number(param.Schema.Default); ok {
			p.first = int(n)
		} else if param.Schema.Minimum != nil {
			p.first = int(*param.Schema.Minimum)
		}
	}
	if param := queryParam(op, limitNames); param != nil {
		p.limit = param.Name
		if n, ok := contract.Number(param.Schema.Default); ok && n > 0 {
			p.size = int(n)
		}
		if param.Schema.Maximum != nil {
			p.most = int(*param.Schema.Maximum)
		}
	}
	if param := queryParam(op, offsetNames); param != nil {
		p.offset = param.Name
	}
	if p.page != "" && p.size == 0 {
		const usual = 20
		p.size = usual
	}
	for _, param := range op.Params {
		if param.In == "query" && param.Name != p.page && param.Name != p.limit && param.Name != p.offset && k.slot(param.Name) != nil {
			p.filter = append(p.filter, param.Name)
		}
	}
	return p
}

func queryParam(op *contract.Operation, names []string) *contract.Param {
	for _, name := range names {
		if param := op.Param("query", name); param != nil && (param.Schema.Type == "integer" || param.Schema.Type == "number") {
			return param
		}
	}
	return nil
}

// window returns the first item and the number of items that a request means.
// overlap makes each page begin with the last item of the one before.
func (p *pager) window(query url.Values, overlap bool) (offset, size, page int) {
	size, page = p.size, p.first
	if p.limit != "" {
		if n, ok := intOf(query, p.limit); ok && n > 0 {
			size = n
		}
		if p.most > 0 {
			size = min(size, p.most)
		}
	}
	if size == 0 {
		size = math.MaxInt
	}
	if p.offset != "" {
		if n, ok := intOf(query, p.offset); ok && n > 0 {
			return n, size, page
		}
	}
	if p.page != "" {
		if n, ok := intOf(query, p.page); ok {
			page = n
		}
	}
	before := max(page-p.first, 0) // pages
	step := size
	if overlap && step > 1 {
		step--
	}
	if before > 0 && step > math.MaxInt/before {
		return math.MaxInt, size, page // past any end
	}
	return before * step, size, page
}

// intOf reads a number that was found valid; one beyond an int counts as the largest.
func intOf(query url.Values, name string) (int, bool) {
	values := query[name]
	if len(values) == 0 {
		return 0, false
	}
	if n, err := strconv.Atoi(values[0]); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(values[0]), 64)
	switch {
	case f >= math.MaxInt:
		return math.MaxInt, true
	case f <= math.MinInt:
		return math.MinInt, true
	}
	return int(f), err == nil
}

// A page is what a list answers.
type page struct {
	records []*record
	total   int // in the whole list
	number  int
	size    int
	offset  int
}

// pages is how many pages the whole list has.
func (p *page) pages() int {
	if p.size <= 0 || p.size == math.MaxInt {
		return 1
	}
	return (p.total + p.size - 1) / p.size
}

// tell gives what the members of a list's envelope usually mean, by their names.
func (p *page) tell(name string) (any, bool) {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name)) {
	case "total", "totalcount", "totalitems", "totalresults", "totalelements", "count":
		return int64(p.total), true
	case "page", "currentpage", "pagenumber", "number":
		return int64(p.number), true
	case "perpage", "pagesize", "size", "limit", "itemsperpage":
		if p.size == math.MaxInt {
			return int64(len(p.records)), true
		}
		return int64(p.size), true
	case "pages", "totalpages", "pagecount", "lastpage":
		return int64(p.pages()), true
	case "offset", "skip", "start":
		return int64(p.offset), true
	case "hasmore", "hasnext", "more", "hasnextpage":
		return p.offset+len(p.records) < p.total, true
	}
	return nil, false
}

package mockserver

import (
	"net/http"
	"net/url"
	"sort"
	"strings"
)

// A router finds the operations of a path: a tree of segments in which a fixed
// segment goes before a parameter. A trailing slash makes no difference.
type router struct {
	root  node
	bases []string // paths of the contract's servers, such as "/v1": served with and without
}

type node struct {
	fixed  map[string]*node
	param  *node
	shaped []*shapedNode // segments such as "{name}.json"
	route  *route        // nil when no path ends here
}

// shapedNode is a segment that holds a parameter and fixed text.
type shapedNode struct {
	prefix, suffix string
	node           *node
}

// A route is one path of the contract and its operations by method. Several
// operations share a method when a header tells them apart.
type route struct {
	names   []string // of the parameters, in the order of the path
	methods map[string][]*operation
	allow   string // for Allow and preflights
}

func (r *router) add(op *operation) {
	at := &r.root
	var names []string
	for _, segment := range segmentsOf(op.Path) {
		open, close := strings.IndexByte(segment, '{'), strings.LastIndexByte(segment, '}')
		if open < 0 || close < open {
			at = at.child(segment)
			continue
		}
		names = append(names, segment[open+1:close])
		at = at.wild(segment[:open], segment[close+1:])
	}
	if at.route == nil {
		at.route = &route{names: names, methods: map[string][]*operation{}}
	}
	at.route.methods[op.Method] = append(at.route.methods[op.Method], op)
	at.route.allow = allowed(at.route.methods)
}

func (n *node) child(segment string) *node {
	if n.fixed == nil {
		n.fixed = map[string]*node{}
	}
	if n.fixed[segment] == nil {
		n.fixed[segment] = &node{}
	}
	return n.fixed[segment]
}

func (n *node) wild(prefix, suffix string) *node {
	if prefix == "" && suffix == "" {
		if n.param == nil {
			n.param = &node{}
		}
		return n.param
	}
	for _, s := range n.shaped {
		if s.prefix == prefix && s.suffix == suffix {
			return s.node
		}
	}
	s := &shapedNode{prefix: prefix, suffix: suffix, node: &node{}}
	n.shaped = append(n.shaped, s)
	return s.node
}

func allowed(methods map[string][]*operation) string {
	names := []string{http.MethodOptions}
	for m := range methods {
		names = append(names, m)
		if m == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

func segmentsOf(path string) []string {
	path = strings.Trim(path, "/")
	if path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// deepestPath bounds the segments of a request's path, so that one of many
// thousand slashes costs nothing.
const deepestPath = 64

// find returns the route of a request's path and the values of its
// parameters, or nil.
func (r *router) find(u *url.URL) (*route, []string) {
	path := u.Path
	escaped := u.RawPath != ""
	if escaped {
		path = u.RawPath // a slash within a segment is written %2F
	}
	if found, values := r.lookup(path, escaped); found != nil {
		return found, values
	}
	for _, base := range r.bases {
		if rest, ok := strings.CutPrefix(path, base); ok && (rest == "" || rest[0] == '/') {
			if found, values := r.lookup(rest, escaped); found != nil {
				return found, values
			}
		}
	}
	return nil, nil
}

func (r *router) lookup(path string, escaped bool) (*route, []string) {
	if strings.Count(path, "/") > deepestPath {
		return nil, nil
	}
	path = strings.TrimPrefix(path, "/")
	path = strings.TrimSuffix(path, "/")
	var buf [8]string
	return r.root.find(path, escaped, buf[:0])
}

func (n *node) find(path string, escaped bool, values []string) (*route, []string) {
	if path == "" {
		if n.route == nil {
			return nil, nil
		}
		return n.route, append([]string(nil), values...)
	}
	segment, rest, _ := strings.Cut(path, "/")
	if escaped {
		decoded, err := url.PathUnescape(segment)
		if err != nil {
			return nil, nil
		}
		segment = decoded
	}
	if child := n.fixed[segment]; child != nil {
		if found, values := child.find(rest, escaped, values); found != nil {
			return found, values
		}
	}
	if segment == "" {
		return nil, nil // "/notes//x" names no record
	}
	for _, s := range n.shaped {
		if len(segment) > len(s.prefix)+len(s.suffix) && strings.HasPrefix(segment, s.prefix) && strings.HasSuffix(segment, s.suffix) {
			value := segment[len(s.prefix) : len(segment)-len(s.suffix)]
			if found, values := s.node.find(rest, escaped, append(values, value)); found != nil {
				return found, values
			}
		}
	}
	if n.param != nil {
		return n.param.find(rest, escaped, append(values, segment))
	}
	return nil, nil
}

// params names the values of a path's parameters; nil when it has none.
func (r *route) params(values []string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	named := make(map[string]string, len(values))
	for i, name := range r.names {
		named[name] = values[i]
	}
	return named
}

// candidates returns the operations of a method. HEAD is answered as GET,
// whose body the server leaves out.
func (r *route) candidates(method string) []*operation {
	found := r.methods[method]
	if found == nil && method == http.MethodHead {
		found = r.methods[http.MethodGet]
	}
	return found
}

// dispatched picks, of operations that share a method and a path, the one that
// the request's header names. The second result is false when a header is
// there that names none; nil and true mean that the body must tell.
func dispatched(of []*operation, header http.Header) (*operation, bool) {
	if len(of) == 1 && of[0].Dispatch.Header == "" {
		return of[0], true
	}
	named := false
	var plain *operation
	for _, op := range of {
		if op.Dispatch.Header == "" {
			plain = op
			continue
		}
		value := header.Get(op.Dispatch.Header)
		if value == op.Dispatch.Value {
			return op, true
		}
		named = named || value != ""
	}
	if plain != nil {
		return plain, true
	}
	return nil, !named
}

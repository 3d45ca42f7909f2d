package steps

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var rePlaceholder = regexp.MustCompile(`\{([a-z_]+)(?::(\d+))?(?: without ([a-z_ ]+))?\}`)

// leadsTo compares where an operation led with a template. {uid:21} is 21 URL-safe
// characters, equal wherever the name stands again; {query} is the authorization request
// as it was sent; {origin}, {client_id}, {redirect_uri} and {state} are known; {here} is the
// origin or nothing, for an address that may be relative. Both sides
// are compared decoded, as the document shows them.
func (s *signing) leadsTo(op, template string) error {
	if err := s.foreigner(); err != nil {
		return err
	}
	i := slices.IndexFunc(s.hops, func(h hop) bool { return h.op == op })
	if i < 0 {
		if len(s.hops) == 0 && s.last != nil {
			if err := s.w.there(s.last); err != nil {
				return err
			}
		}
		s.breaks(op+" leads to "+template, s.last)
		return nil
	}
	h := s.hops[i]
	pattern, names := s.compile(template)
	decoded := decodeLocation(h.location)
	m := regexp.MustCompile(pattern).FindStringSubmatch(decoded)
	if m == nil {
		s.w.find(s.w.rule(), "", op+" leads to "+template, "it leads to "+h.location, false)
		return nil
	}
	for i, name := range names {
		s.caught[name] = m[i+1]
	}
	return nil
}

// compile turns a template into a regular expression and the names that it catches.
func (s *signing) compile(template string) (string, []string) {
	var b strings.Builder
	var names []string
	b.WriteString("^(?s:")
	at := 0
	for _, loc := range rePlaceholder.FindAllStringSubmatchIndex(template, -1) {
		b.WriteString(regexp.QuoteMeta(template[at:loc[0]]))
		at = loc[1]
		name := template[loc[2]:loc[3]]
		part := func(i int) string {
			if loc[i] < 0 {
				return ""
			}
			return template[loc[i]:loc[i+1]]
		}
		switch value, known := s.valueOf(name, part(6)); {
		case name == "here":
			b.WriteString("(?:" + regexp.QuoteMeta(s.origin()) + ")?")
		case known:
			b.WriteString(regexp.QuoteMeta(value))
		case name == "rest":
			b.WriteString(".*")
		case slices.Contains(names, name):
			b.WriteString(".*") // caught above; RE2 knows no back reference, and the contract's pattern says its form
		default:
			count := "+"
			if n := part(4); n != "" {
				count = "{" + n + "}"
			}
			b.WriteString("([A-Za-z0-9_.~-]" + count + ")")
			names = append(names, name)
		}
	}
	b.WriteString(regexp.QuoteMeta(template[at:]))
	b.WriteString(")$")
	return b.String(), names
}

// origin is where the authorization endpoint is served.
func (s *signing) origin() string {
	u, err := url.Parse(s.address("authorize"))
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// valueOf is the value of a placeholder that is not caught.
func (s *signing) valueOf(name, without string) (string, bool) {
	switch name {
	case "origin":
		return s.origin(), true
	case "query":
		var parts []string
		for _, p := range s.asked {
			if !slices.Contains(strings.Fields(strings.ReplaceAll(without, " and ", " ")), p.name) {
				parts = append(parts, p.name+"="+p.value)
			}
		}
		return strings.Join(parts, "&"), true
	case "client_id":
		return s.client.id, true
	case "redirect_uri":
		return strings.TrimSuffix(s.client.redirect, "/"), true
	case "state":
		v, _ := s.askedFor("state")
		return v, true
	}
	v, ok := s.caught[name]
	return v, ok
}

// decodeLocation decodes path and query; a plus sign in a query is a space.
func decodeLocation(location string) string {
	before, query, has := strings.Cut(location, "?")
	if p, err := url.PathUnescape(before); err == nil {
		before = p
	}
	if !has {
		return before
	}
	if q, err := url.QueryUnescape(query); err == nil {
		query = q
	}
	return strings.TrimSuffix(before, "/") + "?" + query
}

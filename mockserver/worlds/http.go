package worlds

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"assay/mockserver"
	"assay/mockserver/problem"
)

// Header names the world of a request.
const Header = "X-Assay-World"

// Prefix stands before a world's name in a path that names it.
const Prefix = "/_assay/worlds/"

type contextKey struct{}

// Wrap finds the world that a request names, for Options.Wrap of the mock. It
// costs a request that names none one look into its header.
func (s *Set) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names := r.Header[Header]
		if names == nil || isPreflight(r) {
			next.ServeHTTP(w, r)
			return
		}
		world, err := s.Of(names[0])
		if err != nil {
			refuse(w, r, err)
			return
		}
		w.Header()[Header] = []string{world.Name}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, world)))
	})
}

// WorldOf picks the world of a request, for Options.WorldOf of the mock.
func (s *Set) WorldOf(r *http.Request) *mockserver.World {
	if r.Header[Header] == nil {
		return nil
	}
	if world, ok := r.Context().Value(contextKey{}).(*World); ok {
		return world.State()
	}
	return nil
}

func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}

// refuse answers so that a page of any origin can read why.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Vary", "Origin")
	}
	var told *problem.Problem
	if !errors.As(err, &told) {
		told = NotSaved.New("%v", err)
	}
	told.Write(w)
}

// Enter serves a request whose path names its world: /_assay/worlds/NAME/REST
// is REST in the world NAME, whatever REST is, the control API too.
func (s *Set) Enter(mock http.Handler, w http.ResponseWriter, r *http.Request) {
	prefix, name, rest, ok := split(r.URL)
	if !ok || r.Context().Value(enteredKey{}) != nil {
		refuse(w, r, NoSuchWorld.New("%s names no world", clip(r.URL.Path)))
		return
	}
	if err := checkName(name); err != nil {
		refuse(w, r, err)
		return
	}
	inner := r.WithContext(context.WithValue(r.Context(), enteredKey{}, prefix))
	inner.URL = rest
	inner.Header = r.Header.Clone()
	inner.Header[Header] = []string{name}
	mock.ServeHTTP(&prefixed{ResponseWriter: w, prefix: prefix, host: r.Host}, inner)
}

// enteredKey holds the prefix by which a request entered its world.
type enteredKey struct{}

// PrefixOf returns the path before that of a request which entered a world by
// its path: "/_assay/worlds/blue"; empty for others.
func PrefixOf(r *http.Request) string {
	prefix, _ := r.Context().Value(enteredKey{}).(string)
	return prefix
}

// split takes a path apart: the prefix with the world's name, and the rest,
// still escaped as it was.
func split(u *url.URL) (prefix, name string, rest *url.URL, ok bool) {
	after, ok := strings.CutPrefix(u.EscapedPath(), Prefix)
	if !ok {
		return "", "", nil, false
	}
	escaped, path, _ := strings.Cut(after, "/")
	name, err := url.PathUnescape(escaped)
	if err != nil {
		return "", "", nil, false
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return "", "", nil, false
	}
	inner := *u
	inner.Path, inner.RawPath = "/"+plain, ""
	if plain != path {
		inner.RawPath = "/" + path
	}
	return Prefix + escaped, name, &inner, true
}

// prefixed keeps a browser within the world that it entered by a path: where an
// answer sends it, and whom its cookies are for.
type prefixed struct {
	http.ResponseWriter
	prefix, host string
	begun        bool
}

// Unwrap lets http.ResponseController reach the writer below.
func (p *prefixed) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *prefixed) WriteHeader(status int) {
	if !p.begun {
		p.begun = true
		h := p.Header()
		for i, location := range h["Location"] {
			h["Location"][i] = p.moved(location)
		}
		for i, cookie := range h["Set-Cookie"] {
			h["Set-Cookie"][i] = strings.Replace(cookie, "Path=/", "Path="+p.prefix+"/", 1)
		}
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *prefixed) Write(b []byte) (int, error) {
	if !p.begun {
		p.WriteHeader(http.StatusOK)
	}
	return p.ResponseWriter.Write(b)
}

// moved puts an address of this mock below the prefix; others stay.
func (p *prefixed) moved(location string) string {
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(u.Path, "/") || u.Host != "" && u.Host != p.host || strings.HasPrefix(u.Path, p.prefix+"/") {
		return location
	}
	u.Path = p.prefix + u.Path
	if u.RawPath != "" {
		u.RawPath = p.prefix + u.RawPath
	}
	return u.String()
}

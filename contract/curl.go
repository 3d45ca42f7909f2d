package contract

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Curl returns the request as one curl command to paste into a POSIX shell,
// which prints the answer with its status. Secrets are masked unless reveal
// is set. Nothing that the request holds can leave its quotes.
func (e *Exchange) Curl(reveal bool) string {
	if !reveal {
		e = NewRedactor(e).Exchange(e)
	}
	return command(&e.Request, "-i", plainWord)
}

// A word makes one shell word of a text.
type word func(string) string

// maxArgument is the longest body given on the command line, in bytes: Linux
// takes no argument beyond 128 KiB.
const maxArgument = 100 << 10

func command(r *Request, flags string, quote word) string {
	var before string
	args := []string{"curl", flags}
	if strings.ContainsAny(r.URL, "{}[]") {
		args = append(args, "--globoff")
	}
	args = append(args, methodFlags(r)...)
	args = append(args, quote(addressable(r.URL)))
	for _, h := range headerLines(r) {
		args = append(args, "-H", quote(h))
	}
	switch {
	case r.Body == "":
	case len(r.Body) > maxArgument:
		args = append(args, "--data-binary", "@body", fmt.Sprintf("# body: a file with the %d bytes sent", len(r.Body)))
	case !printable(r.Body) && !strings.Contains(r.Body, open):
		before = "printf " + singleQuoted(printfFormat(r.Body)) + " | "
		args = append(args, "--data-binary", "@-")
	default:
		args = append(args, "--data-raw", quote(r.Body))
	}
	return before + strings.Join(args, " ")
}

// methodFlags names the method only where curl would choose another.
func methodFlags(r *Request) []string {
	chosen := http.MethodGet
	if r.Body != "" {
		chosen = http.MethodPost
	}
	switch r.Method {
	case chosen, "":
		return nil
	case http.MethodHead:
		return []string{"--head"}
	}
	return []string{"-X", plainWord(r.Method)}
}

// addressable keeps an address from being read as a flag.
func addressable(address string) string {
	if strings.HasPrefix(address, "-") {
		return "./" + address
	}
	return address
}

// unsent are the headers that curl writes by itself.
var unsent = map[string]bool{
	"Accept-Encoding": true, "Connection": true, "Content-Length": true, "Host": true,
	"Transfer-Encoding": true, "User-Agent": true,
}

// headerLines returns the headers to give, in order of their names.
func headerLines(r *Request) []string {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if !unsent[http.CanonicalHeaderKey(name)] && headerName(name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var lines []string
	typed := false
	for _, name := range names {
		typed = typed || strings.EqualFold(name, "Content-Type")
		for _, value := range r.Header[name] {
			switch {
			case strings.EqualFold(name, "Accept") && value == "*/*":
			case value == "":
				lines = append(lines, name+";") // curl's way to send an empty header
			default:
				lines = append(lines, name+": "+value)
			}
		}
	}
	if r.Body != "" && !typed {
		lines = append(lines, "Content-Type:") // curl would claim a form
	}
	return lines
}

// headerName reports whether name is a token (RFC 9110 §5.6.2); no other can have been sent.
func headerName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

// plainWord quotes s for a POSIX shell. What a terminal could take for a
// command (control characters, invisible ones) is written as octal escapes.
func plainWord(s string) string {
	switch {
	case s != "" && safeWord(s):
		return s
	case printable(s):
		return singleQuoted(s)
	}
	return `"$(printf ` + singleQuoted(printfFormat(strings.ReplaceAll(s, "\x00", ""))) + `)"`
}

func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// safeWord reports whether no shell does anything with s.
func safeWord(s string) bool {
	for i, r := range s {
		switch {
		case r >= utf8.RuneSelf:
			return false
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '/':
		case i > 0 && strings.ContainsRune(":._-+,@%", r):
		default:
			return false
		}
	}
	return true
}

// printable reports whether s can be pasted and shown as it is.
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// printfFormat writes s as a format of printf(1): octal escapes, byte for
// byte, for what is not printable, for a leading dash (an option) and for an
// exclamation mark (a shell's history).
func printfFormat(s string) string {
	var b strings.Builder
	for first := true; len(s) > 0; first = false {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\\' || r == '%':
			b.WriteRune(r)
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1, r == '!', r == '-' && first, !unicode.IsPrint(r):
			for i := range size {
				fmt.Fprintf(&b, `\%03o`, s[i])
			}
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

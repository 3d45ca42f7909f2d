package contract

import (
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Redactor masks secrets in exchanges and in prose about them. It finds them
// by the name of their member, parameter or header, by their shape, and, in
// prose, by having met them in the exchanges it was made from: a password that
// an error message echoes is masked too. It is safe for concurrent use.
type Redactor struct {
	mask  masking
	known *strings.Replacer
}

// NewRedactor returns a Redactor that knows the secrets of these exchanges.
func NewRedactor(exchanges ...*Exchange) *Redactor {
	met := map[string]string{}
	learn := masking{replace: func(name, secret string) string {
		masked := maskNamed(name, secret)
		if telling(secret) {
			met[secret] = masked
		}
		return masked
	}}
	for _, e := range exchanges {
		learn.exchange(e)
	}
	return &Redactor{mask: masking{replace: maskNamed}, known: replacer(met)}
}

// replacer replaces longer secrets first, so that none is left half masked.
func replacer(met map[string]string) *strings.Replacer {
	secrets := make([]string, 0, len(met))
	for secret := range met {
		secrets = append(secrets, secret)
	}
	sort.Slice(secrets, func(i, j int) bool {
		if len(secrets[i]) != len(secrets[j]) {
			return len(secrets[i]) > len(secrets[j])
		}
		return secrets[i] < secrets[j]
	})
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		pairs = append(pairs, secret, met[secret])
	}
	return strings.NewReplacer(pairs...)
}

// telling reports whether a secret may be looked for in prose: one that could
// be an ordinary word ("password") would tear prose apart.
func telling(secret string) bool {
	return len(secret) >= 8 && strings.ContainsFunc(secret, func(r rune) bool { return !unicode.IsLetter(r) }) &&
		strings.ContainsFunc(secret, unicode.IsLetter)
}

// Text returns prose with the secrets in it masked: known ones, token shapes,
// and the values of secret names in fragments of JSON, forms and URLs.
func (r *Redactor) Text(s string) string { return r.known.Replace(r.mask.text(s, 0)) }

// URL returns an address with the secrets of its user, query and fragment masked.
func (r *Redactor) URL(s string) string { return r.known.Replace(r.mask.url(s)) }

// Exchange returns a copy of e with its secrets masked. It returns nil for nil.
func (r *Redactor) Exchange(e *Exchange) *Exchange {
	masked := r.mask.exchange(e)
	if masked == nil {
		return nil
	}
	masked.Request.URL = r.known.Replace(masked.Request.URL)
	masked.Request.Body = r.known.Replace(masked.Request.Body)
	masked.Failure = r.known.Replace(masked.Failure)
	replaceAll(masked.Request.Header, r.known)
	if masked.Response != nil {
		masked.Response.Body = r.known.Replace(masked.Response.Body)
		replaceAll(masked.Response.Header, r.known)
	}
	return masked
}

func replaceAll(header http.Header, known *strings.Replacer) {
	for _, values := range header {
		for i := range values {
			values[i] = known.Replace(values[i])
		}
	}
}

// Mask returns a stand-in that tells no more of a secret than how it begins,
// when it is long, and its length: "eyJ…(482 characters)".
func Mask(secret string) string {
	if masked.MatchString(secret) {
		return secret
	}
	n := utf8.RuneCountInString(secret)
	unit := " characters)"
	if n == 1 {
		unit = " character)"
	}
	return opening(secret, n) + "…(" + strconv.Itoa(n) + unit
}

// opening returns the first three characters of a secret so long that they do not matter.
func opening(secret string, n int) string {
	if n < 24 || !plainStart.MatchString(secret) {
		return ""
	}
	return secret[:3]
}

var (
	masked     = regexp.MustCompile(`^[A-Za-z0-9+/=_-]{0,3}…\(\d+ characters?\)$`)
	plainStart = regexp.MustCompile(`^[A-Za-z0-9]{3}`)
)

// maskNamed masks a secret known by its name. Of a password nothing is shown but its length.
func maskNamed(name, secret string) string {
	if passwordName(name) && !masked.MatchString(secret) {
		return strings.TrimLeft(Mask(strings.Repeat("·", utf8.RuneCountInString(secret))), "·")
	}
	return Mask(secret)
}

// SecretName reports whether a member, parameter or header of this name holds
// a secret: a password, a token, an authorization code, a verifier, a key.
// Case and punctuation do not matter.
func SecretName(name string) bool {
	plain := plainName(name)
	for _, part := range secretParts {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return strings.HasSuffix(plain, "token") || strings.HasSuffix(plain, "tokens") || secretNames[plain]
}

func passwordName(name string) bool {
	plain := plainName(name)
	return strings.Contains(plain, "pass") || plain == "pwd" || plain == "pin"
}

func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r == ' ' || r == '[' || r == ']' || r == ':' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

var (
	secretParts = []string{
		"password", "passwd", "passphrase", "secret", "jwt", "verifier", "apikey", "privatekey", "csrf", "xsrf", "assertion",
	}
	secretNames = map[string]bool{
		"authorization": true, "proxyauthorization": true, "cookie": true, "setcookie": true,
		"code": true, "authcode": true, "authorizationcode": true, "devicecode": true, "usercode": true,
		"confirmationcode": true, "verificationcode": true, "mfacode": true, "smscode": true, "softwaretokenmfacode": true,
		"session": true, "sessionid": true, "sid": true, "otp": true, "pin": true, "pwd": true, "pass": true,
		"signature": true, "ticket": true, "loginticket": true, "accesskey": true,
	}
)

// rubbish is what broken clients send in a token's place. Hiding it would hide the point.
var rubbish = map[string]bool{
	"": true, "null": true, "undefined": true, "none": true, "nil": true, "true": true, "false": true,
	"nan": true, "[object object]": true, "bearer": true, "basic": true,
}

// A masking is one way to replace secrets, applied to whatever can hold them.
type masking struct {
	replace func(name, secret string) string
	encode  bool // replacements in a form are to be sent, not read
	answer  bool // what is masked came from the target, so a password member may hold prose
}

func (m masking) exchange(e *Exchange) *Exchange {
	if e == nil {
		return nil
	}
	c := *e
	c.Failure = m.text(e.Failure, 0)
	c.Request.URL = m.url(e.Request.URL)
	c.Request.Header = m.header(e.Request.Header)
	c.Request.Body = m.body(e.Request.Header.Get("Content-Type"), e.Request.Body)
	if e.Response != nil {
		m.answer = true
		response := *e.Response
		response.Header = m.header(response.Header)
		response.Body = m.body(e.Response.Header.Get("Content-Type"), response.Body)
		c.Response = &response
	}
	return &c
}

// named replaces the value of a secret name, unless it plainly is none.
func (m masking) named(name, value string) string {
	switch {
	case rubbish[strings.ToLower(strings.TrimSpace(value))] || masked.MatchString(value):
		return value
	case m.answer && strings.Count(strings.TrimSpace(value), " ") >= 2:
		return m.shapes(value) // {"password": ["is too short (minimum is 8 characters)"]}
	}
	return m.replace(name, value)
}

func (m masking) header(header http.Header) http.Header {
	if header == nil {
		return nil
	}
	c := make(http.Header, len(header))
	for name, values := range header {
		for _, value := range values {
			c[name] = append(c[name], m.headerValue(name, value))
		}
	}
	return c
}

func (m masking) headerValue(name, value string) string {
	switch plainName(name) {
	case "authorization", "proxyauthorization":
		if scheme, credentials, ok := strings.Cut(value, " "); ok {
			return scheme + " " + m.named(name, credentials)
		}
		return m.named(name, value)
	case "cookie":
		return cookiePair.ReplaceAllStringFunc(value, m.cookie)
	case "setcookie":
		pair, attributes, found := strings.Cut(value, ";")
		if found {
			attributes = ";" + attributes
		}
		return m.cookie(pair) + attributes
	case "location", "contentlocation", "referer", "origin":
		return m.url(value)
	}
	if SecretName(name) {
		return m.named(name, value)
	}
	return m.text(value, 0)
}

var cookiePair = regexp.MustCompile(`[^;\s][^;]*`)

func (m masking) cookie(pair string) string {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return pair
	}
	return name + "=" + m.named("cookie", value)
}

// url works on the text: a hostile Location need not parse.
func (m masking) url(raw string) string {
	before, fragment, hasFragment := strings.Cut(raw, "#")
	path, query, hasQuery := strings.Cut(before, "?")
	out := m.shapes(userinfo.ReplaceAllStringFunc(path, func(s string) string {
		parts := userinfo.FindStringSubmatch(s)
		return parts[1] + m.named("password", parts[2]) + "@"
	}))
	if hasQuery {
		out += "?" + m.form(query)
	}
	if hasFragment {
		out += "#" + m.form(fragment)
	}
	return out
}

var userinfo = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*://[^/@:]*:)([^/@]*)@`)

// body chooses by content: a form is masked as one, and all else by the JSON and the shapes in it.
func (m masking) body(contentType, text string) string {
	start := strings.TrimLeft(text, " \t\r\n")
	if strings.HasPrefix(strings.ToLower(contentType), "application/x-www-form-urlencoded") &&
		!strings.HasPrefix(start, "{") && !strings.HasPrefix(start, "[") {
		return m.form(text)
	}
	if strings.HasPrefix(start, "{") || strings.HasPrefix(start, "[") || strings.HasPrefix(start, `"`) {
		return m.shapes(m.json(text, true, 0))
	}
	return m.text(text, 0)
}

package contract

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Recipe is a chain of requests that can be sent again: what a later request
// took from an earlier answer (a token, an id) is taken from the fresh answer,
// and an account is signed up under a fresh e-mail address. Without reveal it
// holds no secret: passwords are stand-ins of the same length and kinds of
// characters, and a secret that came from elsewhere has to be given by name.
type Recipe struct {
	// Requests in order. Where a value is to be filled in, a name stands
	// between the private-use characters U+E000 and U+E001; see [Recipe.Fill].
	Requests []Request `json:"requests"`
	Takes    []Take    `json:"takes,omitempty"`
}

// A Take is a value that an answer gives to later requests. It stands in the
// answer's JSON body, unless Location, Segment or Cookie says otherwise.
type Take struct {
	Name string `json:"name"`           // fit for a shell variable: "REFRESH_TOKEN"
	From int    `json:"from"`           // index of the exchange whose answer holds it
	Path []any  `json:"path,omitempty"` // names of members and indexes of elements, from the body's root

	Location string `json:"location,omitempty"` // a parameter of the Location header
	Segment  int    `json:"segment,omitempty"`  // a part of the Location between slashes, from 1
	Cookie   string `json:"cookie,omitempty"`   // a cookie that was set
}

const (
	open, shut = "\ue000", "\ue001"
	fresh      = "RUN"       // filled with what makes an e-mail address new
	encoded    = "@uri"      // suffix of a name: percent-encoded
	partOf     = "@part"     // suffix of a name, before a digit from 1: that part of a JWT
	unsigned   = "@unsigned" // suffix of a name: header and payload of a JWT, and the dot between
	wrong      = "@wrong"    // suffix of a name: a signature of the JWT's length that does not fit
	foreign    = "MASKED_"   // prefix of the name of a secret that nobody here knows
)

var placeholder = regexp.MustCompile(open + `([A-Z0-9_]+)(@uri|@part\d|@unsigned|@wrong)?` + shut)

// NewRecipe makes the recipe of a chain. Nil exchanges are left out.
func NewRecipe(chain []*Exchange, reveal bool) *Recipe {
	b := &recipeBuilder{reveal: reveal, names: map[string]bool{}}
	for _, e := range chain {
		if e != nil {
			b.chain = append(b.chain, e)
		}
	}
	b.learn()
	recipe := &Recipe{}
	for i, e := range b.chain {
		recipe.Requests = append(recipe.Requests, b.rewrite(i, e))
	}
	for _, o := range b.origins {
		if o.used && !o.address {
			recipe.Takes = append(recipe.Takes, o.Take)
		}
	}
	return recipe
}

type recipeBuilder struct {
	reveal  bool
	chain   []*Exchange
	origins []*origin // first met first
	names   map[string]bool
}

// An origin is where a value of a later request was first met.
type origin struct {
	Take
	value   string
	address bool // the e-mail address of a sign-up, made fresh rather than taken
	used    bool
}

// learn notes what every answer gave first.
func (b *recipeBuilder) learn() {
	met := map[string]bool{}
	for i, e := range b.chain {
		b.learnEmail(i, e, met)
		if e.Response == nil {
			continue
		}
		offer := func(name, value string, number bool, take Take) {
			if met[value] || !worthTaking(name, value, number) || sentBefore(b.chain[:i+1], value) {
				return
			}
			met[value] = true
			take.Name, take.From = b.variable(name), i
			b.origins = append(b.origins, &origin{Take: take, value: value})
		}
		walkJSON(e.Response.Body, func(path []any, value string, number bool) {
			offer(memberName(path), value, number, Take{Path: append([]any{}, path...)})
		})
		walkHeader(e.Response.Header, func(name, value string, take Take) { offer(name, value, false, take) })
	}
}

// memberName is the last member's name of a path, or "value".
func memberName(path []any) string {
	for i := len(path) - 1; i >= 0; i-- {
		if name, ok := path[i].(string); ok {
			return name
		}
	}
	return "value"
}

// worthTaking tells tokens, codes and ids from all else that an answer holds.
func worthTaking(name, value string, number bool) bool {
	plain := plainName(name)
	id := plain == "id" || strings.HasSuffix(plain, "id") && len(plain) > 3 || plain == "slug"
	switch {
	case number:
		return id
	case value == "" || rubbish[strings.ToLower(value)] || len(value) > 8192:
		return false
	case !printable(value) || strings.ContainsAny(value, " \"\\"):
		return false
	}
	return id || SecretName(name) || len(value) >= 16 && opaqueCode(value) && !strings.Contains(value, "://")
}

// sentBefore reports whether the client chose the value: then it is no answer's to give.
func sentBefore(chain []*Exchange, value string) bool {
	if len(value) < 4 {
		return false // "7" stands in any request
	}
	for _, e := range chain {
		if strings.Contains(e.Request.Body, value) || strings.Contains(e.Request.URL, value) {
			return true
		}
		for _, values := range e.Request.Header {
			for _, v := range values {
				if strings.Contains(v, value) {
					return true
				}
			}
		}
	}
	return false
}

var (
	// signUpLike names what makes an account; only there may an address be changed.
	signUpLike   = regexp.MustCompile(`(?i)sign-?_?up|regist(er|ration)|(create|add)-?_?(user|account)|/(users|accounts)/?$`)
	plainAddress = regexp.MustCompile(`^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+$`)
	addressIn    = regexp.MustCompile(`[A-Za-z0-9._-]+(?:@|%40)[A-Za-z0-9.-]+`)
)

// A local part is at most 64 characters, an address 254 (RFC 5321 §4.5.3.1);
// one near its bound is left as it is.
func roomToChange(address string) bool {
	return len(address) <= 200 && strings.IndexByte(address, '@') <= 40
}

// learnEmail notes the address that a sign-up used: it is taken by now.
func (b *recipeBuilder) learnEmail(i int, e *Exchange, met map[string]bool) {
	path, _, _ := strings.Cut(e.Request.URL, "?")
	if e.Request.Method != http.MethodPost || !strings.Contains(e.Request.Body, "@") && !strings.Contains(e.Request.Body, "%40") {
		return
	}
	if !signUpLike.MatchString(e.Operation) && !signUpLike.MatchString(path) &&
		!signUpLike.MatchString(e.Request.Header.Get("X-Amz-Target")) {
		return
	}
	for _, found := range addressIn.FindAllString(e.Request.Body, -1) {
		address := strings.Replace(found, "%40", "@", 1)
		if plainAddress.MatchString(address) && roomToChange(address) && !met[address] {
			met[address] = true
			b.origins = append(b.origins, &origin{Take: Take{From: i - 1}, value: address, address: true})
		}
	}
}

// reserved are names that some shell gives a meaning of its own.
var reserved = regexp.MustCompile(`^(PATH|HOME|USER|USERNAME|LOGNAME|[EP]?[UGP]ID|PWD|OLDPWD|IFS|SHELL|TERM|LANG|PS\d|MAIL|RANDOM|` +
	`SECONDS|LINENO|HOST|HOSTNAME|STATUS|PROMPT|ENV|CDPATH|OPTARG|OPTIND|REPLY|COLUMNS|LINES|RUN|ANSWER|HISTFILE|EDITOR|DISPLAY|` +
	`TZ|MATCH|ARGV|(BASH|ZSH|LD|LC|DYLD|GIT|SSH|CURL|JQ|MASKED).*)$`)

// variable returns a new name for a value, after the member that held it.
func (b *recipeBuilder) variable(member string) string {
	name := shellName(member)
	unique := name
	for n := 2; b.names[unique]; n++ {
		unique = name + "_" + strconv.Itoa(n)
	}
	b.names[unique] = true
	return unique
}

func shellName(member string) string {
	var b strings.Builder
	lower := false
	for _, r := range member {
		switch {
		case r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r, lower = '_', false
		case unicode.IsUpper(r) && lower:
			b.WriteByte('_')
			lower = false
		default:
			lower = unicode.IsLower(r)
		}
		b.WriteRune(unicode.ToUpper(r))
		if b.Len() >= 40 {
			break
		}
	}
	name := strings.Trim(b.String(), "_")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = strings.TrimSuffix("VALUE_"+name, "_")
	}
	if reserved.MatchString(name) {
		name += "_VALUE"
	}
	return name
}

// rewrite returns the request of exchange i with placeholders for what earlier
// answers gave, and all other secrets masked.
func (b *recipeBuilder) rewrite(i int, e *Exchange) Request {
	clean := strings.NewReplacer(open, "", shut, "")
	r := Request{Method: e.Request.Method, URL: clean.Replace(e.Request.URL), Header: e.Request.Header.Clone(), Body: clean.Replace(e.Request.Body)}
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	b.freshVerifiers(&r)
	for _, o := range b.origins {
		if o.From >= i {
			continue
		}
		r.URL = o.insertURL(r.URL)
		if o.address || len(o.value) >= 4 {
			r.Body = o.insert(r.Body, form)
		}
		for name, values := range r.Header {
			for k := range values {
				if !o.short() || values[k] == o.value || name == "Cookie" {
					values[k] = o.insert(values[k], false)
				}
			}
		}
	}
	for _, values := range r.Header {
		for k := range values {
			values[k] = jwtShape.ReplaceAllStringFunc(values[k], func(forged string) string { return b.forged(i, forged) })
		}
	}
	if b.reveal {
		return r
	}
	return masking{replace: standIn, encode: true}.exchange(&Exchange{Request: r}).Request
}

// short reports whether the value could stand in a request by chance.
func (o *origin) short() bool { return !o.address && len(o.value) < 16 }

// insertURL leaves scheme and host alone.
func (o *origin) insertURL(address string) string {
	from := 0
	if scheme := strings.Index(address, "://"); scheme >= 0 {
		from = scheme + len("://")
	}
	if slash := strings.IndexAny(address[from:], "/?"); slash >= 0 {
		from += slash
		return address[:from] + o.insert(address[from:], true)
	}
	return address
}

// insert puts placeholders where the whole of the value stands, percent-encoded where the text may be.
func (o *origin) insert(text string, mayEncode bool) string {
	text = o.replace(text, o.value, o.placeholder("", "@"))
	if escaped := url.QueryEscape(o.value); mayEncode && escaped != o.value {
		text = o.replace(text, escaped, o.placeholder(encoded, "%40"))
	}
	return text
}

// placeholder is what stands for the value; for an address, its local part is made fresh.
func (o *origin) placeholder(suffix, at string) string {
	if o.address {
		local, domain, _ := strings.Cut(o.value, "@")
		return local + "-" + open + fresh + shut + at + domain
	}
	return open + o.Name + suffix + shut
}

func (o *origin) replace(text, value, put string) string {
	for from := 0; from < len(text); {
		at := strings.Index(text[from:], value)
		if at < 0 {
			break
		}
		at += from
		end := at + len(value)
		if touches(text, at, end) || !o.fits(text, at) {
			from = end
			continue
		}
		o.used = true
		text = text[:at] + put + text[end:]
		from = at + len(put)
	}
	return text
}

// fits reports whether the place at is one where a short value means itself: a
// segment of a path, a string member, a parameter. "page=1" is not idea 1.
func (o *origin) fits(text string, at int) bool {
	if !o.short() || at == 0 {
		return true
	}
	return text[at-1] == '/' || len(o.value) >= 4 && (text[at-1] == '"' || text[at-1] == '=')
}

// touches reports whether the text goes on around a value, which then is only a part of another.
func touches(text string, at, end int) bool {
	word := func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(open+shut, r)
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return at > 0 && word(before) || end < len(text) && word(after)
}

// forged rebuilds a token that a scenario forged from one that an answer gave:
// the parts that are as given are taken from the fresh one.
func (b *recipeBuilder) forged(i int, token string) string {
	want := strings.Split(token, ".")
	if len(want) != 3 {
		return token
	}
	for _, o := range b.origins {
		have := strings.Split(o.value, ".")
		if o.From >= i || len(have) != 3 {
			continue
		}
		payload, header := want[1] == have[1], want[0] == have[0]
		signature := want[2] == have[2] || want[2] == ""
		if !payload && !signature || !header && !signature {
			continue // signed anew: no other signature would do
		}
		o.used = true
		return o.rebuild(want, have)
	}
	return token
}

func (o *origin) rebuild(want, have []string) string {
	ref := func(suffix string) string { return open + o.Name + suffix + shut }
	signature := want[2]
	switch {
	case signature == have[2]:
		signature = ref(partOf + "3")
	case signature != "":
		signature = ref(wrong)
	}
	if want[0] == have[0] && want[1] == have[1] {
		return ref(unsigned) + "." + signature
	}
	for part := range 2 {
		if want[part] == have[part] {
			want[part] = ref(partOf + strconv.Itoa(part+1))
		}
	}
	return want[0] + "." + want[1] + "." + signature
}

// standIn replaces a secret that no answer of the chain gave.
func standIn(name, secret string) string {
	switch {
	case strings.Contains(secret, open):
		return secret
	case passwordName(name), verifierName(name):
		return sameShape(secret)
	}
	return open + foreign + strings.TrimSuffix(shellName(name), "_VALUE") + shut
}

// sameShape keeps length and kinds of characters, which is all that a rule on
// passwords can ask for, and nothing else.
func sameShape(password string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r > unicode.MaxASCII && unicode.IsUpper(r):
			return 'Ä'
		case r > unicode.MaxASCII && unicode.IsLower(r):
			return 'ä'
		case r > unicode.MaxASCII:
			return '字'
		case unicode.IsUpper(r):
			return 'X'
		case unicode.IsLower(r):
			return 'x'
		case unicode.IsDigit(r):
			return '0'
		}
		return r
	}, password)
}

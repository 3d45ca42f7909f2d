package contract

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CurlChain returns the requests as shell commands to paste in one go, so that
// what the last one shows can be seen again. It needs curl, and jq where a
// later request uses something from an earlier answer: tokens and ids are then
// taken from the fresh answers, an account is signed up under a fresh e-mail
// address, and the chain works again although its secrets are masked. Unless
// reveal is set, passwords are stand-ins of the same length and kinds of
// characters, and a secret that came from elsewhere is asked for by name.
func CurlChain(chain []*Exchange, reveal bool) string {
	var sent []*Exchange
	for _, e := range chain {
		if e != nil {
			sent = append(sent, e)
		}
	}
	if len(sent) == 0 {
		return ""
	}
	p := newPlan(sent, reveal)
	commands := make([]string, len(sent))
	for i, e := range sent {
		r := p.rewrite(i, e)
		commands[i] = p.command(&r, i == len(sent)-1)
	}
	var lines []string
	if p.fresh {
		lines = append(lines, "RUN=$(date +%s)")
	}
	for i, c := range commands {
		lines = append(lines, p.assign(i, c)...)
	}
	return strings.Join(lines, "\n")
}

// A plan knows which values of a chain come from where.
type plan struct {
	reveal bool
	values []*origin // first met first
	fresh  bool      // some e-mail address needs $RUN
	refs   []string  // what stands for each placeholder: an expansion of the shell
	taken  map[string]bool
}

// An origin is where a value of a later request was first met.
type origin struct {
	value    string
	exchange int    // index of the exchange whose answer gave it
	path     string // of jq; empty for a fresh e-mail address
	name     string // of the variable
	short    bool   // only whole path segments, members and parameters are taken for it
	used     bool
}

func newPlan(chain []*Exchange, reveal bool) *plan {
	p := &plan{reveal: reveal, taken: map[string]bool{}}
	met := map[string]bool{}
	for i, e := range chain {
		p.learnEmail(i, e, met)
		if e.Response == nil {
			continue
		}
		walkAnswer(e.Response.Body, func(path, name, value string, number bool) {
			if !met[value] && worthTaking(name, value, number) && !sentBefore(chain[:i+1], value) {
				met[value] = true
				p.values = append(p.values, &origin{
					value: value, exchange: i, path: path, name: p.variable(name), short: len(value) < 16,
				})
			}
		})
	}
	return p
}

// worthTaking tells tokens, codes and ids from all else that an answer holds.
func worthTaking(name, value string, number bool) bool {
	plain := plainName(name)
	id := plain == "id" || strings.HasSuffix(plain, "id") && len(name) > 2 || plain == "key" || plain == "slug"
	switch {
	case number:
		return id
	case rubbish[strings.ToLower(value)] || len(value) > 8192 || !printable(value) || strings.ContainsAny(value, " \"\\"):
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
	plainAddress = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}@[A-Za-z0-9.-]{3,100}$`)
	addressIn    = regexp.MustCompile(`[A-Za-z0-9._-]{1,40}(?:@|%40)[A-Za-z0-9.-]{3,100}`)
)

// learnEmail notes the address that a sign-up used: it is taken by now.
func (p *plan) learnEmail(i int, e *Exchange, met map[string]bool) {
	path, _, _ := strings.Cut(e.Request.URL, "?")
	if e.Request.Method != "POST" || !signUpLike.MatchString(e.Operation) &&
		!signUpLike.MatchString(path) && !signUpLike.MatchString(e.Request.Header.Get("X-Amz-Target")) {
		return
	}
	for _, found := range addressIn.FindAllString(e.Request.Body, -1) {
		address := strings.Replace(found, "%40", "@", 1)
		if plainAddress.MatchString(address) && !met[address] {
			met[address] = true
			p.values = append(p.values, &origin{value: address, exchange: i - 1})
		}
	}
}

// reserved are names that a shell gives a meaning of its own.
var reserved = regexp.MustCompile(`^(PATH|HOME|USER|USERNAME|LOGNAME|[EP]?[UGP]ID|PWD|OLDPWD|IFS|SHELL|TERM|LANG|PS\d|MAIL|RANDOM|SECONDS|LINENO|HOST|HOSTNAME|STATUS|PROMPT|ENV|CDPATH|OPTARG|OPTIND|REPLY|COLUMNS|LINES|RUN|ANSWER|HISTFILE|EDITOR|DISPLAY|TZ|KEY|MATCH|ARGV|(BASH|ZSH|LD|LC|DYLD|GIT|SSH|CURL|JQ).*)$`)

// variable returns a new shell variable's name for a member's.
func (p *plan) variable(member string) string {
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
		if b.Len() > 40 {
			break
		}
	}
	name := strings.Trim(b.String(), "_")
	if name == "" || unicode.IsDigit(rune(name[0])) {
		name = "VALUE_" + name
	}
	if reserved.MatchString(name) {
		name += "_VALUE"
	}
	unique := name
	for n := 2; p.taken[unique]; n++ {
		unique = name + "_" + strconv.Itoa(n)
	}
	p.taken[unique] = true
	return unique
}

// A placeholder stands for an expansion of the shell while the text around it
// is masked and quoted: its number between two private-use characters.
const open, shut = "\ue000", "\ue001"

var placeholder = regexp.MustCompile(open + `(\d+)` + shut)

func (p *plan) placeholder(expansion string) string {
	p.refs = append(p.refs, expansion)
	return open + strconv.Itoa(len(p.refs)-1) + shut
}

// rewrite returns the request of exchange i with placeholders for what earlier
// answers gave, and all other secrets masked.
func (p *plan) rewrite(i int, e *Exchange) Request {
	r := e.Request
	r.Header = r.Header.Clone()
	clean := strings.NewReplacer(open, "", shut, "")
	r.URL, r.Body = clean.Replace(r.URL), clean.Replace(r.Body)
	for _, o := range p.values {
		if o.exchange >= i {
			continue
		}
		r.URL = p.insertURL(r.URL, o)
		if o.path == "" || len(o.value) >= 4 {
			r.Body = p.insert(r.Body, o, strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"))
		}
		for _, values := range r.Header {
			for k := range values {
				if !o.short || values[k] == o.value {
					values[k] = p.insert(values[k], o, false)
				}
			}
		}
	}
	p.tampered(i, r.Header)
	if p.reveal {
		return r
	}
	return masking{replace: p.standIn, encode: true}.exchange(&Exchange{Request: r}).Request
}

// insertURL leaves scheme and host alone.
func (p *plan) insertURL(address string, o *origin) string {
	from := strings.Index(address, "://") + len("://")
	if from < len("://") {
		from = 0
	}
	if slash := strings.IndexAny(address[from:], "/?"); slash >= 0 {
		from += slash
		return address[:from] + p.insert(address[from:], o, true)
	}
	return address
}

// insert puts placeholders where the whole of a value stands.
func (p *plan) insert(text string, o *origin, encoded bool) string {
	ref := "$" + o.name
	local, domain, _ := strings.Cut(o.value, "@")
	written := []string{o.value}
	if escaped := url.QueryEscape(o.value); encoded && escaped != o.value {
		written = append(written, escaped)
	}
	for k, value := range written {
		for from := 0; ; {
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
			var put string
			switch {
			case o.path == "": // a fresh address
				at := "@"
				if k == 1 {
					at = "%40"
				}
				put = local + "-" + p.placeholder("$RUN") + at + domain
				p.fresh = true
			case k == 1:
				put = p.placeholder("$(printf %s \"" + ref + "\" | jq -sRr @uri)")
			default:
				put = p.placeholder(ref)
			}
			o.used = true
			text = text[:at] + put + text[end:]
			from = at + len(put)
		}
	}
	return text
}

// fits reports whether the place at is one where a short value means itself: a
// segment of a path, a string member, a parameter. "page=1" is not idea 1.
func (o *origin) fits(text string, at int) bool {
	if !o.short || o.path == "" || at == 0 {
		return true
	}
	return text[at-1] == '/' || len(o.value) >= 4 && (text[at-1] == '"' || text[at-1] == '=')
}

// touches reports whether the text goes on around a value, which then is only a part of another.
func touches(text string, at, end int) bool {
	word := func(r rune) bool {
		return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\ue000' || r == '\ue001'
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return at > 0 && word(before) || end < len(text) && word(after)
}

// tampered rebuilds a token that a scenario forged from one that an answer
// gave: the parts that are as given are taken from the fresh one.
func (p *plan) tampered(i int, header map[string][]string) {
	for _, values := range header {
		for k, value := range values {
			values[k] = jwtShape.ReplaceAllStringFunc(value, func(forged string) string {
				for _, o := range p.values {
					if o.exchange < i && jwtShape.MatchString(o.value) {
						if rebuilt, ok := p.rebuild(forged, o); ok {
							o.used = true
							return rebuilt
						}
					}
				}
				return forged
			})
		}
	}
}

func (p *plan) rebuild(forged string, o *origin) (string, bool) {
	want, have := strings.Split(forged, "."), strings.Split(o.value, ".")
	if len(want) != 3 || len(have) != 3 || want[1] != have[1] && want[2] != have[2] && want[2] != "" {
		return "", false
	}
	ref := func(part int) string {
		return p.placeholder(fmt.Sprintf("$(printf %%s \"$%s\" | cut -d. -f%d)", o.name, part+1))
	}
	if want[0] != have[0] && want[2] != have[2] && want[2] != "" {
		return "", false // signed anew: no other signature would do
	}
	for part := range want {
		switch {
		case want[part] == have[part]:
			want[part] = ref(part)
		case part == 2 && want[part] != "":
			want[part] = strings.Repeat("A", len(want[part])) // as wrong as the one sent
		}
	}
	return strings.Join(want, "."), true
}

// standIn replaces a secret that no answer of the chain gave.
func (p *plan) standIn(name, secret string) string {
	if strings.Contains(secret, open) || secret == "" {
		return secret
	}
	if passwordName(name) {
		return sameShape(secret)
	}
	return p.placeholder("${" + p.asked(name) + ":?" + askWord(Mask(secret)) + "}")
}

func (p *plan) asked(name string) string {
	q := &plan{taken: map[string]bool{}}
	return "MASKED_" + q.variable(name)
}

// askWord words what the shell says when the variable is not set.
func askWord(mask string) string {
	return "masked in this report " + strings.NewReplacer("(", "", ")", "", "…", " ").Replace(mask)
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

func (p *plan) command(r *Request, last bool) string {
	flags := "-sS"
	if last {
		flags = "-i"
	}
	return command(r, flags, p.word)
}

// word quotes a text in which placeholders become expansions of the shell.
func (p *plan) word(s string) string {
	if !strings.Contains(s, open) {
		return plainWord(s)
	}
	var b strings.Builder
	from := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(s, -1) {
		if at[0] > from {
			b.WriteString(plainWord(s[from:at[0]]))
		}
		n, err := strconv.Atoi(s[at[2]:at[3]])
		if err == nil && n < len(p.refs) {
			b.WriteString(`"` + p.refs[n] + `"`)
		}
		from = at[1]
	}
	if from < len(s) {
		b.WriteString(plainWord(s[from:]))
	}
	return b.String()
}

// assign wraps the command of exchange i so that what later ones need is kept.
func (p *plan) assign(i int, command string) []string {
	var given []*origin
	for _, o := range p.values {
		if o.exchange == i && o.used && o.path != "" {
			given = append(given, o)
		}
	}
	switch len(given) {
	case 0:
		return []string{command}
	case 1:
		return []string{given[0].name + "=$(" + command + " | jq -r " + singleQuoted(given[0].path) + ")"}
	}
	lines := []string{"ANSWER=$(" + command + ")"}
	for _, o := range given {
		lines = append(lines, o.name+`=$(printf %s "$ANSWER" | jq -r `+singleQuoted(o.path)+")")
	}
	return lines
}

// walkAnswer calls visit for each string and number of a JSON body, in order,
// with its path for jq. A body that is no JSON gives what came before the fault.
func walkAnswer(body string, visit func(path, name, value string, number bool)) {
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	walkValue(decoder, "", "", 0, visit)
}

// maxWalk bounds the depth of what is looked at for tokens.
const maxWalk = 32

func walkValue(d *json.Decoder, path, name string, depth int, visit func(path, name, value string, number bool)) bool {
	token, err := d.Token()
	if err != nil || depth > maxWalk {
		return false
	}
	switch v := token.(type) {
	case string:
		visit(orRoot(path), name, v, false)
	case json.Number:
		visit(orRoot(path), name, v.String(), true)
	case json.Delim:
		for i := 0; d.More(); i++ {
			at, member := fmt.Sprintf("%s[%d]", orRoot(path), i), name
			if v == '{' {
				key, err := d.Token()
				if err != nil {
					return false
				}
				member, _ = key.(string)
				at = path + jqKey(member, path == "")
			}
			if !walkValue(d, at, member, depth+1, visit) {
				return false
			}
		}
		_, err := d.Token()
		return err == nil
	}
	return true
}

var jqName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func jqKey(key string, root bool) string {
	if jqName.MatchString(key) {
		return "." + key
	}
	if root {
		return "." + "[" + quoteJSON(key, true) + "]"
	}
	return "[" + quoteJSON(key, true) + "]"
}

func orRoot(path string) string {
	if path == "" {
		return "."
	}
	return path
}

package steps

import (
	"html"
	"net/url"
	"regexp"
	"strings"
)

// A form of an HTML page, as a browser without scripts would send it.
type form struct {
	action   string
	method   string // upper case
	fields   []pair // hidden, prefilled and the first button that sends
	username string // name of the field for the user's name; empty for none
	password string // name of the field for the password; empty for none
}

// Pages are read with regular expressions: a sign-in page is small, and what they miss is
// told as "no form". Everything is bounded by the size of an answer.
var (
	reForm      = regexp.MustCompile(`(?is)<form\b([^>]*)>(.*?)(?:</form>|$)`)
	reField     = regexp.MustCompile(`(?is)<(input|button|select|textarea)\b([^>]*)>`)
	reAttribute = regexp.MustCompile(`(?is)([a-z][a-z0-9_:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?`)
	reComment   = regexp.MustCompile(`(?s)<!--.*?-->`)
	reScript    = regexp.MustCompile(`(?is)<script\b.*?</script>`)
)

// longestPage is how much of a page is looked at, in bytes: a sign-in page is smaller.
const longestPage = 256 << 10

func beginning(page string) string { return page[:min(len(page), longestPage)] }

// readForms finds the forms of a page.
func readForms(page string) []form {
	if !strings.Contains(beginning(page), "<") {
		return nil
	}
	page = beginning(page)
	page = reComment.ReplaceAllString(page, "")
	page = reScript.ReplaceAllString(page, "")
	var forms []form
	const most = 50 // forms of a page; each may be looked for all over it
	for _, m := range reForm.FindAllStringSubmatch(page, most) {
		attributes := readAttributes(m[1])
		f := form{action: attributes["action"], method: strings.ToUpper(attributes["method"])}
		if f.method == "" {
			f.method = "GET"
		}
		buttons := f.read(m[2])
		if id := attributes["id"]; id != "" && !buttons { // buttons may stand elsewhere
			for _, b := range reField.FindAllStringSubmatch(strings.Replace(page, m[0], "", 1), -1) {
				if a := readAttributes(b[2]); a["form"] == id && strings.EqualFold(b[1], "button") && f.press(a) {
					break
				}
			}
		}
		forms = append(forms, f)
	}
	return forms
}

// read takes the fields of a form and reports whether one of them is a button.
func (f *form) read(inner string) (button bool) {
	for _, m := range reField.FindAllStringSubmatch(inner, -1) {
		a := readAttributes(m[2])
		kind := strings.ToLower(a["type"])
		if strings.EqualFold(m[1], "button") && kind == "" {
			kind = "submit"
		}
		name := a["name"]
		switch {
		case kind == "submit" || kind == "image":
			if !button {
				button = f.press(a)
			}
		case kind == "button" || kind == "reset" || kind == "file" || name == "":
		case kind == "password" && f.password == "":
			f.password = name
		case kind == "checkbox" || kind == "radio":
			if _, checked := a["checked"]; checked {
				f.fields = append(f.fields, pair{name, orOn(a)})
			}
		case kind == "hidden":
			f.fields = append(f.fields, pair{name, a["value"]})
		case f.username == "" && (kind == "" || kind == "text" || kind == "email" || kind == "tel"):
			f.username = name
		default:
			f.fields = append(f.fields, pair{name, a["value"]})
		}
	}
	return button
}

// press takes the name and value of a button along; a button that cancels is never pressed.
func (f *form) press(a map[string]string) bool {
	said := strings.ToLower(a["name"] + " " + a["value"] + " " + a["id"])
	for _, no := range []string{"cancel", "deny", "abort", "reject"} {
		if strings.Contains(said, no) {
			return false
		}
	}
	if a["name"] != "" {
		f.fields = append(f.fields, pair{a["name"], a["value"]})
	}
	return true
}

func orOn(a map[string]string) string {
	if v, ok := a["value"]; ok {
		return v
	}
	return "on"
}

func readAttributes(text string) map[string]string {
	attributes := map[string]string{}
	for _, m := range reAttribute.FindAllStringSubmatch(text, -1) {
		name := strings.ToLower(m[1])
		if _, there := attributes[name]; !there {
			attributes[name] = html.UnescapeString(m[2] + m[3] + m[4])
		}
	}
	return attributes
}

// values are what the form sends, filled in for a user.
func (f *form) values(u oidcUser) url.Values {
	v := url.Values{}
	for _, p := range f.fields {
		v.Add(p.name, p.value)
	}
	if f.username != "" {
		v.Set(f.username, u.name)
	}
	if f.password != "" {
		v.Set(f.password, u.password)
	}
	return v
}

// signInForm is the form that asks for a password, else the first that asks for a name.
func signInForm(forms []form) *form {
	for i := range forms {
		if forms[i].password != "" {
			return &forms[i]
		}
	}
	for i := range forms {
		if forms[i].username != "" && forms[i].method == "POST" {
			return &forms[i]
		}
	}
	return nil
}

// onwardForm is a form that a browser with scripts sends by itself, or a person by its only button.
func onwardForm(forms []form) *form {
	for i := range forms {
		if forms[i].method == "POST" && forms[i].password == "" && forms[i].username == "" {
			return &forms[i]
		}
	}
	return nil
}

package oidc

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// respond sends the members to the application, in the response mode that it asked for.
// The state comes last, byte for byte as given, and not at all when none was (RFC 6749 §4.1.2).
func (p *Provider) respond(ask *Ask, members Object) *Answer {
	if ask.StateGiven && p.obeys(StateReturned) {
		members = append(members, Member{"state", ask.State})
	}
	if !p.obeys(CallbackOrder) {
		slices.Reverse(members)
	}
	if !ask.StateGiven && !p.obeys(StateAbsent) {
		members = append(members, Member{"state", ""})
	}
	switch ask.Mode {
	case "fragment":
		return uncached(Redirect(ask.RedirectURI + "#" + Encode(members)))
	case "form_post":
		return uncached(page(formPost, map[string]any{"Action": ask.RedirectURI, "Members": members}))
	case "web_message":
		return uncached(page(webMessage, map[string]any{"Origin": originOf(ask.RedirectURI), "Response": asMap(members)}))
	}
	glue := "?"
	if strings.Contains(ask.RedirectURI, "?") {
		glue = "&"
	}
	return uncached(Redirect(ask.RedirectURI + glue + Encode(members)))
}

// uncached forbids to keep an answer that holds a credential (RFC 6749 §5.1, RFC 9700 §4.2.4).
func uncached(a *Answer) *Answer {
	a.header().Set("Cache-Control", "no-store")
	a.header().Set("Referrer-Policy", "no-referrer")
	return a
}

func originOf(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func asMap(o Object) map[string]any {
	m := make(map[string]any, len(o))
	for _, member := range o {
		m[member.Name] = member.Value
	}
	return m
}

// formPost is the page of OAuth 2.0 Form Post Response Mode; it works without JavaScript, by its button.
var formPost = template.Must(template.New("form_post").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Back to the application</title></head>
<body>
<form method="post" action="{{.Action}}">
{{range .Members}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}<noscript><button type="submit">Continue</button></noscript>
</form>
<script>document.forms[0].submit()</script>
</body></html>
`))

// webMessage posts the response to the page that opened or frames this one
// (OAuth 2.0 Web Message Response Mode), and to no other origin than the application's.
var webMessage = template.Must(template.New("web_message").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Authorization response</title></head>
<body>
<script>
(function (window) {
  var message = { type: "authorization_response", response: {{.Response}} };
  var main = window.opener || (window.parent !== window ? window.parent : null);
  if (main) { main.postMessage(message, {{.Origin}}); }
})(this);
</script>
</body></html>
`))

// page renders a template; the data is ours, so that it cannot fail.
func page(t *template.Template, data any) *Answer {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return &Answer{Status: http.StatusInternalServerError, Page: []byte(template.HTMLEscapeString(err.Error()))}
	}
	return &Answer{Status: http.StatusOK, Page: b.Bytes()}
}

// Page renders a provider's own page.
func Page(t *template.Template, data any) *Answer { return page(t, data) }

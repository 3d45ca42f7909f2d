package oidc

import (
	"html/template"
	"net/http"
)

// A SignInPage is what a person sees: a real form, which needs no script, no mouse and no other address.
type SignInPage struct {
	Provider    string // "Authing"
	Application string // the client's name or id
	Action      string // where the form goes
	Hidden      Object
	Username    string // as typed before
	Fault       string // why they must type again
	Cancel      bool   // whether the form has a second button that sends cancel=1
	Script      template.JS
	Formless    bool // leave the form out
}

// Answer renders the page with this status.
func (s SignInPage) Answer(status int) *Answer {
	a := page(signInPage, s)
	a.Status = status
	protect(a)
	return a
}

// protect keeps a page out of frames and caches. No form-action: browsers apply it
// to the redirects that follow, and those lead to the application.
func protect(a *Answer) {
	h := a.header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'")
}

const style = `
:root { color-scheme: light dark; --ink: #1d2433; --paper: #fff; --back: #eef1f6; --line: #6b7688; --act: #1f4fbf; --bad: #a3160f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --paper: #1b202b; --back: #10141c; --line: #8b96a8; --act: #8fb0ff; --bad: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(24rem, 92vw); padding: 2rem; background: var(--paper); border-radius: .75rem; box-shadow: 0 1px 12px #0003; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
p { margin: 0 0 1.25rem; overflow-wrap: anywhere; }
label { display: block; margin-bottom: 1rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: .25rem; padding: .6rem .7rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit; font: inherit; }
button { width: 100%; padding: .65rem; border: 1px solid var(--act); border-radius: .4rem; background: var(--act); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
button[name=cancel] { margin-top: .6rem; background: transparent; color: var(--act); }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
[role=alert] { padding: .6rem .8rem; border: 1px solid var(--bad); border-radius: .4rem; color: var(--bad); }
`

var pages = template.Must(template.New("pages").Parse(`
{{define "head"}}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.}}</title>
<link rel="icon" href="data:,">
<style>` + style + `</style>
</head>
<body>
<main>{{end}}
{{define "foot"}}</main>
</body>
</html>
{{end}}
{{define "hidden"}}{{range .}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}{{end}}
`))

var signInPage = template.Must(template.Must(pages.Clone()).New("sign-in").Parse(`{{template "head" "Sign in"}}
<h1>Sign in</h1>
<p>to go on to {{.Application}}, with {{.Provider}}</p>
{{if .Fault}}<p role="alert" id="fault">{{.Fault}}</p>{{end}}
{{if not .Formless}}<form method="post" action="{{.Action}}" id="sign-in">
{{template "hidden" .Hidden}}{{end}}
<label>User name or e-mail
<input name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus value="{{.Username}}"{{if .Fault}} aria-describedby="fault"{{end}}></label>
<label>Password
<input name="password" type="password" autocomplete="current-password" required{{if .Fault}} aria-describedby="fault"{{end}}></label>
<button type="submit">Sign in</button>
{{if .Cancel}}<button type="submit" name="cancel" value="1" formnovalidate>Cancel</button>{{end}}
{{if not .Formless}}</form>{{end}}
{{if .Script}}<script>{{.Script}}</script>{{end}}
{{template "foot"}}`))

var onwardPage = template.Must(template.Must(pages.Clone()).New("onward").Parse(`{{template "head" "Signed in"}}
<h1>Signed in</h1>
<form method="post" action="{{.Action}}">
{{template "hidden" .Hidden}}<p>One moment: you are being sent on.</p>
<button type="submit">Continue</button>
</form>
<script>document.forms[0].submit()</script>
{{template "foot"}}`))

// Onward is a page whose form carries a sign-in on: by itself where scripts run, else by its button.
func Onward(action string, hidden Object) *Answer {
	a := page(onwardPage, map[string]any{"Action": action, "Hidden": hidden})
	protect(a)
	return a
}

var messagePage = template.Must(template.Must(pages.Clone()).New("message").Parse(`{{template "head" .Title}}
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
{{if .Code}}<p><code>{{.Code}}</code></p>{{end}}
{{template "foot"}}`))

// Message is a page that tells a person something.
func Message(status int, title, text, code string) *Answer {
	a := page(messagePage, map[string]any{"Title": title, "Text": text, "Code": code})
	a.Status = status
	protect(a)
	return a
}

// Fault is the page of a refusal that must not reach the application by redirect.
func Fault(e *Error) *Answer {
	return Message(http.StatusBadRequest, "This sign-in cannot go on", e.Description, e.Code)
}

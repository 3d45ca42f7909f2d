package auth0

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"assay/mockserver/idp/oidc"
)

const (
	connection = "Username-Password-Authentication" // the database that people sign in with
	csrfLength = 36
	// resultLifetime bounds the moment between the sign-in and its end.
	resultLifetime = time.Minute
)

func lapsed() *oidc.Answer {
	return oidc.Fault(&oidc.Error{Code: "invalid_request", Description: "this sign-in is unknown, finished or too old; begin again at the application"})
}

// underWay finds the transaction that a sign-in page's state names.
func underWay(p *oidc.Provider, handle string) (oidc.Transaction, bool) {
	tid := handle
	if p.Has(transaction) {
		s, err := parseState(handle)
		if err != nil || s.N != "login" {
			return oidc.Transaction{}, false
		}
		tid = s.TID
	}
	tx, ok := p.Transaction(tid)
	return tx, ok && tx.Handle == handle
}

// loginPage shows the form: GET /login.
func (s *Server) loginPage(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	tx, ok := underWay(p, r.Query.Get("state"))
	if !ok {
		return lapsed()
	}
	fault := ""
	if r.Query.Has("fault") {
		fault = wrong
	}
	return s.form(p, &tx, fault).Answer(http.StatusOK)
}

// form holds the nineteen recorded members; a script sends them as JSON, as the vendor's
// page does, and without scripts the form goes by itself.
func (s *Server) form(p *oidc.Provider, tx *oidc.Transaction, fault string) oidc.SignInPage {
	application := tx.ClientID
	if c := p.Client(tx.ClientID); c != nil && c.Name != "" {
		application = c.Name
	}
	asked := oidc.Ordered(tx.Query)
	hidden := oidc.Object{{Name: "client_id", Value: tx.ClientID}, {Name: "tenant", Value: s.config.Auth0.Tenant}, {Name: "state", Value: tx.Handle}}
	for _, name := range []string{"redirect_uri", "response_type", "scope", "nonce", "response_mode", "code_challenge_method", "code_challenge", "auth0Client"} {
		value, _ := asked.Get(name)
		text, _ := value.(string)
		hidden = append(hidden, oidc.Member{Name: name, Value: text})
	}
	hidden = append(
		hidden,
		oidc.Member{Name: "connection", Value: connection}, oidc.Member{Name: "popup_options", Value: "{}"}, oidc.Member{Name: "sso", Value: "true"},
		oidc.Member{Name: "_intstate", Value: "deprecated"}, oidc.Member{Name: "_csrf", Value: p.NewID(csrfLength)}, oidc.Member{Name: "protocol", Value: "oauth2"},
	)
	return oidc.SignInPage{
		Provider: "Auth0", Application: application, Action: "/usernamepassword/login", Hidden: hidden,
		Fault: fault, Script: script, Formless: !p.Has(pageForm),
	}
}

// script sends the members in the recorded order and submits the form that is answered.
const script = template.JS(`
document.getElementById("sign-in").addEventListener("submit", function (event) {
  event.preventDefault();
  var form = event.target, fields = new FormData(form), body = {};
  ["client_id", "redirect_uri", "tenant", "response_type", "scope", "state", "nonce", "connection", "username", "password", "popup_options", "sso",
   "response_mode", "_intstate", "_csrf", "code_challenge_method", "code_challenge", "auth0Client", "protocol"].forEach(function (name) { body[name] = fields.get(name); });
  body.popup_options = {};
  body.sso = true;
  fetch(form.action, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).then(function (answer) {
    return answer.text().then(function (text) {
      if (!answer.ok) { throw new Error(JSON.parse(text).description); }
      var box = document.createElement("div");
      box.innerHTML = text;
      document.body.appendChild(box);
      box.firstElementChild.submit();
    });
  }).catch(function (fault) {
    var said = document.getElementById("fault");
    if (!said) {
      said = document.createElement("p");
      said.id = "fault";
      said.setAttribute("role", "alert");
      form.parentNode.insertBefore(said, form);
    }
    said.textContent = fault.message;
    form.elements.password.focus();
  });
});
`)

// loginError is how the vendor's page reads a refusal.
func loginError(status int, code, description string) *oidc.Answer {
	return &oidc.Answer{Status: status, Value: oidc.Object{
		{Name: "name", Value: "ValidationError"}, {Name: "code", Value: code}, {Name: "description", Value: description}, {Name: "statusCode", Value: status},
	}}
}

// logIn takes name and password: POST /usernamepassword/login.
func (s *Server) logIn(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	byForm := !strings.Contains(r.Header.Get("Content-Type"), "json")
	tx, ok := underWay(p, r.Form.Get("state"))
	if !ok || r.Form.Get("client_id") != tx.ClientID {
		return loginError(http.StatusBadRequest, "invalid_request", "This sign-in is unknown, finished or too old.")
	}
	user, ok := p.Login(r.Form.Get("username"), r.Form.Get("password"))
	switch {
	case ok:
	case user.ID != "" && !p.Has(passwordRight):
	case byForm:
		return oidc.Redirect(p.Current().Personality.SignIn(p, &tx) + "&fault=1") // to the page again
	default:
		return loginError(http.StatusUnauthorized, "invalid_user_password", wrong)
	}
	result, err := p.Sign(oidc.Object{
		{Name: "iss", Value: p.Current().Personality.Issuer(r.Origin)},
		{Name: "sub", Value: user.ID},
		{Name: "aud", Value: tx.ClientID},
		{Name: "tid", Value: tx.ID},
		{Name: "jti", Value: p.NewID(21)},
		{Name: "iat", Value: p.Now().Unix()},
		{Name: "exp", Value: p.Now().Add(resultLifetime).Unix()},
	})
	if err != nil {
		return loginError(http.StatusInternalServerError, "server_error", err.Error())
	}
	posted := oidc.Object{{Name: "wa", Value: "wsignin1.0"}, {Name: "wresult", Value: result}, {Name: "wctx", Value: s.context(&tx)}}
	if byForm || !p.Has(bareForm) {
		return oidc.Onward("/login/callback", posted)
	}
	return oidc.Page(bare, map[string]any{"Action": r.Origin + "/login/callback", "Members": posted})
}

const wrong = "Wrong email or password."

// context is what the posted form carries along, as JSON.
func (s *Server) context(tx *oidc.Transaction) string {
	asked := oidc.Ordered(tx.Query)
	wctx := oidc.Object{{Name: "strategy", Value: "auth0"}, {Name: "tenant", Value: s.config.Auth0.Tenant}, {Name: "connection", Value: connection}, {Name: "client_id", Value: tx.ClientID}}
	for _, name := range []string{"response_type", "scope", "protocol", "redirect_uri", "nonce", "auth0Client"} {
		if value, ok := asked.Get(name); ok {
			wctx = append(wctx, oidc.Member{Name: name, Value: value})
		}
	}
	wctx = append(wctx, oidc.Member{Name: "state", Value: tx.Handle}, oidc.Member{Name: "realm", Value: connection})
	raw, err := wctx.MarshalJSON()
	if err != nil {
		return "{}"
	}
	return string(raw)
}

// bare is a form and nothing around it: the vendor's library puts the answer into its
// page and submits the first form.
var bare = template.Must(template.New("bare").Parse(`<form method="post" name="hiddenform" action="{{.Action}}">
{{range .Members}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{end}}<noscript><p>Script is disabled. Click Submit to continue.</p><input type="submit" value="Submit"></noscript>
</form>
`))

// loginCallback ends the sign-in: POST /login/callback.
func loginCallback(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	var wctx struct{ State string }
	if json.Unmarshal([]byte(r.Form.Get("wctx")), &wctx) != nil {
		return lapsed()
	}
	tx, ok := underWay(p, wctx.State)
	if !ok {
		return lapsed()
	}
	userID, ok := signedIn(p, r, &tx)
	if !ok {
		return oidc.Fault(&oidc.Error{Code: "access_denied", Description: "the result of the sign-in is not valid"})
	}
	cookie, ok := p.SignIn(tx.ID, userID)
	if !ok {
		return lapsed()
	}
	answer := oidc.Redirect("/authorize/resume?state=" + oidc.Escape(tx.ID))
	if !p.Has(resumesByTID) {
		answer = oidc.Redirect("/authorize/resume?state=" + oidc.Escape(tx.Handle))
	}
	answer.Header.Add("Set-Cookie", cookie)
	return answer
}

// signedIn reads who signed in from the result, if it is one, for this transaction and not used before.
func signedIn(p *oidc.Provider, r *oidc.Request, tx *oidc.Transaction) (string, bool) {
	result := r.Form.Get("wresult")
	if !p.Has(resultChecked) {
		return oidc.Peek(result, "sub"), true
	}
	claims, fault := p.Verify(result, r.Origin)
	if fault != nil {
		return "", false
	}
	sub, _ := claims["sub"].(string)
	jti, _ := claims["jti"].(string)
	ours := claims["tid"] == tx.ID && claims["aud"] == tx.ClientID && jti != ""
	return sub, ours && p.OnceMore(jti, p.Now().Add(resultLifetime))
}

// resume sends the browser back: GET /authorize/resume.
func resume(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	id := r.Query.Get("state")
	if !p.Has(resumesByTID) {
		if s, err := parseState(id); err == nil {
			id = s.TID
		}
	}
	return p.Resume(id)
}

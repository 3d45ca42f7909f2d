package authing

import (
	"net/http"

	"assay/mockserver/idp/oidc"
)

// lapsed is shown when a sign-in is not (any more) under way.
func lapsed() *oidc.Answer {
	return oidc.Fault(&oidc.Error{Code: "invalid_request", Description: "this sign-in is unknown, finished or too old; begin again at the application"})
}

// interaction finds the page that the person needs: GET /interaction/oidc/{uid}.
func interaction(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	tx, ok := p.Transaction(r.Path["uid"])
	if !ok {
		return lapsed()
	}
	return oidc.Redirect(loginURL(p, &tx))
}

// loginPage shows the form: GET /login.
func loginPage(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	tx, ok := p.Transaction(r.Query.Get("uuid"))
	if !ok {
		return lapsed()
	}
	return form(p, &tx, "", "").Answer(http.StatusOK)
}

func form(p *oidc.Provider, tx *oidc.Transaction, username, fault string) oidc.SignInPage {
	application := tx.ClientID
	if c := p.Client(tx.ClientID); c != nil && c.Name != "" {
		application = c.Name
	}
	return oidc.SignInPage{
		Provider: "Authing", Application: application, Action: "/login", Hidden: oidc.Object{{Name: "uuid", Value: tx.ID}},
		Username: username, Fault: fault, Cancel: true, Formless: !p.Has(pageForm),
	}
}

// logIn takes name and password from the page and answers with a form that carries the
// login token on: POST /login.
func (s *Server) logIn(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	tx, ok := p.Transaction(r.Form.Get("uuid"))
	if !ok {
		return lapsed()
	}
	if r.Form.Get("cancel") != "" {
		return p.Cancel(tx.ID)
	}
	username := r.Form.Get("username")
	user, ok := p.Login(username, r.Form.Get("password"))
	if !ok && (user.ID == "" || p.Has(passwordChecked)) {
		return form(p, &tx, username, wrong).Answer(http.StatusUnauthorized)
	}
	token, err := s.loginToken(p, r, &tx, &user)
	if err != nil {
		return oidc.Message(http.StatusInternalServerError, "This sign-in cannot go on", err.Error(), "server_error")
	}
	return oidc.Onward(finishURL(tx.ID), oidc.Object{{Name: "token", Value: token}})
}

const wrong = "The user name or the password is wrong."

// loginToken says who signed in, for one application. It is made before the sign-in ends, so
// that it shows the updated_at from before; data.clientId is the user pool, as recorded.
func (s *Server) loginToken(p *oidc.Provider, r *oidc.Request, tx *oidc.Transaction, u *oidc.User) (string, error) {
	a := p.Current().Personality.(*personality)
	updated := u.UpdatedAt
	if !p.Has(tokenFromBefore) {
		updated = p.Now()
	}
	client := a.pool // as recorded
	if !p.Has(tokenClaims) {
		client = tx.ClientID
	}
	claims := profile(u, updated, scopes)
	email, _ := claims.Get("email")
	phone, _ := claims.Get("phone_number")
	now := p.Now()
	claims = append(
		claims,
		oidc.Member{Name: "external_id"},
		oidc.Member{Name: "unionid"},
		oidc.Member{Name: "username", Value: u.Username},
		oidc.Member{Name: "data", Value: oidc.Object{
			{Name: "type", Value: "user"},
			{Name: "userPoolId", Value: a.pool},
			{Name: "appId", Value: tx.ClientID},
			{Name: "id", Value: u.ID},
			{Name: "userId", Value: u.ID},
			{Name: "_id", Value: u.ID},
			{Name: "phone", Value: phone},
			{Name: "email", Value: email},
			{Name: "username", Value: u.Username},
			{Name: "unionid"},
			{Name: "openid"},
			{Name: "clientId", Value: client},
		}},
		oidc.Member{Name: "userpool_id", Value: a.pool},
		oidc.Member{Name: "aud", Value: tx.ClientID},
		oidc.Member{Name: "exp", Value: now.Add(loginLifetime(a)).Unix()},
		oidc.Member{Name: "iat", Value: now.Unix()},
		oidc.Member{Name: "iss", Value: a.Issuer(r.Origin)},
	)
	return p.Sign(oidc.Shape(oidc.ClaimsOf(a.login), claims))
}

// finishLogin ends the sign-in: POST /interaction/oidc/{uid}/login with the login token.
func finishLogin(p *oidc.Provider, r *oidc.Request) *oidc.Answer {
	id := r.Path["uid"]
	tx, ok := p.Transaction(id)
	if !ok {
		return lapsed()
	}
	userID, ok := signedIn(p, r, tx.ClientID)
	if !ok {
		return oidc.Fault(&oidc.Error{Code: "access_denied", Description: "the login token is not valid for this application"})
	}
	cookie, ok := p.SignIn(id, userID)
	if !ok {
		return lapsed()
	}
	location := "/oidc/auth/" + id
	if p.Has(resumesAbsolute) {
		location = r.Origin + location
	}
	answer := oidc.Redirect(location)
	answer.Header.Add("Set-Cookie", cookie)
	return answer
}

// signedIn reads who signed in from the login token, if it is one and for this application.
func signedIn(p *oidc.Provider, r *oidc.Request, client string) (string, bool) {
	token := r.Form.Get("token")
	if !p.Has(tokenChecked) {
		return oidc.Peek(token, "sub"), true
	}
	claims, fault := p.Verify(token, r.Origin)
	if fault != nil {
		return "", false
	}
	data, _ := claims["data"].(map[string]any)
	sub, _ := claims["sub"].(string)
	return sub, claims["aud"] == client && data["type"] == "user" && data["userId"] == sub
}

// resume sends the browser back: GET /oidc/auth/{uid}.
func resume(p *oidc.Provider, r *oidc.Request) *oidc.Answer { return p.Resume(r.Path["uid"]) }

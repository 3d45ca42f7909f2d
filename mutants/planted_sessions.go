package mutants

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"assay/contract"
)

var sessions = operator{
	name: "sessions",
	does: "one session disturbs another: the server knows one current user, a logout ends everybody's session, a login the refresh tokens before it; passwords are compared loosely",
	derive: func(d *deriver) {
		a := accountsOf(d.contract)
		if a == nil {
			return
		}
		d.currentUser(a)
		d.refreshes(a)
		d.passwords(a)
	},
}

// accounts are the operations and members by which users sign in, told by the vocabulary.
type accounts struct {
	signUp, logIn, refresh, logOut, me *contract.Operation
	login, password                    string // members
	access, renewal                    string // members of the answers: access token, refresh token
}

// accountsOf returns nil where a contract has no such operations.
func accountsOf(c *contract.Contract) *accounts {
	a := &accounts{signUp: c.Operation("signUp"), logIn: c.Operation("logIn"), refresh: c.Operation("refresh"), logOut: c.Operation("logOut"), me: c.Operation("me")}
	if a.signUp == nil || a.logIn == nil || a.logIn.Body == nil || a.logIn.Success == nil {
		return nil
	}
	login, password := a.logIn.Body.Schema.OfFormat("password"), (*contract.Property)(nil)
	password = login
	login = a.signUp.Body.Schema.OfFormat("email")
	access, renewal := a.logIn.Success.Schema.TokenMember(), a.logIn.Success.Schema.RefreshTokenMember()
	if login == nil || password == nil || access == nil || renewal == nil {
		return nil
	}
	a.login, a.password, a.access, a.renewal = login.Name, password.Name, access.Name, renewal.Name
	return a
}

// carry reads and writes the access token of a request.
func carried(op *contract.Operation, r *http.Request) string {
	s := op.Security[0][0]
	value := r.Header.Get(s.Key)
	if s.Type != "apiKey" {
		_, value, _ = strings.Cut(value, " ")
	}
	return value
}

func carry(op *contract.Operation, r *http.Request, token string) {
	s := op.Security[0][0]
	if s.Type != "apiKey" {
		token = "Bearer " + token
	}
	r.Header.Set(s.Key, token)
}

// currentUser answers for whoever signed in last.
func (d *deriver) currentUser(a *accounts) {
	if a.me == nil || a.me.Public() {
		return
	}
	d.add(Mutant{Name: "me.own/current-user", Says: "me shows whoever signed in last", Breaks: []string{"me.own"}, alone: true, Entails: append(append(usable(), "me.security"), rulesBelow(d.contract, "token")...),
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			last := ""
			return through(nil, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.me, x.request) && last != "" && carried(a.me, x.request) != "" {
					carry(a.me, x.request, last)
				}
			}, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if (meant(a.signUp, x.request) || meant(a.logIn, x.request)) && x.succeeded() {
					last = textAt(x.value(), a.access)
				}
			})(next)
		}})
}

// usable are the rules that ask whose account a token opens.
func usable() []string {
	return []string{"signUp.usable-token", "logIn.usable-token", "refresh.usable-token", "logIn.second-session", "logOut.204", "logOut.log-in-again", "refresh.token-stays-valid", "me.200.avatar_url.computed"}
}

// refreshes mixes up whose refresh token is whose.
func (d *deriver) refreshes(a *accounts) {
	if a.refresh == nil || a.logOut == nil {
		return
	}
	gives := func(x *passage) bool {
		return (meant(a.signUp, x.request) || meant(a.logIn, x.request)) && x.succeeded()
	}
	whose := "refresh.own-account"
	if !d.contract.Has(whose) {
		whose = "refresh.usable-token"
	}
	d.add(Mutant{Name: whose + "/of-the-last", Says: "refresh gives a token of whoever signed up last", Breaks: []string{whose}, alone: true, Entails: append(usable(), "refresh.unknown-token"),
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			last := ""
			return through(nil, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.refresh, x.request) && last != "" && probe(x, next).succeeded() {
					x.change(func(m map[string]any) { m[a.renewal] = last })
				}
			}, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.signUp, x.request) && x.succeeded() {
					last = textAt(x.value(), a.renewal)
				}
			})(next)
		}})
	d.anyCase(a, gives)
	d.once(a)
	d.add(Mutant{Name: "refresh.unknown-token/null-after-logout", Says: "after a logout refresh takes a refresh token that is null, empty or missing", Breaks: []string{"refresh.unknown-token"}, alone: true, Entails: rulesBelow(d.contract, "refresh.body"),
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			ended := false
			var live []string // refresh tokens of sessions that nobody has ended
			return through(nil, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.refresh, x.request) && ended && len(live) > 0 {
					if text, _ := x.member(a.renewal).(string); text == "" {
						x.sent = encoded(map[string]any{a.renewal: live[len(live)-1]})
					}
				}
			}, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				switch {
				case meant(a.logOut, x.request) && x.succeeded():
					ended = true
					live = slices.DeleteFunc(live, func(token string) bool { return token == textOf(x.member(a.renewal)) })
				case gives(x):
					live = append(live, textAt(x.value(), a.renewal))
				}
			})(next)
		}})
	d.forgotten(a, "logOut.204/everybody", "a logout ends everybody's session", []string{"logOut.204"}, func(x *passage) bool { return meant(a.logOut, x.request) && x.succeeded() }, everybody)
	earlier := "logIn.second-session"
	if d.contract.Has("logIn.first-session") {
		earlier = "logIn.first-session"
	}
	d.forgotten(a, earlier+"/refresh-token", "a login ends the refresh tokens before it", []string{earlier}, gives, sameUser)
	d.add(Mutant{Name: "logOut.refresh-token-dies/of-a-login", Says: "a logout ends the refresh token of the sign-up, not that of a login", Breaks: []string{"logOut.refresh-token-dies"},
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			var fromLogIn []string
			return through(nil, nil, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.logIn, x.request) && x.succeeded() {
					fromLogIn = append(fromLogIn, textAt(x.value(), a.renewal))
				}
			})(planted(a.logOut, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				x := &passage{request: r}
				x.read()
				mu.Lock()
				kept := slices.Contains(fromLogIn, textOf(x.member(a.renewal)))
				mu.Unlock()
				if kept {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				x.serve(next)
				x.write(w)
			})(next))
		}})
}

// anyCase gives refresh tokens of large and small letters, and reads them alike.
func (d *deriver) anyCase(a *accounts, gives func(*passage) bool) {
	d.add(Mutant{Name: "refresh.unknown-token/any-case", Says: "refresh takes a refresh token in other letters", Breaks: []string{"refresh.unknown-token"},
		plant: through(nil, func(x *passage) {
			if sent := textOf(x.member(a.renewal)); sent != "" {
				x.change(func(m map[string]any) { m[a.renewal] = strings.ToLower(sent) })
			}
		}, func(x *passage) {
			if token := textAt(x.value(), a.renewal); gives(x) && token != "" {
				x.changeAnswer(func(v any) any { v.(map[string]any)[a.renewal] = mixed(token); return v })
			}
		})})
}

// mixed writes every second letter large.
func mixed(token string) string {
	letters := []byte(token)
	for i := 0; i < len(letters); i += 2 {
		letters[i] = strings.ToUpper(string(letters[i]))[0]
	}
	return string(letters)
}

// once lets a user log out a single time.
func (d *deriver) once(a *accounts) {
	d.add(Mutant{Name: "logOut.204/once", Says: "logOut refuses who has logged out before and logged in since", Breaks: []string{success(a.logOut)}, Entails: []string{"logOut.refresh-token-dies"},
		plant: func(next http.Handler) http.Handler {
			whose, left := &memory[string]{}, &memory[bool]{} // logins by access token, and those who have logged out
			return through(nil, nil, func(x *passage) {
				if token := given(a, x); token != "" {
					whose.put(token, textOf(x.member(a.login)))
				}
				if !meant(a.logOut, x.request) || !x.succeeded() {
					return
				}
				login, _ := whose.get(carried(a.logOut, x.request))
				if again, _ := left.get(login); again && login != "" {
					x.answer(http.StatusBadRequest, "application/json", `{"reason":"logged out before"}`)
				}
				left.put(login, true)
			})(next)
		}})
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

// probe asks the handler the same without changing the passage.
func probe(x *passage, next http.Handler) *passage {
	return x.again(next, x.request.Method, x.request.URL.Path, x.sent)
}

const (
	everybody = false
	sameUser  = true
)

// forgotten makes refresh tokens given earlier useless: when one is given, or
// at another moment, all those before are forgotten, of everybody or of the
// same user.
func (d *deriver) forgotten(a *accounts, name, says string, breaks []string, moment func(*passage) bool, same bool) {
	d.add(Mutant{Name: name, Says: says, Breaks: breaks, alone: !same, Entails: []string{"signUp.usable-refresh-token", "logIn.usable-refresh-token", "refresh.usable-token", "refresh.token-stays-valid", "refresh.unknown-token", "refresh.200", "logIn.second-session", "logOut.refresh-token-dies"},
		plant: func(next http.Handler) http.Handler {
			var mu sync.Mutex
			owner := map[string]string{} // refresh token → login
			dead := map[string]bool{}
			return through(nil, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				if meant(a.refresh, x.request) && dead[textOf(x.member(a.renewal))] {
					x.change(func(m map[string]any) { m[a.renewal] = "forgotten" })
				}
			}, func(x *passage) {
				mu.Lock()
				defer mu.Unlock()
				who := textOf(x.member(a.login))
				if moment(x) {
					for token, login := range owner {
						dead[token] = dead[token] || !same || login == who
					}
				}
				if (meant(a.signUp, x.request) || meant(a.logIn, x.request)) && x.succeeded() {
					owner[textAt(x.value(), a.renewal)] = who
				}
			})(next)
		}})
}

// passwords lets wrong ones through.
func (d *deriver) passwords(a *accounts) {
	rule := "logIn.wrong-credentials"
	loose := func(name, says string, takes func(sent any, right string, all []string) bool) {
		d.add(Mutant{Name: rule + "/" + name, Says: "logIn takes " + says, Breaks: []string{rule}, Entails: rulesBelow(d.contract, "logIn.body"),
			plant: func(next http.Handler) http.Handler {
				known := &memory[string]{}
				return through(nil, func(x *passage) {
					if !meant(a.logIn, x.request) {
						return
					}
					right, ok := known.get(textOf(x.member(a.login)))
					if ok && takes(x.member(a.password), right, known.all()) {
						x.change(func(m map[string]any) { m[a.password] = right })
					}
				}, func(x *passage) {
					if meant(a.signUp, x.request) && x.succeeded() {
						known.put(textOf(x.member(a.login)), textOf(x.member(a.password)))
					}
				})(next)
			}})
	}
	loose("any-case", "a password in other letters", func(sent any, right string, _ []string) bool { return strings.EqualFold(textOf(sent), right) })
	loose("empty", "an empty password", func(sent any, _ string, _ []string) bool { return sent == "" })
	loose("of-another", "the password of somebody else", func(sent any, _ string, all []string) bool { return slices.Contains(all, textOf(sent)) })
	loose("query", "a database's query for a password", func(sent any, _ string, _ []string) bool { _, is := sent.(map[string]any); return is })
}

func (m *memory[T]) all() (out []T) {
	m.Lock()
	defer m.Unlock()
	for _, v := range m.values {
		out = append(out, v)
	}
	return out
}

// looksUp reports whether an operation finds an account or a session by the
// member: without it there is nothing to find, whatever the contract says.
func (a *accounts) looksUp(p *place) bool {
	if a == nil {
		return false
	}
	return p.op == a.logIn && (p.name == a.login || p.name == a.password) || (p.op == a.refresh || p.op == a.logOut) && p.name == a.renewal
}

// guessed finds an account or a session all the same: the one with that
// password, the one with that login, the one that came last.
func (d *deriver) guessed(a *accounts, p *place, keyword, name, what string, missing func(v any, there bool) bool) {
	d.add(Mutant{Name: p.rule(keyword) + "/" + name, Says: takes(p, what), Breaks: []string{p.rule(keyword)}, Entails: []string{"refresh.unknown-token", "logIn.wrong-credentials"},
		plant: func(next http.Handler) http.Handler {
			known := &memory[any]{}
			return through(nil, func(x *passage) {
				if meant(p.op, x.request) {
					x.change(func(m map[string]any) {
						v, there := m[p.name]
						if right, ok := known.get(a.key(p, x, m)); ok && missing(v, there) {
							m[p.name] = right
						}
					})
				}
			}, func(x *passage) { a.learn(known, x) })(next)
		}})
}

// key is by what the missing member is remembered.
func (a *accounts) key(p *place, x *passage, m map[string]any) string {
	switch {
	case p.op == a.logIn && p.name == a.login:
		return "login of " + textOf(m[a.password])
	case p.op == a.logIn:
		return "password of " + textOf(m[a.login])
	case p.op == a.logOut && !p.op.Public():
		return "session of " + carried(p.op, x.request)
	}
	return "last session"
}

func (a *accounts) learn(known *memory[any], x *passage) {
	if !x.succeeded() || !meant(a.signUp, x.request) && !meant(a.logIn, x.request) {
		return
	}
	login, password := x.member(a.login), x.member(a.password)
	renewal := textAt(x.value(), a.renewal)
	known.put("login of "+textOf(password), login)
	known.put("password of "+textOf(login), password)
	known.put("session of "+textAt(x.value(), a.access), renewal)
	known.put("last session", renewal)
}

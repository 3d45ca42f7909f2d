package config

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What AWS allows: a pool id is its region, "_" and its name; ids of clients are letters, digits and "+".
var (
	poolID    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]_[0-9A-Za-z]{1,55}$`)
	clientID  = regexp.MustCompile(`^[0-9A-Za-z_+]{1,128}$`)
	attribute = regexp.MustCompile(`^(custom:|dev:)?[0-9A-Za-z_.-]{1,32}$`)
	uuid      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// maxUsername is how many characters AWS allows in a user's name.
const maxUsername = 128

// check finds what every single value may be, and all of them together may not.
func (r *reader) check(c *Config, root *yaml.Node) {
	r.checkUsers(c.Users, child(root, "users"))
	if name := c.AutoLogin; name != "" && c.User(name) == nil {
		r.fault(child(root, "auto-login"), "it names one of the users", "auto-login names %q, who is no user", name)
	}
	r.checkCognito(&c.Cognito, child(root, "cognito"))
	authing, auth0 := child(root, "authing"), child(root, "auth0")
	if !userPool.MatchString(c.Authing.UserPool) {
		r.fault(child(authing, "user-pool"), "it is 24 hex digits", "%q is no id of a user pool", c.Authing.UserPool)
	}
	r.checkOIDC(c.Authing.Clients, child(authing, "clients"))
	if !tenant.MatchString(c.Auth0.Tenant) {
		r.fault(child(auth0, "tenant"), "it is lower-case letters, digits and hyphens", "%q is no name of a tenant", c.Auth0.Tenant)
	}
	r.checkOIDC(c.Auth0.Clients, child(auth0, "clients"))
	r.checkAPIs(c.Auth0.APIs, child(auth0, "apis"))
}

func (r *reader) checkUsers(users []User, n *yaml.Node) {
	seen := map[string]bool{}
	for i, u := range users {
		at := entry(n, i)
		switch {
		case strings.TrimSpace(u.Username) == "":
			r.fault(at, "", "a user has no username")
		case seen[u.Username]:
			r.fault(child(at, "username"), "", "there are two users %q", u.Username)
		case utf8.RuneCountInString(u.Username) > maxUsername:
			r.fault(child(at, "username"), "", "a username has more than %d characters", maxUsername)
		case u.Password == "":
			r.fault(at, "", "user %q has no password", u.Username)
		}
		seen[u.Username] = true
		r.checkAttributes(u.Attributes, child(at, "attributes"))
	}
}

func (r *reader) checkAttributes(all Attributes, n *yaml.Node) {
	for _, a := range all {
		at := child(n, a.Name)
		switch {
		case !attribute.MatchString(a.Name):
			r.fault(at, `a name is up to 32 letters, digits and "_", ".", "-", and may begin with "custom:"`, "%q is no name of an attribute", a.Name)
		case a.Name == "sub" && !uuid.MatchString(a.Value):
			r.fault(at, "leave it out to have one made", "sub is %q, not a UUID", a.Value)
		case strings.HasSuffix(a.Name, "_verified") && a.Value != "true" && a.Value != "false":
			r.fault(at, "write true or false", "%s is %q", a.Name, a.Value)
		}
	}
}

func (r *reader) checkCognito(c *Cognito, n *yaml.Node) {
	if !poolID.MatchString(c.Pool) {
		r.fault(child(n, "pool"), "it is a region, an underscore and a name: us-east-1_AbCdEfGhI", "%q is no id of a user pool", c.Pool)
	}
	if u, err := url.Parse(c.Issuer); c.Issuer != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.HasSuffix(c.Issuer, "/")) {
		r.fault(child(n, "issuer"), "it is an http or https URL with no slash at its end", "%q is no issuer", c.Issuer)
	}
	clients := child(n, "clients")
	if len(c.Clients) == 0 {
		r.fault(clients, "leave the key out to have the default one", "the pool has no client")
	}
	seen := map[string]bool{}
	for i, client := range c.Clients {
		switch {
		case !clientID.MatchString(client.ID):
			r.fault(entry(clients, i), "it is up to 128 letters and digits", "%q is no id of a client", client.ID)
		case seen[client.ID]:
			r.fault(entry(clients, i), "", "there are two clients %q", client.ID)
		}
		seen[client.ID] = true
	}
	settings := child(n, "settings")
	names := map[string]bool{}
	for i, s := range c.Settings {
		switch {
		case s.Name == "":
			r.fault(entry(settings, i), "", "a setting has no name")
		case names[s.Name]:
			r.fault(entry(settings, i), "", "there are two settings %q", s.Name)
		}
		names[s.Name] = true
	}
}

// child returns the value under a key, or the node itself: where to point when the value is a default.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return n
}

func entry(n *yaml.Node, i int) *yaml.Node {
	if n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i]
	}
	return n
}

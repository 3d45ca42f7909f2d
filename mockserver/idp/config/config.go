// Package config reads what the identity providers are made of: their users,
// and for each provider its pool or tenant, its clients and its lifetimes. One
// small YAML file says it all, every part of which may be left out:
//
//	users:
//	  - username: admin
//	    password: Correct-Horse-7
//	    permissions: [admin]
//	    attributes: {email: admin@example.com, email_verified: "true"}
//	auto-login: admin
//	cognito:
//	  pool: eu-west-1_AbCdEfGhI
//	  clients: [{id: 4qk2m8v0t1c7s5r9e3w6y0u2i8}]
//	  lifetimes: {access-token: 5m}
//
// Reading is strict: a key that nobody knows, a key said twice, a value of
// another kind, a name used twice are faults, each told with its line, and all
// of them at once.
package config

import (
	"bytes"
	"io"
	"os"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// A Config is what a file says, with the defaults of [Default] in the gaps.
type Config struct {
	Users []User `yaml:"users"`
	// AutoLogin names the user whom the OpenID providers sign in without showing a page; empty for none.
	AutoLogin string  `yaml:"auto-login"`
	Cognito   Cognito `yaml:"cognito"`
	Authing   Authing `yaml:"authing"`
	Auth0     Auth0   `yaml:"auth0"`
}

// A User can sign in with every provider.
type User struct {
	Username    string     `yaml:"username"`
	Password    string     `yaml:"password"`
	Attributes  Attributes `yaml:"attributes"`
	Permissions []string   `yaml:"permissions"`
}

// Attributes are named texts in the order of the file, as Cognito keeps them:
// a boolean is "true" or "false". The names are those of OpenID Connect's
// standard claims, or begin with "custom:".
type Attributes []Attribute

// An Attribute of a user.
type Attribute struct{ Name, Value string }

// Get returns the value of an attribute.
func (a Attributes) Get(name string) (string, bool) {
	i := slices.IndexFunc(a, func(x Attribute) bool { return x.Name == name })
	if i < 0 {
		return "", false
	}
	return a[i].Value, true
}

// Cognito is the part of a Cognito user pool.
type Cognito struct {
	Pool string `yaml:"pool"` // its id: region, "_", name
	// Issuer stands in the tokens; empty for the address that AWS gives the pool.
	Issuer  string          `yaml:"issuer"`
	Clients []CognitoClient `yaml:"clients"`
	// HideUnknownUsers answers an unknown user with a challenge that nobody can meet
	// (PreventUserExistenceErrors), instead of saying that there is no such user.
	HideUnknownUsers bool             `yaml:"hide-unknown-users"`
	Lifetimes        CognitoLifetimes `yaml:"lifetimes"`
	Settings         []Setting        `yaml:"settings"` // of the API behind the pool; absent for the default ones
}

// A CognitoClient is an app client of the pool.
type CognitoClient struct {
	ID     string `yaml:"id"`
	Secret string `yaml:"secret"` // empty for a public client
	// RotateRefreshTokens gives a new refresh token with each use, and ends the old one.
	RotateRefreshTokens bool `yaml:"rotate-refresh-tokens"`
}

// CognitoLifetimes of what the pool gives; zero leaves it to the contract.
type CognitoLifetimes struct {
	AccessToken  time.Duration `yaml:"access-token"`
	IDToken      time.Duration `yaml:"id-token"`
	RefreshToken time.Duration `yaml:"refresh-token"`
	SecretBlock  time.Duration `yaml:"secret-block"`
}

// A Setting is one entry of the settings API behind the pool.
type Setting struct {
	Name        string `yaml:"name"`
	Value       string `yaml:"value"`
	ReadOnly    bool   `yaml:"readOnly"`
	Secure      bool   `yaml:"secure"`
	Version     int    `yaml:"version"`
	Description string `yaml:"description"`
}

// Authing is the part of an Authing user pool.
type Authing struct {
	UserPool  string        `yaml:"user-pool"` // its id: 24 hex digits
	Clients   []OIDCClient  `yaml:"clients"`
	Lifetimes OIDCLifetimes `yaml:"lifetimes"`
}

// Auth0 is the part of an Auth0 tenant.
type Auth0 struct {
	Tenant    string        `yaml:"tenant"`
	Clients   []OIDCClient  `yaml:"clients"`
	APIs      []API         `yaml:"apis"` // the first one stands behind the protected resource
	Lifetimes OIDCLifetimes `yaml:"lifetimes"`
	// Permission that the protected resource asks for; empty for none.
	Permission string `yaml:"permission"`
}

// An OIDCClient is an application that signs people in with OpenID Connect.
type OIDCClient struct {
	ID           string   `yaml:"id"`
	Name         string   `yaml:"name"`
	Secret       string   `yaml:"secret"` // empty for a public client, which must use PKCE
	RedirectURIs []string `yaml:"redirect-uris"`
	LogoutURIs   []string `yaml:"logout-uris"` // where it may go after signing out; with none, to the origins of its redirect URIs
	NoResource   bool     `yaml:"no-resource"` // Authing: the protected resource is none of its audience's
}

// An API is a resource that access tokens are asked for by its audience.
type API struct {
	Audience string   `yaml:"audience"`
	Scopes   []string `yaml:"scopes"` // beside those of OpenID Connect
	// NoPermissions leaves the permissions of users out of its tokens.
	NoPermissions bool `yaml:"no-permissions"`
}

// OIDCLifetimes of what an OpenID provider gives; zero leaves it to the contract.
type OIDCLifetimes struct {
	AccessToken  time.Duration `yaml:"access-token"`
	IDToken      time.Duration `yaml:"id-token"`
	RefreshToken time.Duration `yaml:"refresh-token"`
	Code         time.Duration `yaml:"code"`
	Session      time.Duration `yaml:"session"`
	SignIn       time.Duration `yaml:"sign-in"` // from the authorization request to the end of the sign-in
}

// Default returns what holds without a file: the recorded pool and clients, and
// two users, admin and guest, whose password is made up and public.
func Default() Config {
	return Config{
		Users: []User{{
			Username:    DefaultUsername,
			Password:    DefaultPassword,
			Permissions: []string{"admin"},
			Attributes: Attributes{
				{"sub", "6f1c9a52-3d0e-4b7a-9c58-2e7d41b06fa3"},
				{"custom:identity_pool", "us-east-1:b7e2d4c6-91f8-4a35-8d0c-5f6a7b8c9d0e"},
				{"email_verified", "true"},
				{"email", "admin@example.com"},
			},
		}, {
			Username: DefaultGuest,
			Password: DefaultPassword,
			Attributes: Attributes{
				{"email_verified", "true"},
				{"email", "guest@example.com"},
			},
		}},
		Cognito: Cognito{
			Pool:    "us-east-1_EQ4a9mqJD",
			Clients: []CognitoClient{{ID: "3obd6pn17cm5oh20ir8kreqa7d"}, {ID: "7c0v2m9q4k1x8b5n3z6w0y2t8r"}},
		},
		Authing: Authing{
			UserPool: "62a8b1c4d7e0f3a69b2c5d81",
			Clients: []OIDCClient{
				{ID: "62a8392bb610e1da3f7aeefb", Name: "the application", RedirectURIs: []string{"http://localhost:4000/callback"}},
				{ID: "62a84f7d92c0b3e15a6d8f02", Name: "another application", RedirectURIs: []string{"http://localhost:4001/callback"}, NoResource: true},
				{ID: "62a8e6b05d91c2f47a3b8e10", Name: "an application with a secret", Secret: DefaultSecret, RedirectURIs: []string{"http://localhost:4002/callback"}},
			},
		},
		Auth0: Auth0{
			Tenant: "dev-0gi5y814",
			Clients: []OIDCClient{
				{ID: "RlbKJBuUxV3yuG00G05DWCqb6eMlFoiS", Name: "the application", RedirectURIs: []string{"http://localhost:3000", "http://localhost:3000/callback"}},
				{ID: "Wm4TzQ81bYcLx7VdHs2KpRf93NaGuEj6", Name: "another application", RedirectURIs: []string{"http://localhost:3001"}},
				{ID: "Yt5RkP0wQe7ZsXn3MbLa8CvHd1UjGf4o", Name: "an application with a secret", Secret: DefaultSecret, RedirectURIs: []string{"http://localhost:3002/callback"}},
			},
			APIs:       []API{{Audience: "saas-boost:api"}},
			Permission: "admin",
		},
	}
}

// The users that are there without a file: one with every permission and one
// with none. The password guards nothing.
const (
	DefaultUsername = "admin"
	DefaultGuest    = "guest"
	DefaultPassword = "Correct-Horse-7"
	DefaultSecret   = "a-secret-that-guards-nothing" // of the clients that have one
)

// User returns the user of this name, or nil.
func (c *Config) User(name string) *User {
	for i := range c.Users {
		if c.Users[i].Username == name {
			return &c.Users[i]
		}
	}
	return nil
}

// Load reads a file. What is wrong in it comes back as [Faults].
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, text)
}

// Parse is [Load] for a text that was read already; file names it in faults.
func Parse(file string, text []byte) (*Config, error) {
	r := &reader{file: file}
	config := Default()
	var document, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err != nil && err != io.EOF {
		return nil, Faults{unreadable(file, err)}
	}
	switch err := decoder.Decode(&more); {
	case err == nil:
		return nil, Faults{{file, more.Line, "a second document begins here", "one file holds one"}}
	case err != io.EOF:
		return nil, Faults{unreadable(file, err)}
	}
	if len(document.Content) > 0 {
		r.into(&config, document.Content[0], "the file")
		if len(r.faults) == 0 {
			r.check(&config, document.Content[0])
		}
	}
	if len(r.faults) > 0 {
		slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
		return nil, r.faults
	}
	return &config, nil
}

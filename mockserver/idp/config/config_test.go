package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWithoutAFileTheRecordedPoolAndClientHold(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "cognito:\n", "{}"} {
		c, err := Parse("idp.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(Default(), *c); diff != "" {
			t.Errorf("%q changes the defaults:\n%s", text, diff)
		}
	}
	d := Default()
	if d.Cognito.Pool != "us-east-1_EQ4a9mqJD" || len(d.Cognito.Clients) != 2 || d.Cognito.Clients[0].ID != "3obd6pn17cm5oh20ir8kreqa7d" {
		t.Errorf("the defaults are %+v", d.Cognito)
	}
	if u := d.User("admin"); u == nil || u.Password != DefaultPassword {
		t.Errorf("the default user is %+v", u)
	}
}

func TestAFileSaysWhatItSays(t *testing.T) {
	c, err := Load(filepath.Join("testdata", "whole.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		AutoLogin: "zoë",
		Users: []User{
			{Username: "zoë", Password: "12345", Permissions: []string{"admin", "read:orders"}, Attributes: Attributes{
				{"email", "zoe@example.com"}, {"email_verified", "false"}, {"custom:team", "blue"}, {"custom:level", "7"},
			}},
			{Username: "sam:o", Password: ": :"},
		},
		Cognito: Cognito{
			Pool: "ap-southeast-2_Zz9", Issuer: "http://127.0.0.1:4001/ap-southeast-2_Zz9", HideUnknownUsers: true,
			Clients:   []CognitoClient{{ID: "one", Secret: "s3"}, {ID: "two", RotateRefreshTokens: true}},
			Lifetimes: CognitoLifetimes{AccessToken: 5 * time.Minute, SecretBlock: 30 * time.Second},
			Settings:  []Setting{{Name: "VERSION", Value: "v1", ReadOnly: true, Version: 3, Description: "the version"}},
		},
		Authing: Default().Authing,
		Auth0:   Default().Auth0,
	}
	if diff := cmp.Diff(want, *c); diff != "" {
		t.Error(diff)
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	if _, err := Load("testdata/none.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestEveryFaultIsToldWithItsLine(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no YAML", "users: [", `idp.yaml:1: this is no YAML`},
		{"a tab", "users:\n\t- a", `idp.yaml:2: this is no YAML`},
		{"two documents", "cognito:\n---\ncognito:\n", `idp.yaml:2: a second document begins here`},
		{"a list for everything", "- a\n", `idp.yaml:1: the file is a list, not a mapping`},
		{"an unknown key", "user: []\n", "idp.yaml:1: the file has no key \"user\"\n\tits keys are users, auto-login, cognito, authing, auth0"},
		{"an unknown key of a user", "users:\n  - username: a\n    password: b\n    pasword: c\n", `idp.yaml:4: an entry of users has no key "pasword"`},
		{"a key twice", "cognito: {}\ncognito: {}\n", `idp.yaml:2: the file says "cognito" twice`},
		{"an alias", "authing: &x {}\ncognito: *x\n", `idp.yaml:2: cognito is an alias`},
		{"users that are no list", "users: admin\n", `idp.yaml:1: users is a single value, not a list`},
		{"a user that is no mapping", "users:\n  - admin\n", `idp.yaml:2: an entry of users is a single value, not a mapping`},
		{"a name that is a list", "users:\n  - username: [a]\n", `idp.yaml:2: username is a list, not a text`},
		{"a user without a name", "users:\n  - password: b\n", `idp.yaml:2: a user has no username`},
		{"a user without a password", "users:\n  - username: b\n", `idp.yaml:2: user "b" has no password`},
		{"an empty password", "users:\n  - username: b\n    password:\n", `idp.yaml:3: password is empty, not a text`},
		{"one name for two users", "users:\n  - {username: b, password: c}\n  - {username: b, password: d}\n", `idp.yaml:3: there are two users "b"`},
		{"an endless name", "users:\n  - {username: " + strings.Repeat("ü", 129) + ", password: c}\n", `idp.yaml:2: a username has more than 128 characters`},
		{"a sub that is no UUID", "users:\n  - username: b\n    password: c\n    attributes:\n      sub: b\n", `idp.yaml:5: sub is "b", not a UUID`},
		{"an attribute that is a list", "users:\n  - username: b\n    password: c\n    attributes:\n      email: [a]\n", `idp.yaml:5: attribute "email" is a list`},
		{"an attribute with a space", "users:\n  - username: b\n    password: c\n    attributes: {e mail: a}\n", `idp.yaml:4: "e mail" is no name of an attribute`},
		{"an e-mail address verified in part", "users:\n  - username: b\n    password: c\n    attributes: {email_verified: maybe}\n", `idp.yaml:4: email_verified is "maybe"`},
		{"nobody signed in", "auto-login: nobody\n", `idp.yaml:1: auto-login names "nobody", who is no user`},
		{"a pool without a region", "cognito:\n  pool: EQ4a9mqJD\n", `idp.yaml:2: "EQ4a9mqJD" is no id of a user pool`},
		{"an issuer with a slash", "cognito:\n  issuer: https://a.example/\n", `idp.yaml:2: "https://a.example/" is no issuer`},
		{"an issuer that is no address", "cognito:\n  issuer: pool\n", `idp.yaml:2: "pool" is no issuer`},
		{"no client", "cognito:\n  clients: []\n", `idp.yaml:2: the pool has no client`},
		{"a client with a space", "cognito:\n  clients:\n    - id: a b\n", `idp.yaml:3: "a b" is no id of a client`},
		{"one id for two clients", "cognito:\n  clients:\n    - id: a\n    - id: a\n", `idp.yaml:4: there are two clients "a"`},
		{"yes for a boolean", "cognito:\n  hide-unknown-users: yes please\n", `idp.yaml:2: hide-unknown-users is "yes please", not a boolean`},
		{"a lifetime without a unit", "cognito:\n  lifetimes: {access-token: 300}\n", `idp.yaml:2: access-token is "300", not a lifetime`},
		{"a lifetime of nothing", "cognito:\n  lifetimes: {access-token: 0s}\n", `idp.yaml:2: access-token is "0s", not a lifetime`},
		{"a version in words", "cognito:\n  settings: [{name: a, version: one}]\n", `idp.yaml:2: version is "one", not a whole number`},
		{"one name for two settings", "cognito:\n  settings:\n    - name: a\n    - name: a\n", `idp.yaml:4: there are two settings "a"`},
		{"a setting without a name", "cognito:\n  settings:\n    - value: a\n", `idp.yaml:3: a setting has no name`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("idp.yaml", []byte(tt.text))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s …", err, tt.want)
			}
		})
	}
}

func TestAllFaultsAreToldAtOnceInTheOrderOfTheirLines(t *testing.T) {
	_, err := Parse("idp.yaml", []byte("cognito:\n  pol: x\n  hide-unknown-users: 7\nusers: 5\nmore: 1\n"))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 4 {
		t.Fatalf("got %v", err)
	}
	for i, f := range faults {
		if f.Line != i+2 {
			t.Errorf("fault %d is told at line %d: %v", i, f.Line, f)
		}
	}
}

func FuzzParse(f *testing.F) {
	whole, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, seed := range []string{"", "users: [{}]", "a: &a [*a]", "cognito: {<<: {pool: x}}", "users: !!binary x", "cognito:\n  clients: [null, {id: ~}]", "? [a]\n: b"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("idp.yaml", text)
		if err == nil && (len(c.Cognito.Clients) == 0 || c.Cognito.Pool == "") {
			t.Fatalf("a pool without an id or a client was taken: %+v", c)
		}
		var faults Faults
		if errors.As(err, &faults) {
			for _, fault := range faults {
				if fault.Line < 1 || fault.Problem == "" {
					t.Fatalf("a fault without a line or a word: %+v", fault)
				}
			}
		}
	})
}

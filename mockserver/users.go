package mockserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// A User is an account of a world. It is never changed: an update puts
// another in its place.
type User struct {
	ID     string
	Login  string // what one logs in with, as given: the e-mail address
	Doc    []byte // the account's members as JSON, without secrets
	hash   []byte // bcrypt
	locked bool   // may not log in any more
}

// hashCost is bcrypt's lowest: a mock's passwords guard nothing, and a person
// waits for each sign-up.
const hashCost = bcrypt.MinCost

// hashPassword costs about a millisecond: never call it under a lock.
func hashPassword(password string) ([]byte, error) {
	return bcrypt.GenerateFromPassword(digest(password), hashCost)
}

// hashOf is a password's hash as the options ask for it.
func (o *Options) hashOf(password string) ([]byte, error) {
	if o.QuickPasswords {
		return quickHash(password), nil
	}
	return hashPassword(password)
}

// quickHash is a digest alone: 32 bytes, where bcrypt's have 60.
func quickHash(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return sum[:]
}

func (u *User) knows(password string) bool {
	if len(u.hash) == sha256.Size {
		return subtle.ConstantTimeCompare(u.hash, quickHash(password)) == 1
	}
	return u.hash != nil && bcrypt.CompareHashAndPassword(u.hash, digest(password)) == nil
}

// digest makes any password short enough for bcrypt, which reads 72 bytes and
// stops at a zero byte.
func digest(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return []byte(base64.RawStdEncoding.EncodeToString(sum[:]))
}

// loginKey is the form in which logins are compared: spaces around an e-mail
// address and its letters' case do not tell people apart.
func loginKey(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// User returns the account of this id, or nil.
func (w *World) User(id string) *User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	u, _ := w.users.Get(id)
	return u
}

// UserByLogin returns the account of this e-mail address (or whatever one logs
// in with), or nil.
func (w *World) UserByLogin(login string) *User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	id, ok := w.logins.Get(loginKey(login))
	if !ok {
		return nil
	}
	u, _ := w.users.Get(id)
	return u
}

// Users calls f for every account in the order of their ids until f returns false.
func (w *World) Users(f func(*User) bool) {
	w.mu.Lock() // copying marks the tree
	users := w.users.Copy()
	w.mu.Unlock()
	users.Scan(func(_ string, u *User) bool { return f(u) })
}

// addUser puts an account in. It reports false when the login is taken and
// must be unique.
func (w *World) addUser(u *User, unique bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := loginKey(u.Login)
	if _, taken := w.logins.Get(key); taken && unique && key != "" {
		return false
	}
	w.users.Set(u.ID, u)
	w.logins.Set(key, u.ID)
	if w.firstUser == "" {
		w.firstUser = u.ID
	}
	w.tell(func() Change { return u.change(u.ID == w.firstUser, false) })
	return true
}

// changeUser puts a changed copy of an account in its place.
func (w *World) changeUser(id string, change func(*User)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, ok := w.users.Get(id); ok {
		changed := *u
		change(&changed)
		w.users.Set(id, &changed)
		w.tell(func() Change { return changed.change(id == w.firstUser, false) })
	}
}

// someUser returns the account that was made first and is not this one; nil
// when there is none.
func (w *World) someUser(except string) *User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.firstUser != except {
		if u, ok := w.users.Get(w.firstUser); ok {
			return u
		}
	}
	var found *User
	w.users.Scan(func(id string, u *User) bool {
		if id == except {
			return true
		}
		found = u
		return false
	})
	return found
}

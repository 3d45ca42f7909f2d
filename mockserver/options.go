package mockserver

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"assay/contract"
)

// Options say how a contract is served. The zero value is a sensible mock.
type Options struct {
	// Seed decides every id, token, key and seeded record.
	Seed uint64
	// Empty leaves out the demo account and the seeded records.
	Empty bool
	// Strict refuses what is otherwise taken with a remark: unknown members and
	// parameters, numbers as text, a body under another content type.
	Strict bool
	// Now sets the clock of the first world; zero follows the wall clock.
	Now time.Time
	// Frozen stops that clock at Now.
	Frozen bool

	// KeyBits is the size of the RSA key; 0 takes 2048.
	KeyBits int
	// KeyFile keeps the RSA key in a PEM file across restarts; it is made when missing.
	KeyFile string
	// QuickPasswords keeps a digest of each password instead of its bcrypt hash:
	// for tests that sign up thousands.
	QuickPasswords bool
	// TokenLifetime is how long access tokens live; 0 takes the contract's.
	TokenLifetime time.Duration

	// Handlers act for operations that are no plain verb, by operationId. They
	// stand before the verbs of this package.
	Handlers map[string]Handler
	// Authenticate takes the place of the mock's own check of a token; nil keeps it.
	Authenticate Authenticator
	// Accounts returns the accounts that the handlers keep for themselves in a
	// world, by their order; nil where they keep none.
	Accounts func(*World) []*User
	// Mounts serve paths beside the contract's, by prefix such as "/_assay/".
	Mounts map[string]http.Handler
	// Wrap puts something around the whole handler; nil for nothing.
	Wrap func(http.Handler) http.Handler
	// WorldOf picks the world of a request; nil takes the mock's own.
	WorldOf func(*http.Request) *World

	// Log gets one line a request; nil for none.
	Log *slog.Logger
	// Journal is how many exchanges each world remembers; 0 for none.
	Journal int
	// Observe is told of every exchange once it is answered; nil for none. The
	// entry is not to be changed.
	Observe func(*World, *Entry)
	// SelfCheck judges every answer of the mock by the contract and is told of
	// breaches; nil checks nothing.
	SelfCheck func(op *contract.Operation, status int, body []byte, judgement contract.Judgement)

	// TLS serves HTTPS, with HTTP/2, by this configuration; nil serves plain HTTP.
	TLS *tls.Config

	Limits Limits
}

// Limits bound what a client may take of the mock. Zeros take the defaults.
type Limits struct {
	Body        int64         // bytes of a request body; 1 MiB
	Header      int           // bytes of a request's header; 256 KiB
	HeaderTime  time.Duration // until the header has come; 10 s
	BodyTime    time.Duration // until the whole request has come; 30 s
	AnswerTime  time.Duration // until the answer is taken; 60 s
	IdleTime    time.Duration // between two requests of a connection; 2 min
	DrainTime   time.Duration // that requests under way get at the end; 5 s
	Connections int           // at once; 4096
}

func (l Limits) orDefaults() Limits {
	return Limits{
		Body:        or(l.Body, 1<<20),
		Header:      or(l.Header, 256<<10),
		HeaderTime:  or(l.HeaderTime, 10*time.Second),
		BodyTime:    or(l.BodyTime, 30*time.Second),
		AnswerTime:  or(l.AnswerTime, time.Minute),
		IdleTime:    or(l.IdleTime, 2*time.Minute),
		DrainTime:   or(l.DrainTime, 5*time.Second),
		Connections: or(l.Connections, 4096),
	}
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

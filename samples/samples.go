// Package samples makes believable values that fit a schema: names, e-mail
// addresses under example.com, passwords that meet every documented pattern,
// short texts as a person would write them, and texts of an exact length.
//
// A [Source] is seeded: the same seed and the same calls in the same order
// give the same values on every machine and in every release, since neither
// the clock nor the machine's randomness is asked.
package samples

import (
	"math/rand"
	randv2 "math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"github.com/brianvoe/gofakeit/v6"
)

// A Source yields values. It is safe for concurrent use; only a single
// goroutine sees a repeatable order.
type Source struct {
	rand *rand.Rand
	fake *gofakeit.Faker
}

// New returns a source for this seed. Every seed is as good as any other, 0 included.
func New(seed uint64) *Source {
	locked := &locked{pcg: randv2.NewPCG(seed, stream)}
	return &Source{rand: rand.New(locked), fake: gofakeit.NewCustom(locked)}
}

// stream keeps these values apart from whatever else is drawn from the same seed.
const stream = 0x73616d706c6573

// locked is a random source of two words that goroutines may share; gofakeit
// asks for the older interface.
type locked struct {
	mu  sync.Mutex
	pcg *randv2.PCG
}

func (l *locked) Uint64() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pcg.Uint64()
}

func (l *locked) Int63() int64 { return int64(l.Uint64() >> 1) }

// Seed is asked for by the interface; a Source is seeded once.
func (l *locked) Seed(int64) {}

// Intn returns a number from 0 to n-1; 0 for n below 1.
func (s *Source) Intn(n int) int {
	if n < 1 {
		return 0
	}
	return s.rand.Intn(n)
}

// Name returns a person's full name.
func (s *Source) Name() string { return s.fake.FirstName() + " " + s.fake.LastName() }

// Email returns an address under example.com, of a person who does not exist.
// The 50 random bits in it keep two sources with different seeds apart.
func (s *Source) Email() string { return s.emailOf(s.Name()) }

// Person returns a name and an e-mail address that belong together.
func (s *Source) Person() (name, email string) {
	name = s.Name()
	return name, s.emailOf(name)
}

func (s *Source) emailOf(name string) string {
	local := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r
		case r == ' ':
			return '.'
		}
		return -1
	}, strings.ToLower(name))
	tag := strconv.FormatUint(uint64(s.rand.Int63())>>13, 36)
	return local + "." + tag + "@example.com"
}

// Sentence returns a short text as a person would jot it down, without a full stop.
func (s *Source) Sentence() string {
	return s.pick(verbs) + " " + s.pick(things) + " " + s.pick(purposes)
}

// Text returns a text of exactly n characters, of whole words where n allows
// it, that begins and ends with a letter or digit.
func (s *Source) Text(n int) string {
	if n <= 0 {
		return ""
	}
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.ToLower(s.Sentence()))
	}
	text := []byte(b.String()[:n])
	for i := n - 1; i >= 0 && !isWord(text[i]); i-- {
		text[i] = 's'
	}
	if text[0] >= 'a' && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text)
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (s *Source) pick(words []string) string { return words[s.Intn(len(words))] }

var (
	verbs = []string{
		"Offer", "Write", "Plan", "Try", "Redesign", "Simplify", "Automate", "Publish", "Organise", "Test",
		"Translate", "Measure", "Rehearse", "Replace", "Share", "Sketch", "Review", "Prototype", "Build", "Launch",
	}
	things = []string{
		"a weekly digest", "the welcome tour", "a dark theme", "the price page", "a recipe exchange", "the first-run guide",
		"a bicycle workshop", "the search results", "a reading circle", "the export to spreadsheets", "a neighbourhood map",
		"the monthly newsletter", "a keyboard guide", "the sign-up form", "an offline mode", "the help centre", "a plant-care calendar",
		"the mobile menu", "a shared shopping list", "the support rota",
	}
	purposes = []string{
		"for new customers", "before the spring release", "with the design team", "for people on the road", "in three languages",
		"to save an hour a week", "with fewer steps", "for small teams", "as an experiment", "for families", "on a small budget",
		"with friends", "for the autumn fair", "without any training", "for slow connections", "by popular request",
	}
)

package auth0

import (
	"strings"
	"testing"
)

func TestAStateReadsBackAsItWasWritten(t *testing.T) {
	for _, s := range []state{
		{H: strings.Repeat("h", 32), N: "login", TID: strings.Repeat("t", 32), CID: strings.Repeat("c", 32)},
		{H: strings.Repeat("h", 31), N: "", TID: "t", CID: strings.Repeat("c", 255)},
	} {
		got, err := parseState(s.String())
		if err != nil || got != s {
			t.Errorf("%+v reads back as %+v, %v", s, got, err)
		}
	}
}

func TestAStateBeginsAsTheRecordedOneDoes(t *testing.T) {
	s := state{H: strings.Repeat("h", 32), N: "login", TID: strings.Repeat("t", 32), CID: strings.Repeat("c", 32)}.String()
	if len(s) != 162 || !strings.HasPrefix(s, "hKFo2SBo") {
		t.Errorf("%d characters: %s", len(s), s)
	}
}

func FuzzParseState(f *testing.F) {
	f.Add(state{H: "h", N: "login", TID: "t", CID: "c"}.String())
	for _, seed := range []string{"", "hKFo", "gA", "hKFo2f__", "j6FooWg", "%%%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseState(text)
		if err != nil {
			return
		}
		if again, err := parseState(s.String()); err != nil || again != s {
			t.Fatalf("%q reads as %+v, which reads back as %+v, %v", text, s, again, err)
		}
	})
}

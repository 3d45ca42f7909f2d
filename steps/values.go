package steps

import (
	"regexp"
	"strconv"
	"strings"

	"assay/contract"
)

// capitals writes every second letter large: "aDa@ExAmPlE.cOm".
func capitals(s string) string {
	out := []rune(strings.ToLower(s))
	for i := 0; i < len(out); i += 2 {
		out[i] = []rune(strings.ToUpper(string(out[i])))[0]
	}
	return string(out)
}

var reCharacters = regexp.MustCompile(`^(\d+) (two-byte )?characters$`)

// valueOf reads a value of a step: JSON, or words.
func (w *World) valueOf(a *actor, member, text string) (any, error) {
	if m := reCharacters.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		const longest = 1 << 20
		if err != nil || n > longest {
			return nil, w.wrong("%s characters are too many", m[1])
		}
		if m[2] != "" {
			return strings.Repeat("é", n), nil
		}
		return w.samples.Text(n), nil
	}
	switch text {
	case "a refresh token that nobody was given":
		return strangeToken(w.actors[actorI]), nil
	case "my first refresh token":
		return a.session.first, nil
	case "my refresh token":
		return w.actors[actorI].session.refresh, nil
	case "my access token":
		return a.session.access, nil
	case "that of somebody else":
		other, err := w.actor(actorSomebody)
		if err != nil || other.user == nil {
			return nil, err
		}
		return other.user.fields[member], nil
	case "mine":
		return w.mine(member), nil
	case "that of my item":
		return w.held[member], nil
	case "my refresh token but for its end":
		return anotherEnd(w.actors[actorI].session.refresh), nil
	case "my refresh token in other letters":
		token := w.actors[actorI].session.refresh
		if strings.ToLower(token) == token || strings.ToUpper(token) == token {
			return nil, w.skip("the target's refresh tokens are of small letters or of capital ones, which may be read alike")
		}
		return swapCase(token), nil
	case "my password but for its end":
		return anotherEnd(textOf(w.mine(member))) + "x", nil
	case "my password in other letters":
		return swapCase(textOf(w.actors[actorI].user.fields[member])), nil
	}
	v, err := contract.DecodeStrict([]byte(text))
	if err != nil {
		return nil, w.wrong("%s is neither JSON nor a value that steps know", text)
	}
	return v, nil
}

// mine is what the user was signed up with.
func (w *World) mine(member string) any {
	if a := w.actors[actorI]; a != nil && a.user != nil {
		return a.user.fields[member]
	}
	return nil
}

// anotherEnd changes the third character from the end: the last ones of a
// base64 text may hold bits that mean nothing.
func anotherEnd(s string) string {
	at := len(s) - 3
	if at < 0 {
		return s + "x"
	}
	c := byte('a')
	if s[at] == c {
		c = 'b'
	}
	return s[:at] + string(c) + s[at+1:]
}

func swapCase(s string) string {
	return strings.Map(func(r rune) rune {
		if up := []rune(strings.ToUpper(string(r)))[0]; up != r {
			return up
		}
		return []rune(strings.ToLower(string(r)))[0]
	}, s)
}

// strangeToken has the form of a refresh token that the target gave.
func strangeToken(a *actor) string {
	if a != nil && len(a.session.refresh) >= 8 {
		if t := otherDigits(a.session.refresh); t != a.session.refresh {
			return t
		}
	}
	return strings.Repeat("0f1e2d3c4b", 10)
}

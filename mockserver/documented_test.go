package mockserver_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"assay/mockserver"
)

// The documents record an ETag that is a hash of the exact body. The mock
// writes the same form: what it answers differs from the documented body in
// the id and the moment alone, byte for byte.
func TestTheDocumentedBodiesAreAnsweredByteForByte(t *testing.T) {
	contract := pool(t)
	c := serve(t, contract, mockserver.Options{Empty: true}).signUp("email-4@test.com")
	documented := func(operation string) string {
		return string(contract.Operation(operation).Success.Examples[0].Value)
	}

	t.Run("a created idea", func(t *testing.T) {
		a := c.create("the-content", 8, 8, 8).has(201)
		if got := like(a.body, documented("createIdea")); got != documented("createIdea") {
			t.Errorf("expected %s\n     got %s", documented("createIdea"), got)
		}
	})
	t.Run("an updated idea", func(t *testing.T) {
		id := c.create("before", 1, 1, 1).text("id")
		a := c.send("PUT", "/ideas/"+id, idea("the-content", 8, 8, 8)).has(200)
		if got := like(a.body, documented("updateIdea")); got != documented("updateIdea") {
			t.Errorf("expected %s\n     got %s", documented("updateIdea"), got)
		}
	})
	t.Run("a page of ideas", func(t *testing.T) {
		other := c.another().signUp("other@example.com")
		for _, impact := range []int{1, 3, 2} {
			other.create("the-content", impact, 8, 8)
		}
		got := other.send("GET", "/ideas?page=1", "").has(200).body
		var mine, theirs []json.RawMessage
		if json.Unmarshal([]byte(got), &mine) != nil || json.Unmarshal([]byte(documented("listIdeas")), &theirs) != nil || len(mine) != len(theirs) {
			t.Fatalf("expected %s\n     got %s", documented("listIdeas"), got)
		}
		for i := range mine {
			mine[i] = json.RawMessage(like(string(mine[i]), string(theirs[i])))
		}
		joined := "["
		for i, item := range mine {
			if i > 0 {
				joined += ","
			}
			joined += string(item)
		}
		if joined += "]"; joined != documented("listIdeas") {
			t.Errorf("expected %s\n     got %s", documented("listIdeas"), joined)
		}
	})
	t.Run("the current user", func(t *testing.T) {
		named := c.another()
		named.keep(named.send("POST", "/users", `{"email":"Email-4@test.com ","name":"name-4","password":"the-Secret-123"}`))
		named = c.another()
		named.keep(named.send("POST", "/users", `{"email":"email-5@test.com","name":"name-5","password":"the-Secret-123"}`))
		a := named.send("GET", "/me", "").has(200)
		want := `{"email":"email-5@test.com","name":"name-5","avatar_url":"https://www.gravatar.com/avatar/` + md5Hex("email-5@test.com") + `?d=mm\u0026s=200"}`
		if a.body != want {
			t.Errorf("expected %s\n     got %s", want, a.body)
		}
	})
}

// The recorded answer of the current user has this hash in its ETag.
func TestTheCurrentUserHashesToTheRecordedETag(t *testing.T) {
	c := serve(t, pool(t), mockserver.Options{Empty: true})
	c.keep(c.send("POST", "/users", `{"email":"email-4@test.com","name":"name-4","password":"the-Secret-123"}`))
	body := c.send("GET", "/me", "").has(200).body
	sum := sha256.Sum256([]byte(body))
	if got := hex.EncodeToString(sum[:])[:32]; got != "c547b0fe6f7c536c5c20e89d364678a0" || len(body) != 140 {
		t.Errorf("%d bytes with the hash %s: %s", len(body), got, body)
	}
}

// like gives a record the id and the moment of another, in the text.
func like(got, want string) string {
	for _, name := range []string{`"id":`, `"created_at":`} {
		from, to := valueOf(got, name), valueOf(want, name)
		got = strings.Replace(got, name+from, name+to, 1)
	}
	return got
}

func valueOf(text, name string) string {
	_, rest, _ := strings.Cut(text, name)
	return rest[:strings.IndexAny(rest, ",}")]
}

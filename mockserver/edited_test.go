package mockserver_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"assay/contract"
	"assay/mockserver"
)

// Paths into the contract that edits name often.
var (
	createBody = []string{"paths", "/ideas", "post", "requestBody", "content", "application/json", "schema"}
	pageSchema = []string{"paths", "/ideas", "get", "responses", "200", "content", "application/json", "schema"}
	ideaSchema = []string{"components", "schemas", "Idea"}
	jwtSchema  = []string{"components", "schemas", "AccessToken", "x-jwt"}
)

func under(base []string, more ...string) []string {
	return append(append([]string{}, base...), more...)
}

// TestAnEditedContractIsServedAsEdited is the heart of the mock: whatever the
// contract says is what it does. Each case shows the true contract's behaviour
// first, then the edited one's.
func TestAnEditedContractIsServedAsEdited(t *testing.T) {
	for _, c := range []struct {
		name  string
		edits []func(*yaml.Node)
		act   func(*client) string
		true_ string
		want  string
	}{
		{
			"a maximum moved up lets one more through",
			[]func(*yaml.Node){set("11", under(createBody, "properties", "impact", "maximum")...)},
			func(c *client) string { return status(c.create("x", 11, 1, 1)) }, "422", "201",
		},
		{
			"a minimum dropped lets zero through",
			[]func(*yaml.Node){drop(under(createBody, "properties", "ease", "minimum")...)},
			func(c *client) string { return status(c.create("x", 1, 0, 1)) }, "422", "201",
		},
		{
			"a member no longer required may be absent, and the mean is of what is left out",
			[]func(*yaml.Node){without("impact", under(createBody, "required")...)},
			func(c *client) string {
				return status(c.send("POST", "/ideas", `{"content":"x","ease":1,"confidence":2}`))
			}, "400", "201",
		},
		{
			"a member dropped from the answer vanishes",
			[]func(*yaml.Node){drop(under(ideaSchema, "properties", "created_at")...), without("created_at", under(ideaSchema, "required")...)},
			func(c *client) string { return fmt.Sprint(c.create("x", 1, 1, 1).member("created_at") != nil) }, "true", "false",
		},
		{
			"a number documented as a string is a string",
			[]func(*yaml.Node){set("string", under(ideaSchema, "properties", "impact", "type")...)},
			func(c *client) string { return fmt.Sprintf("%T", c.create("x", 1, 1, 1).member("impact")) }, "json.Number", "string",
		},
		{
			"an average documented as an integer is floored",
			[]func(*yaml.Node){set("integer", under(ideaSchema, "properties", "average_score", "type")...)},
			func(c *client) string { return c.create("x", 1, 2, 2).text("average_score") }, "1.6666666666666667", "1",
		},
		{
			"seconds documented as a number are written as one",
			[]func(*yaml.Node){set("number", under(ideaSchema, "properties", "created_at", "type")...)},
			func(c *client) string { return c.create("x", 1, 2, 2).text("created_at") }, "1772366400", "1772366400.0",
		},
		{
			"a clock in milliseconds tells milliseconds",
			[]func(*yaml.Node){set("{clock: [], unit: milliseconds}", under(ideaSchema, "properties", "created_at", "x-computed")...)},
			func(c *client) string { return c.create("x", 1, 2, 2).text("created_at") }, "1772366400", "1772366400000",
		},
		{
			"an id documented as an integer is counted",
			[]func(*yaml.Node){set("integer", under(ideaSchema, "properties", "id", "type")...), drop(under(ideaSchema, "properties", "id", "minLength")...)},
			func(c *client) string { return fmt.Sprintf("%T", c.create("x", 1, 2, 2).member("id")) }, "string", "json.Number",
		},
		{
			"other arguments weigh the average otherwise",
			[]func(*yaml.Node){set("{mean: [impact, impact, ease, confidence]}", under(ideaSchema, "properties", "average_score", "x-computed")...)},
			func(c *client) string { return c.create("x", 9, 1, 1).text("average_score") }, "3.6666666666666665", "5.0",
		},
		{
			"an average with one decimal is rounded",
			[]func(*yaml.Node){set("{mean: [impact, ease, confidence], decimals: 1}", under(ideaSchema, "properties", "average_score", "x-computed")...)},
			func(c *client) string { return c.create("x", 9, 1, 1).text("average_score") }, "3.6666666666666665", "3.7",
		},
		{
			"an avatar of the raw e-mail has another hash",
			[]func(*yaml.Node){set("{gravatar: [email], raw: true}", "paths", "/me", "get", "responses", "200", "content", "application/json", "schema", "properties", "avatar_url", "x-computed")},
			func(c *client) string {
				upper := c.another().signUp("Capital@example.com")
				lower := c.another().signUp("other@example.com")
				url := upper.send("GET", "/me", "").text("avatar_url")
				return fmt.Sprint(url != lower.send("GET", "/me", "").text("avatar_url"), strings.Contains(url, md5Hex("capital@example.com")))
			}, "true true", "true false",
		},
		{
			"another status is answered",
			[]func(*yaml.Node){rename("200", "paths", "/ideas", "post", "responses", "201")},
			func(c *client) string { return status(c.create("x", 1, 1, 1)) }, "201", "200",
		},
		{
			"a deletion documented with a body answers the deleted record",
			[]func(*yaml.Node){set(`{"200": {description: x, content: {application/json: {schema: {$ref: "#/components/schemas/Idea"}}}}}`, "paths", "/ideas/{id}", "delete", "responses")},
			func(c *client) string {
				id := c.create("x", 1, 1, 1).text("id")
				a := c.send("DELETE", "/ideas/"+id, "")
				return fmt.Sprint(a.status, strings.Contains(a.body, id))
			}, "204 false", "200 true",
		},
		{
			"an operation without security is public",
			[]func(*yaml.Node){set("[]", "paths", "/ideas", "get", "security")},
			func(c *client) string { return status(c.another().send("GET", "/ideas?page=1", "")) }, "401", "200",
		},
		{
			"a public creation works for nobody",
			[]func(*yaml.Node){set("[]", "paths", "/ideas", "post", "security")},
			func(c *client) string { return status(c.another().create("x", 1, 1, 1)) }, "401", "201",
		},
		{
			"a public logout and a public me work for nobody",
			[]func(*yaml.Node){set("[]", "paths", "/access-tokens", "delete", "security"), set("[]", "paths", "/me", "get", "security")},
			func(c *client) string {
				nobody := c.another()
				return status(nobody.send("DELETE", "/access-tokens", `{"refresh_token":"`+c.refresh+`"}`)) + " " + status(nobody.send("GET", "/me", ""))
			}, "401 401", "204 200",
		},
		{
			"a public update reaches the record",
			[]func(*yaml.Node){set("[]", "paths", "/ideas/{id}", "put", "security")},
			func(c *client) string {
				id := c.create("x", 1, 1, 1).text("id")
				return status(c.another().send("PUT", "/ideas/"+id, idea("y", 1, 1, 1)))
			}, "401", "200",
		},
		{
			"a page holds what maxItems says",
			[]func(*yaml.Node){set("11", under(pageSchema, "maxItems")...)},
			func(c *client) string { c.fill(12); return strconv.Itoa(len(c.list(1))) }, "10", "11",
		},
		{
			"a page parameter that is not documented is passed over",
			[]func(*yaml.Node){drop("paths", "/ideas", "get", "parameters")},
			func(c *client) string { c.fill(12); return strconv.Itoa(len(c.list(2))) }, "2", "10",
		},
		{
			"the order is reversed",
			[]func(*yaml.Node){set("[average_score]", under(pageSchema, "x-order")...)},
			func(c *client) string {
				c.create("low", 1, 1, 1)
				c.create("high", 9, 9, 9)
				return contents(c.list(1), "content")
			}, "high low", "low high",
		},
		{
			"without an order, that of creation",
			[]func(*yaml.Node){drop(under(pageSchema, "x-order")...)},
			func(c *client) string {
				c.create("low", 1, 1, 1)
				c.create("high", 9, 9, 9)
				return contents(c.list(1), "content")
			}, "high low", "low high",
		},
		{
			"a list documented as an object is wrapped",
			[]func(*yaml.Node){wrapList},
			func(c *client) string { return c.send("GET", "/ideas?page=1", "").body }, "[]", `{"ideas":[],"total":0}`,
		},
		{
			"tokens live as long as the contract says",
			[]func(*yaml.Node){set("3600", under(jwtSchema, "ttl")...)},
			func(c *client) string { return fmt.Sprint(exp(c.jwt) - noon.Unix()) }, "600", "3600",
		},
		{
			"a claim dropped vanishes, and the token still counts",
			[]func(*yaml.Node){drop("components", "schemas", "AccessClaims", "properties", "id"), without("id", "components", "schemas", "AccessClaims", "required")},
			func(c *client) string {
				return fmt.Sprint(claims(c.jwt)["id"] != nil, " ", status(c.send("GET", "/me", "")))
			}, "true 200", "false 200",
		},
		{
			"another algorithm signs",
			[]func(*yaml.Node){set("HS256", under(jwtSchema, "alg")...)},
			func(c *client) string {
				header, _ := base64.RawURLEncoding.DecodeString(strings.Split(c.jwt, ".")[0])
				return string(header) + status(c.send("GET", "/me", ""))
			}, `{"typ":"JWT","alg":"RS256"}200`, `{"typ":"JWT","alg":"HS256"}200`,
		},
		{
			"the header has another name",
			[]func(*yaml.Node){set("x-token", "components", "securitySchemes", "accessToken", "name")},
			func(c *client) string { return status(c.send("GET", "/me", "", "X-Token: "+c.jwt, "X-Access-Token: ")) }, "401", "200",
		},
		{
			"a refusal takes the status that the contract gives it",
			[]func(*yaml.Node){rename("418", "paths", "/ideas", "post", "responses", "422")},
			func(c *client) string { return status(c.create("x", 99, 1, 1)) }, "422", "418",
		},
		{
			"a refusal by 500 is one",
			[]func(*yaml.Node){rename("500", "paths", "/ideas", "post", "responses", "422")},
			func(c *client) string { return status(c.create("x", 99, 1, 1)) }, "422", "500",
		},
		{
			"a refusal's text stands in the member that the contract names",
			[]func(*yaml.Node){set(`{type: object, required: [message], properties: {code: {type: integer}, message: {type: string}}}`, "components", "schemas", "Refusal")},
			func(c *client) string {
				a := c.create("x", 99, 1, 1)
				return fmt.Sprint(a.text("code"), " ", strings.Contains(a.text("message"), "impact"))
			}, " false", "422 true",
		},
		{
			"an e-mail without its format may be anything",
			[]func(*yaml.Node){drop("paths", "/users", "post", "requestBody", "content", "application/json", "schema", "properties", "email", "format")},
			func(c *client) string {
				return status(c.send("POST", "/users", `{"email":"nonsense","name":"N","password":"the-Secret-123"}`))
			}, "422", "201",
		},
		{
			"null is taken where the contract says nullable",
			[]func(*yaml.Node){set("true", under(createBody, "properties", "content", "nullable")...)},
			func(c *client) string {
				return status(c.send("POST", "/ideas", `{"content":null,"impact":1,"ease":1,"confidence":1}`))
			}, "400", "201",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			options := mockserver.Options{Seed: 5, Now: noon, Frozen: true, Empty: true}
			if got := c.act(serve(t, pool(t), options).signUp("true@example.com")); got != c.true_ {
				t.Errorf("under the true contract: expected %q, got %q", c.true_, got)
			}
			if got := c.act(serveUnchecked(t, edited(t, c.edits...), options).signUp("edited@example.com")); got != c.want {
				t.Errorf("under the edited contract: expected %q, got %q", c.want, got)
			}
		})
	}
}

// TestASentenceStruckOutIsNotObeyed shows every row of the table of sentences.
func TestASentenceStruckOutIsNotObeyed(t *testing.T) {
	for _, c := range []struct {
		id    string
		act   func(*client) string
		true_ string
		want  string
	}{
		{"createIdea.values-as-sent", func(c *client) string { return c.create(" <b> & é", 1, 1, 1).text("content") }, " <b> & é", "&lt;b&gt; &amp; é"},
		{"createIdea.unique-ids", func(c *client) string {
			return fmt.Sprint(c.create("a", 1, 1, 1).text("id") == c.create("b", 1, 1, 1).text("id"))
		}, "false", "true"},
		{"createIdea.stored", func(c *client) string { c.create("a", 1, 1, 1); return strconv.Itoa(len(c.list(1))) }, "1", "0"},
		{"listIdeas.every-item-once", func(c *client) string {
			c.fill(15)
			first, second := c.list(1), c.list(2)
			return fmt.Sprint(first[9]["id"] == second[0]["id"])
		}, "false", "true"},
		{"listIdeas.past-the-end", func(c *client) string { return status(c.send("GET", "/ideas?page=9", "")) }, "200", "404"},
		{"listIdeas.private", func(c *client) string {
			c.create("mine", 1, 1, 1)
			return contents(c.another().signUp("other@example.com").list(1), "content")
		}, "", "mine"},
		{"updateIdea.private", func(c *client) string {
			id := c.create("mine", 1, 1, 1).text("id")
			return status(c.another().signUp("other@example.com").send("PUT", "/ideas/"+id, idea("theirs", 1, 1, 1)))
		}, "404", "200"},
		{"deleteIdea.private", func(c *client) string {
			id := c.create("mine", 1, 1, 1).text("id")
			return status(c.another().signUp("other@example.com").send("DELETE", "/ideas/"+id, ""))
		}, "404", "204"},
		{"updateIdea.values-as-sent", func(c *client) string {
			id := c.create("x", 1, 1, 1).text("id")
			return c.send("PUT", "/ideas/"+id, idea("<b>", 1, 1, 1)).text("content")
		}, "<b>", "&lt;b&gt;"},
		{"updateIdea.stored", func(c *client) string {
			id := c.create("before", 1, 1, 1).text("id")
			c.send("PUT", "/ideas/"+id, idea("after", 1, 1, 1))
			return contents(c.list(1), "content")
		}, "after", "before"},
		{"updateIdea.keeps-id", func(c *client) string {
			id := c.create("x", 1, 1, 1).text("id")
			return fmt.Sprint(c.send("PUT", "/ideas/"+id, idea("y", 1, 1, 1)).text("id") == id)
		}, "true", "false"},
		{"updateIdea.keeps-created-at", func(c *client) string {
			id := c.create("x", 1, 1, 1).text("id")
			c.server.Advance(time.Minute)
			return c.send("PUT", "/ideas/"+id, idea("y", 1, 1, 1)).text("created_at")
		}, "1772366400", "1772366460"},
		{"updateIdea.touches-no-other", func(c *client) string {
			c.create("other", 1, 1, 1)
			id := c.create("x", 1, 1, 1).text("id")
			c.send("PUT", "/ideas/"+id, idea("y", 1, 1, 1))
			return contents(c.list(1), "content")
		}, "other y", "y y"},
		{"updateIdea.unknown", func(c *client) string { return status(c.send("PUT", "/ideas/nobody", idea("y", 1, 1, 1))) }, "404", "200"},
		{"deleteIdea.unknown", func(c *client) string { return status(c.send("DELETE", "/ideas/nobody", "")) }, "404", "204"},
		{"deleteIdea.gone", func(c *client) string {
			c.send("DELETE", "/ideas/"+c.create("x", 1, 1, 1).text("id"), "").has(204)
			return strconv.Itoa(len(c.list(1)))
		}, "0", "1"},
		{"deleteIdea.others-stay", func(c *client) string {
			c.fill(3)
			c.send("DELETE", "/ideas/"+c.create("x", 1, 1, 1).text("id"), "").has(204)
			return strconv.Itoa(len(c.list(1)))
		}, "3", "2"},
		{"signUp.unique-email", func(c *client) string {
			return status(c.send("POST", "/users", `{"email":"`+c.email+`","name":"N","password":"the-Secret-123"}`))
		}, "422", "201"},
		{"signUp.usable-token", func(c *client) string { return status(c.send("GET", "/me", "")) }, "200", "401"},
		{"signUp.usable-refresh-token", func(c *client) string { return status(c.exchange(c.refresh)) }, "200", "409"},
		{"logIn.usable-token", func(c *client) string {
			c.keep(c.logIn("the-Secret-123"))
			return status(c.send("GET", "/me", ""))
		}, "200", "401"},
		{"logIn.usable-refresh-token", func(c *client) string {
			c.keep(c.logIn("the-Secret-123"))
			return status(c.exchange(c.refresh))
		}, "200", "409"},
		{"logIn.wrong-credentials", func(c *client) string { return status(c.logIn("Wrong-123")) }, "409", "201"},
		{"logIn.second-session", func(c *client) string {
			first := c.refresh
			second := c.logIn("the-Secret-123").has(201)
			old := status(c.send("GET", "/me", "")) + status(c.exchange(first))
			c.keep(second)
			return old + " " + status(c.send("GET", "/me", ""))
		}, "200200 200", "401200 200"},
		{"logIn.first-session", func(c *client) string {
			first := c.refresh
			c.logIn("the-Secret-123").has(201)
			return status(c.send("GET", "/me", "")) + status(c.exchange(first))
		}, "200200", "200409"},
		{"refresh.usable-token", func(c *client) string {
			c.keep(c.exchange(c.refresh))
			return status(c.send("GET", "/me", ""))
		}, "200", "401"},
		{"refresh.unknown-token", func(c *client) string { return status(c.exchange("nobody-has-this")) }, "409", "200"},
		{"refresh.token-stays-valid", func(c *client) string {
			return status(c.exchange(c.refresh)) + status(c.exchange(c.refresh))
		}, "200200", "200409"},
		{"logOut.refresh-token-dies", func(c *client) string {
			c.send("DELETE", "/access-tokens", `{"refresh_token":"`+c.refresh+`"}`).has(204)
			return status(c.exchange(c.refresh))
		}, "409", "200"},
		{"logOut.log-in-again", func(c *client) string {
			c.send("DELETE", "/access-tokens", `{"refresh_token":"`+c.refresh+`"}`).has(204)
			return status(c.logIn("the-Secret-123"))
		}, "201", "409"},
		{"me.own", func(c *client) string {
			return c.another().signUp("second@example.com").send("GET", "/me", "").text("email")
		}, "second@example.com", "first@example.com"},
		{"token.signature", func(c *client) string { c.jwt = flip(c.jwt, 2); return status(c.send("GET", "/me", "")) }, "401", "200"},
		{"token.payload", func(c *client) string {
			c.jwt = reclaim(c.jwt, "email", "else@example.com")
			return status(c.send("GET", "/me", ""))
		}, "401", "200"},
		{"token.algorithm", func(c *client) string {
			parts := strings.Split(c.jwt, ".")
			c.jwt = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
			return status(c.send("GET", "/me", ""))
		}, "401", "200"},
		{"token.expiry", func(c *client) string {
			c.server.Advance(11 * time.Minute)
			return status(c.send("GET", "/me", ""))
		}, "401", "200"},
	} {
		t.Run(c.id, func(t *testing.T) {
			options := mockserver.Options{Seed: 5, Now: noon, Frozen: true, Empty: true}
			if got := c.act(serve(t, pool(t), options).signUp("first@example.com")); got != c.true_ {
				t.Errorf("with the sentence: expected %q, got %q", c.true_, got)
			}
			without := edited(t, strike(c.id))
			server := serveUnchecked(t, without, options)
			if got := c.act(server.signUp("first@example.com")); got != c.want {
				t.Errorf("without the sentence: expected %q, got %q", c.want, got)
			}
			unsaid := server.server.Unsaid()
			if len(unsaid) != 1 || unsaid[0].ID != c.id {
				t.Errorf("the mock should tell that %s is missing, it tells %v", c.id, unsaid)
			}
		})
	}
}

// TestEverySentenceOfTheContractIsObeyed keeps the table and the contract together.
func TestEverySentenceOfTheContractIsObeyed(t *testing.T) {
	known := mockserver.Sentences()
	for _, rule := range pool(t).Rules {
		if rule.Keyword != "sentence" {
			continue
		}
		_, suffix, _ := strings.Cut(rule.ID, ".")
		found := false
		for _, row := range known {
			found = found || strings.HasPrefix(row, suffix+" (")
		}
		if !found {
			t.Errorf("no code stands under the sentence %s", rule.ID)
		}
	}
}

func TestTheUneditedContractLeavesNothingUnsaid(t *testing.T) {
	m, err := mockserver.New(pool(t), mockserver.Options{Empty: true})
	if err != nil {
		t.Fatal(err)
	}
	if unsaid := m.Unsaid(); len(unsaid) > 0 {
		t.Errorf("%v", unsaid)
	}
}

// wrapList documents the list as an object with a total.
func wrapList(root *yaml.Node) {
	schema := at(root, pageSchema...)
	array := *schema
	*schema = yaml.Node{}
	var object yaml.Node
	if err := yaml.Unmarshal([]byte("{type: object, properties: {ideas: {}, total: {type: integer}}}"), &object); err != nil {
		panic(err)
	}
	*schema = *object.Content[0]
	*at(schema, "properties", "ideas") = array
}

func status(a *answer) string { return strconv.Itoa(a.status) }

func (c *client) fill(n int) {
	c.t.Helper()
	for i := range n {
		c.create(fmt.Sprint("idea ", i), 1+i%10, 1+i%7, 5).has(201)
	}
}

func (c *client) exchange(refresh string) *answer {
	c.t.Helper()
	public := &client{t: c.t, server: c.server}
	return public.send("POST", "/access-tokens/refresh", `{"refresh_token":"`+refresh+`"}`)
}

func claims(jwt string) map[string]any {
	token, ok := contract.ReadToken(jwt)
	if !ok {
		return nil
	}
	return token.Claims
}

func exp(jwt string) int64 {
	n, _ := contract.Number(claims(jwt)["exp"])
	return int64(n)
}

// flip changes the first character of a token's part.
func flip(jwt string, part int) string {
	parts := strings.Split(jwt, ".")
	first := "A"
	if strings.HasPrefix(parts[part], first) {
		first = "B"
	}
	parts[part] = first + parts[part][1:]
	return strings.Join(parts, ".")
}

// reclaim changes a claim and keeps the signature.
func reclaim(jwt, name string, value any) string {
	parts := strings.Split(jwt, ".")
	all := claims(jwt)
	all[name] = value
	text, _ := json.Marshal(all)
	parts[1] = base64.RawURLEncoding.EncodeToString(text)
	return strings.Join(parts, ".")
}

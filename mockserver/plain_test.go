package mockserver_test

import (
	"fmt"
	"strings"
	"testing"

	"assay/mockserver"
)

// petstore knows nothing of the vocabulary: no x-key stands in it.
const petstore = `
openapi: 3.0.3
info: {title: Pets, version: "1"}
servers: [{url: "https://api.example.com/v2"}]
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 50, default: 3}}
        - {name: offset, in: query, schema: {type: integer, minimum: 0}}
        - {name: kind, in: query, schema: {type: string}}
      responses:
        "200":
          description: pets
          content:
            application/json:
              schema:
                type: object
                required: [pets, total]
                properties:
                  pets: {type: array, items: {$ref: "#/components/schemas/Pet"}}
                  total: {type: integer}
                  hasMore: {type: boolean}
              example:
                pets:
                  - {id: 7, name: Rex, kind: dog, createdAt: "2024-01-02T03:04:05Z"}
                  - {id: 9, name: Tom, kind: cat, createdAt: "2024-01-02T03:04:05Z"}
                total: 2
                hasMore: false
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewPet"}}}}
      responses:
        "201":
          description: the pet
          headers: {Location: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}
        "400": {description: bad, content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: showPet, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}, "404": {description: none}}}
    put: {operationId: putPet, requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/NewPet"}}}}, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}}
    patch: {operationId: patchPet, requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}}
    delete: {operationId: dropPet, responses: {"204": {description: gone}}}
  /pets/{petId}/toys:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: toys, responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Toy"}}}}}}}
    post: {operationId: addToy, requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}, responses: {"201": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}}}
  /pets/{petId}/toys/{toyId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}, {name: toyId, in: path, required: true, schema: {type: string}}]
    get: {operationId: toy, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Toy"}}}}}}
  /pets/newest:
    get: {operationId: newest, responses: {"200": {description: ok, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}}}}
  /settings:
    get: {operationId: settings, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Settings"}, example: {colour: blue, size: 3}}}}}}
    put: {operationId: putSettings, requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Settings"}}}}, responses: {"200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Settings"}}}}}}
  /search:
    post: {operationId: search, requestBody: {content: {application/json: {schema: {type: object, properties: {query: {type: string}}}}}}, responses: {"200": {description: ok, content: {application/json: {schema: {type: object, required: [query, hits], properties: {query: {type: string}, hits: {type: integer}}}}}}}}
  /secret:
    get: {operationId: secret, security: [{key: []}], responses: {"200": {description: ok}, "401": {description: no}}}
  /files/{name}.json:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: file, responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {name: {type: string, example: notes}}}}}}, "404": {description: none}}}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    NewPet:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1}
        kind: {type: string, enum: [dog, cat], default: dog}
    Pet:
      type: object
      required: [id, name, kind, createdAt]
      properties:
        id: {type: integer}
        name: {type: string}
        kind: {type: string}
        createdAt: {type: string, format: date-time}
        updatedAt: {type: string, format: date-time}
    Toy: {type: object, required: [label], properties: {id: {type: string, format: uuid}, label: {type: string}}}
    Settings: {type: object, properties: {colour: {type: string}, size: {type: integer}}}
    Problem: {type: object, required: [title, status, detail], properties: {title: {type: string}, status: {type: integer}, detail: {type: string}}}
`

func TestAPlainContractIsServedAsAStatefulAPI(t *testing.T) {
	c := serve(t, parse(t, petstore), mockserver.Options{Seed: 3, Now: noon, Frozen: true, Empty: true})

	created := c.send("POST", "/pets", `{"name":"Rex"}`).has(201).says(`{"id":1,"name":"Rex","kind":"dog","createdAt":"2026-03-01T12:00:00.000Z"`)
	if got := created.header.Get("Location"); got != "/pets/1" {
		t.Errorf("Location: %s", got)
	}
	c.send("POST", "/pets", `{"name":"Tom","kind":"cat"}`).has(201).says(`"id":2`)
	c.send("GET", "/pets/2", "").has(200).says(`"name":"Tom"`)
	c.send("GET", "/v2/pets/2", "").has(200).says(`"name":"Tom"`)
	c.send("PATCH", "/pets/2", `{"name":"Tim"}`).has(200).says(`"name":"Tim","kind":"cat"`)
	c.server.Advance(60e9)
	c.send("PUT", "/pets/2", `{"name":"Tam"}`).has(200).says(`"name":"Tam","kind":"dog","createdAt":"2026-03-01T12:00:00.000Z","updatedAt":"2026-03-01T12:01:00.000Z"`)
	c.send("GET", "/pets?kind=cat", "").has(200).says(`{"pets":[],"total":0,"hasMore":false}`)
	for i := range 3 {
		c.send("POST", "/pets", fmt.Sprintf(`{"name":"p%d","kind":"cat"}`, i)).has(201)
	}
	c.send("GET", "/pets", "").has(200).says(`"total":5,"hasMore":true`)
	c.send("GET", "/pets?limit=2&offset=4", "").has(200).says(`"name":"p2"`).says(`"hasMore":false`).lacks("p1")
	c.send("GET", "/pets?kind=cat", "").has(200).says(`"total":3`)
	c.send("GET", "/pets/newest", "").has(200).says(`[{"id":1`)
	c.send("DELETE", "/pets/2", "").has(204)
	c.send("GET", "/pets/2", "").has(404)
	c.send("DELETE", "/pets/2", "").has(404)
	c.send("POST", "/pets", `{}`).has(400).says(`"status":400`).says(`name is required`)
	c.send("POST", "/pets", `{"name":"x","kind":"cow"}`).has(400).says(`kind`)
}

func TestANestedCollectionBelongsToItsParent(t *testing.T) {
	c := serve(t, parse(t, petstore), mockserver.Options{Empty: true})
	id := c.send("POST", "/pets/1/toys", `{"label":"ball"}`).has(201).text("id")
	if len(id) != 36 {
		t.Errorf("%q is no UUID", id)
	}
	c.send("GET", "/pets/1/toys", "").has(200).says("ball")
	c.send("GET", "/pets/2/toys", "").has(200).says("[]")
	c.send("GET", "/pets/1/toys/"+id, "").has(200).says("ball")
	c.send("GET", "/pets/2/toys/"+id, "").has(404)
}

func TestADocumentOfItsOwnIsReadAndWritten(t *testing.T) {
	c := serve(t, parse(t, petstore), mockserver.Options{})
	c.send("GET", "/settings", "").has(200).says(`{"colour":"blue","size":3}`)
	c.send("PUT", "/settings", `{"colour":"red","size":"4"}`).has(200).says(`{"colour":"red","size":4}`)
	c.send("GET", "/settings", "").has(200).says(`{"colour":"red","size":4}`)
	c.send("POST", "/search", `{"query":"cats"}`).has(200).says(`"query":"cats"`)
	c.send("GET", "/files/a.json", "").has(200)
	c.send("GET", "/files/a.txt", "").has(404)
}

func TestAContractWithoutALoginTakesAnyToken(t *testing.T) {
	c := serve(t, parse(t, petstore), mockserver.Options{})
	c.send("GET", "/secret", "").has(401)
	c.send("GET", "/secret", "", "Authorization: Bearer anything").has(200)
	c.send("GET", "/secret", "", "Authorization: Basic anything").has(401)
}

func TestDocumentedExamplesSeedAPlainContract(t *testing.T) {
	c := serve(t, parse(t, petstore), mockserver.Options{Seed: 1})
	c.send("GET", "/pets/7", "").has(200).says(`"name":"Rex"`)
	c.send("GET", "/pets/9", "").has(200).says(`"name":"Tom"`)
	c.send("GET", "/pets?limit=50", "").has(200).says(`"total":25`)
	if id := c.send("POST", "/pets", `{"name":"new"}`).has(201).text("id"); id == "7" || id == "9" {
		t.Errorf("the id %s is taken", id)
	}
}

// dispatched documents two operations that share a method and a path.
const dispatched = `
openapi: 3.0.3
info: {title: Service, version: "1"}
paths:
  "/#X-Target=Service.Echo":
    post:
      operationId: echo
      requestBody: {content: {application/x-amz-json-1.1: {schema: {type: object, required: [Text], properties: {Text: {type: string}}}}}}
      responses: {"200": {description: ok, content: {application/x-amz-json-1.1: {schema: {type: object, properties: {Text: {type: string}}}}}}}
  "/#X-Target=Service.Add":
    post:
      operationId: add
      requestBody: {content: {application/x-amz-json-1.1: {schema: {type: object, required: [A, B], properties: {A: {type: integer}, B: {type: integer}}}}}}
      responses: {"200": {description: ok, content: {application/x-amz-json-1.1: {schema: {type: object, properties: {Sum: {type: integer}}}}}}}
`

func TestOperationsOfOnePathAreToldApart(t *testing.T) {
	c := serve(t, parse(t, dispatched), mockserver.Options{Handlers: map[string]mockserver.Handler{
		"echo": func(c *mockserver.Call) mockserver.Reply {
			return mockserver.Reply{Value: map[string]any{"Text": c.Text("Text"), "Else": 1}}
		},
		"add": func(c *mockserver.Call) mockserver.Reply {
			return mockserver.Reply{Value: map[string]any{"Sum": fmt.Sprint(c.Member("A"), c.Member("B"))}}
		},
	}})
	a := c.send("POST", "/", `{"Text":"hello"}`, "X-Target: Service.Echo", "Content-Type: application/x-amz-json-1.1").has(200)
	if a.body != `{"Text":"hello"}` || a.header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("%s %v", a.body, a.header)
	}
	c.send("POST", "/", `{"A":1,"B":2}`, "X-Target: Service.Add").has(200)
	c.send("POST", "/", `{"A":1,"B":2}`).has(200).says("Sum")      // by its body
	c.send("POST", "/", `{"Text":"there"}`).has(200).says("there") // by its body
	c.send("POST", "/", `{}`, "X-Target: Service.Nonsense").has(400).says("Service.Nonsense")
}

func TestAHandlerMayRefuseAndWriteAsItLikes(t *testing.T) {
	c := serveUnchecked(t, pool(t), mockserver.Options{Empty: true, Handlers: map[string]mockserver.Handler{
		"me": func(c *mockserver.Call) mockserver.Reply {
			switch c.Query.Get("as") {
			case "page":
				return mockserver.Reply{Status: 200, Header: map[string][]string{"Content-Type": {"text/html"}}, Body: []byte(`{"email":"","name":"","avatar_url":""}`)}
			case "panic":
				panic("on purpose")
			}
			return mockserver.Refusal("forbidden", "not today")
		},
	}}).signUp("me@example.com")
	c.send("GET", "/me", "").has(403).says(`{"reason":"not today"}`)
	a := c.send("GET", "/me?as=page", "").has(200)
	if a.header.Get("Content-Type") != "text/html" {
		t.Errorf("%v", a.header)
	}
	c.send("GET", "/me?as=panic", "").has(500).says("on purpose")
	c.send("GET", "/ideas", "").has(200)
}

// Registered handlers go by an operationId; an operation that merely shares
// the name with one is a plain verb.
func TestAnOperationThatOnlySharesANameIsAPlainVerb(t *testing.T) {
	text := strings.NewReplacer("showPet", "me", "search", "logIn").Replace(petstore)
	c := serve(t, parse(t, text), mockserver.Options{Empty: true})
	c.send("POST", "/pets", `{"name":"Rex"}`).has(201)
	c.send("GET", "/pets/1", "").has(200).says("Rex")
}

// plainLogin has sign-up and log-in without any x-key.
const plainLogin = `
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /signup:
    post:
      operationId: signUp
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"201": {description: ok, content: {application/json: {schema: {type: object, required: [token, user], properties: {token: {type: string}, user: {type: object, properties: {username: {type: string}}}}}}}}}
  /login:
    post:
      operationId: logIn
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [username, password], properties: {username: {type: string}, password: {type: string}}}}}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: object, required: [token], properties: {token: {type: string}}}}}}}
  /profile:
    get: {operationId: me, security: [{bearer: []}], responses: {"200": {description: ok, content: {application/json: {schema: {type: object, properties: {id: {type: string}, username: {type: string}}}}}}}}
  /notes:
    post: {operationId: addNote, security: [{bearer: []}], requestBody: {content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}, responses: {"201": {description: ok, content: {application/json: {schema: {type: object, properties: {id: {type: string}, text: {type: string}}}}}}}}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
`

func TestAPlainContractWithALoginIsStrictAboutItsTokens(t *testing.T) {
	c := serveUnchecked(t, parse(t, plainLogin), mockserver.Options{})
	a := c.send("POST", "/signup", `{"username":"ann","password":"secret"}`).has(201)
	token := "Authorization: Bearer " + a.text("token")
	c.send("POST", "/login", `{"username":"ann","password":"wrong"}`).has(401)
	c.send("POST", "/login", `{"username":"ann","password":"secret"}`).has(200)
	c.send("POST", "/signup", `{"username":"ann","password":"secret"}`).has(409)
	c.send("GET", "/profile", "", token).has(200).says(`"username":"ann"`)
	c.send("GET", "/profile", "", "Authorization: Bearer made-up").has(401)
	c.send("POST", "/notes", `{"text":"x"}`, token).has(201).says(`"text":"x"`)
	if demo := c.server.World().Demo(); demo == nil || demo.Password == "" || demo.Kind != "notes" {
		t.Errorf("%+v", demo)
	}
}

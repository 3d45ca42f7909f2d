package contract_test

import (
	"testing"

	"assay/contract"
)

// A token may be written into an operation as well as into the components: its
// claims are found by name either way.
func TestATokenWrittenIntoAnOperationHasItsClaims(t *testing.T) {
	const text = `
openapi: 3.0.3
info: {title: T, version: "1"}
paths:
  /tokens:
    post:
      operationId: logIn
      responses:
        "201":
          description: A token.
          content:
            application/json:
              schema:
                type: object
                required: [jwt]
                properties:
                  jwt: {type: string, x-jwt: {alg: HS256, ttl: 60, claims: Claims}}
components:
  schemas:
    Claims: {type: object, required: [exp], properties: {exp: {type: integer}}}
`
	c, err := contract.Parse("inline.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Has("logIn.201.jwt.claims.exp.required") {
		t.Error("the claims give no rules")
	}
}

package contract_test

import (
	"net/url"
	"testing"

	"assay/contract"
)

// Accepts is the judge without words: it must say yes exactly where the judge
// has nothing to say.
func TestAcceptsAgreesWithTheJudge(t *testing.T) {
	c, err := contract.Load("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	accepted, refused := 0, 0
	for _, body := range []string{
		`{"content":"x","impact":1,"ease":10,"confidence":5}`, `{"content":"x","impact":1.0,"ease":1e1,"confidence":5}`,
		`{"content":"x","impact":0,"ease":10,"confidence":5}`, `{"content":"x","impact":11,"ease":10,"confidence":5}`,
		`{"content":"x","impact":5.5,"ease":10,"confidence":5}`, `{"content":"x","impact":"5","ease":10,"confidence":5}`,
		`{"content":"","impact":1,"ease":10,"confidence":5}`, `{"content":null,"impact":1,"ease":10,"confidence":5}`,
		`{"content":"x","impact":1,"ease":10,"confidence":5,"more":1}`, `{"impact":1,"ease":10,"confidence":5}`,
		`{"email":"a@example.com","name":"A","password":"the-Secret-123"}`, `{"email":"a@","name":"A","password":"the-Secret-123"}`,
		`{"email":"a@example.com","name":"A","password":"short1A"}`, `{"email":"a@example.com","name":"A","password":"nouppercase1"}`,
		`{"email":"a@example.com","password":"the-Secret-123"}`, `{"refresh_token":"x"}`, `{"refresh_token":7}`, `{}`, `[]`, `null`, `"x"`, `7`,
	} {
		value, err := contract.DecodeStrict([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range []url.Values{nil, {"page": {"1"}}, {"page": {"0"}}, {"page": {"x"}}, {"other": {"1"}}} {
			for _, hasBody := range []bool{true, false} {
				for _, op := range c.Operations {
					j := op.JudgeRequest(map[string]string{"id": "x"}, query, nil, value, hasBody)
					want := len(j.Breaches)+len(j.Remarks) == 0
					if got := op.Accepts(map[string]string{"id": "x"}, query, nil, value, hasBody); got != want {
						t.Errorf("%s, %v, %s, %v: Accepts says %v, the judge %+v %+v", op.ID, query, body, hasBody, got, j.Breaches, j.Remarks)
					}
					if want {
						accepted++
					} else {
						refused++
					}
				}
			}
		}
	}
	if accepted < 100 || refused < 100 {
		t.Errorf("only %d accepted and %d refused", accepted, refused)
	}
}

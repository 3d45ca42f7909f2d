package cognito

import (
	"assay/contract"
	"assay/mockserver"
	"assay/mockserver/idp/cognito"
	"assay/mockserver/idp/config"
	"os"
	"testing"
)

// start serves the pool on a free port. ASSAY_COGNITO names another one to try
// the clients on, which must have the default client and user.
func start(t *testing.T) target {
	t.Helper()
	d := config.Default()
	target := target{
		Endpoint: os.Getenv("ASSAY_COGNITO"), Pool: d.Cognito.Pool, Client: d.Cognito.Clients[0].ID,
		Username: config.DefaultUsername, Password: config.DefaultPassword,
	}
	if target.Endpoint != "" {
		return target
	}
	c, err := contract.Load("../../openapi/cognito.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server, err := mockserver.Start(c, cognito.New(&d).Equip(mockserver.Options{
		SelfCheck: func(op *contract.Operation, status int, body []byte, j contract.Judgement) {
			t.Errorf("the mock's answer to %s breaks its own contract: %d %+v", op.ID, status, j.Breaches)
		},
	}, c))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	target.Endpoint = server.URL
	return target
}

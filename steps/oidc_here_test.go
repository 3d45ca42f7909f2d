package steps

import "testing"

func TestAddressesUnderAnotherNameAreTakenToTheTarget(t *testing.T) {
	for _, tt := range []struct{ says, base, issuer, address, want string }{
		{"the target's own name stays", "http://localhost:8080", "http://localhost:8080/oidc", "http://localhost:8080/oidc/auth", "http://localhost:8080/oidc/auth"},
		{"the names of this machine are one", "http://127.0.0.1:8080", "http://localhost:8080", "http://localhost:8080/auth", "http://localhost:8080/auth"},
		{"a name that is written down gives way", "http://localhost:8080", "https://tenant.example/oidc", "https://tenant.example/oidc/auth?x=1", "http://localhost:8080/oidc/auth?x=1"},
		{"another port is another server", "http://localhost:8080", "http://localhost:9090", "http://localhost:9090/auth", "http://localhost:8080/auth"},
		{"a third server stays", "http://localhost:8080", "https://tenant.example", "https://keys.example/jwks", "https://keys.example/jwks"},
		{"without an issuer nothing is known", "http://localhost:8080", "", "https://tenant.example/auth", "https://tenant.example/auth"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			s := &signing{w: &World{run: &run{base: tt.base}}, provider: &provider{issuer: tt.issuer}}
			if got := s.here(tt.address); got != tt.want {
				t.Errorf("got %s, expected %s", got, tt.want)
			}
		})
	}
}

package authing

import (
	"slices"
	"time"

	"assay/mockserver/idp/oidc"
)

// profile are the twenty claims in the recorded order. What is not set is null, and so
// is what the scope does not let see; booleans are then false (OpenID Connect Core §5.4
// says which scope lets see what).
func profile(u *oidc.User, updated time.Time, scope []string) oidc.Object {
	of := func(need, name string) any {
		if !slices.Contains(scope, need) {
			return nil
		}
		return u.Claims[name]
	}
	yes := func(need, name string) bool { return of(need, name) == true }
	return oidc.Object{
		{Name: "sub", Value: u.ID},
		{Name: "email", Value: of("email", "email")},
		{Name: "email_verified", Value: yes("email", "email_verified")},
		{Name: "birthdate", Value: of("profile", "birthdate")},
		{Name: "family_name", Value: of("profile", "family_name")},
		{Name: "gender", Value: or(of("profile", "gender"), unknownGender)},
		{Name: "given_name", Value: of("profile", "given_name")},
		{Name: "locale", Value: of("profile", "locale")},
		{Name: "middle_name", Value: of("profile", "middle_name")},
		{Name: "name", Value: of("profile", "name")},
		{Name: "nickname", Value: of("profile", "nickname")},
		{Name: "picture", Value: or(of("profile", "picture"), avatar)},
		{Name: "preferred_username", Value: of("profile", "preferred_username")},
		{Name: "profile", Value: of("profile", "profile")},
		{Name: "updated_at", Value: moment(updated)},
		{Name: "website", Value: of("profile", "website")},
		{Name: "zoneinfo", Value: of("profile", "zoneinfo")},
		{Name: "phone_number", Value: of("phone", "phone_number")},
		{Name: "phone_number_verified", Value: yes("phone", "phone_number_verified")},
		{Name: "address", Value: oidc.Object{
			{Name: "country", Value: of("address", "country")},
			{Name: "postal_code", Value: of("address", "postal_code")},
			{Name: "region", Value: of("address", "region")},
			{Name: "formatted", Value: of("address", "formatted")},
		}},
	}
}

const (
	unknownGender = "U"
	// avatar is a picture without an address, so that no page of an application reaches out for it.
	avatar = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='%23889'/%3E%3C/svg%3E"
)

func or(value any, otherwise string) any {
	if value == nil {
		return otherwise
	}
	return value
}

// moment is written with milliseconds, as recorded.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"assay/contract"
	"assay/mockserver/idp/config"
)

// UserID is the id that a user has with a provider: 24 hex digits that follow from the name.
func UserID(provider, username string) string {
	sum := sha256.Sum256([]byte(provider + "\x00" + username))
	return hex.EncodeToString(sum[:12])
}

// Users turns the configured users into a provider's, their ids behind a prefix.
// Attributes that OpenID Connect has as booleans become such.
func Users(provider, prefix string, configured []config.User, since time.Time) []User {
	users := make([]User, 0, len(configured))
	for _, c := range configured {
		claims := map[string]any{}
		for _, a := range c.Attributes {
			switch a.Name {
			case "sub": // of another provider
			case "email_verified", "phone_number_verified":
				claims[a.Name] = a.Value == "true"
			default:
				claims[a.Name] = a.Value
			}
		}
		users = append(users, User{
			ID: prefix + UserID(provider, c.Username), Username: c.Username, Password: c.Password,
			Claims: claims, Permissions: c.Permissions, UpdatedAt: since, Before: since,
		})
	}
	return users
}

// Clients turns the configured clients into the engine's.
func Clients(configured []config.OIDCClient) []Client {
	clients := make([]Client, 0, len(configured))
	for _, c := range configured {
		clients = append(clients, Client{ID: c.ID, Name: c.Name, Secret: c.Secret, RedirectURIs: c.RedirectURIs, LogoutURIs: c.LogoutURIs})
	}
	return clients
}

// LifetimesOf takes the configured lifetimes, and from the contract those that its tokens state.
func LifetimesOf(configured config.OIDCLifetimes, access, id *contract.Schema) Lifetimes {
	return Lifetimes{
		Transaction: configured.SignIn, Code: configured.Code, Session: configured.Session,
		Access: configured.AccessToken, ID: configured.IDToken, Refresh: configured.RefreshToken,
	}.Or(Lifetimes{Access: ttl(access), ID: ttl(id)})
}

// AlgorithmsOf are those that the contract's tokens state.
func AlgorithmsOf(access, id *contract.Schema) Algorithms {
	return Algorithms{algorithm(access), algorithm(id)}
}

func algorithm(s *contract.Schema) string {
	if s == nil || s.JWT == nil {
		return ""
	}
	return s.JWT.Algorithm
}

// ttl is the lifetime that x-jwt states; 0 for none.
func ttl(s *contract.Schema) time.Duration {
	if s == nil || s.JWT == nil {
		return 0
	}
	return time.Duration(s.JWT.Lifetime) * time.Second
}

// TokenMember is the schema of a token in the answer of the token endpoint: an edited contract
// may say something else there than in its components, whose schema is taken otherwise.
func TokenMember(c *contract.Contract, member, component string) *contract.Schema {
	if op := c.Operation("token"); op != nil && op.Success != nil {
		if p := op.Success.Schema.Property(member); p != nil && p.Schema != nil && p.JWT != nil {
			return p.Schema
		}
	}
	return c.Schema(component)
}

// ClaimsOf is the schema of a token's claims; nil where the contract has none.
func ClaimsOf(s *contract.Schema) *contract.Schema {
	if s == nil || s.JWT == nil {
		return nil
	}
	return s.JWT.Claims
}

package contract

// Roles: members that a server or a client treats in a special way are told by
// the vocabulary, never by their names.

// IsRefreshToken reports whether a member of this name carries a refresh
// token: some answer gives it as x-computed: {refreshtoken: []}.
func (c *Contract) IsRefreshToken(member string) bool {
	for _, o := range c.Operations {
		if o.Success == nil || o.Success.Schema == nil {
			continue
		}
		if p := o.Success.Schema.Property(member); p != nil && p.Computed != nil && p.Computed.Function == "refreshtoken" {
			return true
		}
	}
	return false
}

// TokenMember returns the member of the object that is an access token, by
// x-jwt, or nil.
func (s *Schema) TokenMember() *Property {
	return s.find(func(p *Property) bool { return p.JWT != nil })
}

// RefreshTokenMember returns the member that the server makes as a refresh
// token, or nil.
func (s *Schema) RefreshTokenMember() *Property { return s.Makes("refreshtoken") }

// Makes returns the member that the named function of x-computed sets, or nil.
func (s *Schema) Makes(function string) *Property {
	return s.find(func(p *Property) bool { return p.Computed != nil && p.Computed.Function == function })
}

// OfFormat returns the first member of a string format, such as email or
// password, or nil.
func (s *Schema) OfFormat(format string) *Property {
	return s.find(func(p *Property) bool { return p.Format == format })
}

func (s *Schema) find(is func(*Property) bool) *Property {
	if s == nil {
		return nil
	}
	for _, p := range s.Properties {
		if is(p) {
			return p
		}
	}
	return nil
}

package samples

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"assay/contract"
)

// role is what a string member stands for.
type role int

const (
	plainText role = iota
	fullName
	emailAddress
	password
	firstName
	lastName
	username
	webAddress
	phone
	street
	city
	country
	postcode
	company
	colour
	identifier
	token
	dateTime
	date
	base64Bytes
)

// roleOf reads a member's role from its format and, failing that, from its name.
func roleOf(schema *contract.Schema, name string) role {
	if schema != nil {
		if schema.Type != "" && schema.Type != "string" || len(schema.Enum) > 0 {
			return plainText
		}
		switch schema.Format {
		case "email", "idn-email":
			return emailAddress
		case "password":
			return password
		case "uri", "url", "uri-reference", "iri":
			return webAddress
		case "uuid":
			return identifier
		case "date-time":
			return dateTime
		case "date":
			return date
		case "byte":
			return base64Bytes
		}
	}
	key := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "", ".", "").Replace(name))
	if r, ok := roles[key]; ok {
		return r
	}
	switch {
	case strings.HasSuffix(key, "email"):
		return emailAddress
	case strings.HasSuffix(key, "password"):
		return password
	case strings.HasSuffix(key, "url") || strings.HasSuffix(key, "uri") || strings.HasSuffix(key, "href"):
		return webAddress
	case strings.HasSuffix(key, "token"):
		return token
	}
	return plainText
}

var roles = map[string]role{
	"name": fullName, "fullname": fullName, "displayname": fullName, "author": fullName, "owner": fullName, "customer": fullName,
	"email": emailAddress, "mail": emailAddress, "emailaddress": emailAddress,
	"password": password, "passwd": password, "passphrase": password,
	"firstname": firstName, "givenname": firstName, "lastname": lastName, "familyname": lastName, "surname": lastName,
	"username": username, "login": username, "nickname": username, "nick": username, "handle": username,
	"website": webAddress, "link": webAddress, "picture": webAddress, "avatar": webAddress, "image": webAddress, "photo": webAddress,
	"phone": phone, "phonenumber": phone, "mobile": phone, "telephone": phone,
	"street": street, "address": street, "city": city, "town": city, "country": country,
	"zip": postcode, "zipcode": postcode, "postcode": postcode, "postalcode": postcode,
	"company": company, "organisation": company, "organization": company,
	"color": colour, "colour": colour, "uuid": identifier, "id": identifier,
	"createdat": dateTime, "updatedat": dateTime, "timestamp": dateTime, "date": date, "birthdate": date, "birthday": date,
}

// String returns a string that fits the schema: its format, length and
// patterns first, the member's name where these leave it open.
func (s *Source) String(schema *contract.Schema, name string) string {
	r := roleOf(schema, name)
	if r == password {
		return s.Password(schema)
	}
	value := s.byRole(r)
	if fits(schema, value) {
		return value
	}
	if len(schema.Patterns) > 0 {
		if made, ok := s.matching(schema); ok {
			return made
		}
	}
	return s.fitted(value, schema)
}

func (s *Source) byRole(r role) string {
	switch r {
	case fullName:
		return s.Name()
	case emailAddress:
		return s.Email()
	case firstName:
		return s.fake.FirstName()
	case lastName:
		return s.fake.LastName()
	case username:
		return fmt.Sprintf("%s%d", strings.ToLower(s.fake.FirstName()), 10+s.Intn(90))
	case webAddress:
		return "https://www.example.com/" + strings.ToLower(s.fake.Color()) + "-" + strings.ToLower(s.fake.Noun())
	case phone:
		return fmt.Sprintf("+1 555 01%02d", s.Intn(100)) // reserved for fiction
	case street:
		return s.fake.Street()
	case city:
		return s.fake.City()
	case country:
		return s.fake.Country()
	case postcode:
		return s.fake.Zip()
	case company:
		return s.fake.Company()
	case colour:
		return s.fake.SafeColor()
	case identifier:
		return s.fake.UUID()
	case token:
		return s.letters(32, "0123456789abcdef")
	case dateTime:
		return s.day().Format(time.RFC3339)
	case date:
		return s.day().Format(time.DateOnly)
	case base64Bytes:
		return base64.StdEncoding.EncodeToString([]byte(s.Sentence()))
	}
	return s.Sentence()
}

// day returns a moment of the years 2020 to 2024: the clock is not asked.
func (s *Source) day() time.Time {
	return time.Unix(1577836800+int64(s.Intn(5*365*24*3600)), 0).UTC()
}

func (s *Source) letters(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[s.Intn(len(alphabet))]
	}
	return string(b)
}

// fits reports whether a string keeps the schema's length and patterns.
func fits(schema *contract.Schema, value string) bool {
	if schema == nil {
		return true
	}
	n := utf8.RuneCountInString(value)
	if n < schema.MinLength || schema.MaxLength != nil && n > *schema.MaxLength {
		return false
	}
	for _, p := range schema.Patterns {
		if p.Regexp != nil && !p.Regexp.MatchString(value) {
			return false
		}
	}
	return true
}

// fitted makes a text as long as the schema asks, patterns aside.
func (s *Source) fitted(value string, schema *contract.Schema) string {
	n := utf8.RuneCountInString(value)
	switch {
	case schema.MaxLength != nil && n > *schema.MaxLength:
		return s.Text(max(*schema.MaxLength, 0))
	case n < schema.MinLength:
		return s.Text(schema.MinLength)
	}
	return value
}

// Password returns a password that a person could remember and that has the
// schema's length and meets its patterns; without a schema one of two words
// and three digits, with upper-case and lower-case letters.
func (s *Source) Password(schema *contract.Schema) string {
	made := func() string {
		return s.pick(adjectives) + "-" + s.pick(animals) + "-" + s.letters(3, "0123456789")
	}
	value := made()
	if fits(schema, value) {
		return value
	}
	for n := utf8.RuneCountInString(value); n < schema.MinLength; n = utf8.RuneCountInString(value) {
		value += "-" + s.pick(animals)
	}
	if schema.MaxLength != nil && len(value) > *schema.MaxLength {
		value = s.pick(animals)[:1] + s.letters(max(*schema.MaxLength-4, 0), "abcdefghijkmnopqrstuvwxyz") + s.letters(3, "23456789")
		value = value[:min(len(value), *schema.MaxLength)]
	}
	if fits(schema, value) {
		return value
	}
	for _, more := range []string{"!", "!A", "!Aa", "!Aa1", "_A1", "#1"} {
		if fits(schema, value+more) {
			return value + more
		}
	}
	if matched, ok := s.matching(schema); ok {
		return matched
	}
	return value
}

var (
	adjectives = []string{"Amber", "Quiet", "Brave", "Silver", "Gentle", "Rapid", "Velvet", "Sunny", "Hidden", "Clever", "Mellow", "Frosty"}
	animals    = []string{"Otter", "Heron", "Badger", "Falcon", "Marten", "Walrus", "Lynx", "Puffin", "Gecko", "Ibex", "Tapir", "Plover"}
)

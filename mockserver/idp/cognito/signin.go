package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"assay/contract"
	"assay/mockserver/idp/cognito/srp"
	"assay/mockserver/idp/config"
)

// A Challenge asks a client to prove that it knows the password.
type Challenge struct {
	Salt        string // 32 hexadecimal digits
	SecretBlock string // standard base64
	PublicB     string // 768 hexadecimal digits
	Username    string
}

// Begin starts a sign-in (InitiateAuth with USER_SRP_AUTH).
func (e *Engine) Begin(clientID string, parameters map[string]string) (*Challenge, *Error) {
	client, refusal := e.client(clientID)
	if refusal != nil {
		return nil, refusal
	}
	name, refusal := required(parameters, "USERNAME")
	if refusal != nil {
		return nil, refusal
	}
	if refusal := e.authenticateClient(client, parameters, name); refusal != nil {
		return nil, refusal
	}
	public, refusal := e.public(parameters)
	if refusal != nil {
		return nil, refusal
	}
	who, refusal := e.challenged(name)
	if refusal != nil {
		return nil, refusal
	}
	return e.challenge(client, who, public), nil
}

// public reads SRP_A.
func (e *Engine) public(parameters map[string]string) (srp.Public, *Error) {
	text, refusal := required(parameters, "SRP_A")
	if refusal != nil && e.obeys("initiateAuth.parameters-of-the-flow") {
		return srp.Public{}, refusal
	}
	if refusal := e.unsaidOfSpelling(text); refusal != nil {
		return srp.Public{}, refusal
	}
	public, err := srp.ParsePublic(text)
	if err != nil {
		public, err = e.unsaidOfPublic(text, err)
	}
	if err != nil {
		return public, invalid(err.Error())
	}
	return public, nil
}

// challenged finds whom to challenge under a name.
func (e *Engine) challenged(name string) (*user, *Error) {
	e.mu.Lock()
	barred := e.barred[name]
	e.mu.Unlock()
	if who := e.pool.users[name]; who != nil && !barred {
		return who, nil
	}
	switch {
	case !e.obeys("initiateAuth.unknown-user-hidden"):
		return e.pool.somebody(name, e.bytes), nil
	case e.pool.hide || !e.obeys("initiateAuth.unknown-user"):
		return e.pool.nobody(name), nil
	}
	return nil, &Error{contract.Unknown, UserNotFound, "User does not exist."}
}

func (e *Engine) challenge(client config.CognitoClient, who *user, public srp.Public) *Challenge {
	verifier := who.verifier()
	for {
		c := challenge{
			id: blockID(e.bytes(len(blockID{}))), secret: e.secret(),
			expires: e.now().Add(e.terms.Load().Block), public: public,
			user: sha256.Sum256([]byte(who.name)), client: sha256.Sum256([]byte(client.ID)),
		}
		offer, ok := srp.NewOffer(verifier, c.secret[:])
		if !ok {
			continue // B = 0: once in 2^3072
		}
		c.scrambler = [srp.ScramblerSize]byte(offer.Scrambler(public))
		return &Challenge{Salt: verifier.Salt(), SecretBlock: e.sealBlock(c), PublicB: offer.Hex(), Username: who.name}
	}
}

// Prove ends a sign-in (RespondToAuthChallenge with PASSWORD_VERIFIER): it
// gives tokens to whoever proves to know the password, once for each challenge.
func (e *Engine) Prove(clientID string, responses map[string]string) (*Tokens, *Error) {
	client, refusal := e.client(clientID)
	if refusal != nil {
		return nil, refusal
	}
	var given [4]string // in the order of the recording
	for i, name := range []string{"USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE"} {
		if given[i], refusal = required(responses, name); refusal != nil {
			return nil, refusal
		}
	}
	name, block, timestamp, signature := given[0], given[1], given[2], given[3]
	if refusal := e.authenticateClient(client, responses, name); refusal != nil {
		return nil, refusal
	}
	if refusal := e.checkTimestamp(timestamp); refusal != nil {
		return nil, refusal
	}
	sealed, err := base64.StdEncoding.DecodeString(block)
	if err != nil || !e.proves(client, name, sealed, timestamp, signature) {
		return nil, incorrect()
	}
	who := e.named(name)
	if who == nil {
		who = e.unsaidOfStranger(name)
	}
	if who == nil { // the challenge was a disguise
		return nil, incorrect()
	}
	return e.signIn(client, who), nil
}

// proves reports whether the answer to a challenge shows knowledge of the password.
func (e *Engine) proves(client config.CognitoClient, name string, sealed []byte, timestamp, signature string) bool {
	c, ours := e.openBlock(sealed)
	if !ours {
		return !e.obeys("respondToAuthChallenge.secret-block-given")
	}
	who := e.named(name)
	if who == nil {
		who = e.pool.nobody(name) // reckoned with all the same: the time taken must not tell
	}
	user, id := sha256.Sum256([]byte(who.name)), sha256.Sum256([]byte(client.ID))
	switch {
	case user != c.user && e.obeys("respondToAuthChallenge.secret-block-of-user"),
		id != c.client && e.obeys("respondToAuthChallenge.secret-block-of-client"),
		!e.now().Before(c.expires) && e.obeys("respondToAuthChallenge.secret-block-expires"):
		return false
	}
	// Spent before it is proven, so that a block is good for one guess.
	if !e.spend(c) && e.obeys("respondToAuthChallenge.secret-block-once") {
		return false
	}
	if !e.obeys("respondToAuthChallenge.password-proven") || e.pool.users[who.name] == nil && !e.obeys("initiateAuth.unknown-user") {
		return true
	}
	if user != c.user {
		who = e.challengedBy(c) // whoever was challenged proves, and another one is signed in
	}
	key := srp.SessionKey(who.verifier(), c.public, c.scrambler[:], c.secret[:])
	return srp.Proves(srp.Claim(key, e.pool.name, who.name, sealed, timestamp), signature)
}

// challengedBy finds the user to whom a challenge was given.
func (e *Engine) challengedBy(c challenge) *user {
	for name, who := range e.pool.users {
		if sha256.Sum256([]byte(name)) == c.user {
			return who
		}
	}
	return e.pool.nobody("")
}

// named finds a user by name, or by sub, which AWS takes for a name too.
func (e *Engine) named(name string) *user {
	if who := e.pool.users[name]; who != nil {
		return who
	}
	return e.pool.bySub[name]
}

// timestampLayout is how a client writes the time of its proof: the day is not padded.
const timestampLayout = "Mon Jan 2 15:04:05 MST 2006"

// checkTimestamp refuses what is no time. It does not compare the time with
// the clock: a widespread client writes a 12-hour clock, the mock's own clock
// can be moved, and it is the secret block that expires. AWS signs the text
// that it would have written for that moment, so that a padded day or a wrong
// weekday is a wrong signature.
func (e *Engine) checkTimestamp(text string) *Error {
	t, err := time.Parse(timestampLayout, text)
	switch {
	case err != nil && e.obeys("respondToAuthChallenge.timestamp-format"):
		return invalid("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
	case err == nil && t.Format(timestampLayout) != text && e.obeys("respondToAuthChallenge.timestamp-as-written"):
		return incorrect()
	case err == nil:
		return e.unsaidOfTime(t)
	}
	return nil
}

// client finds an app client of the pool.
func (e *Engine) client(id string) (config.CognitoClient, *Error) {
	client, known := e.pool.clients[id]
	if !known {
		if id == "" {
			return client, missing("ClientId")
		}
		if !e.obeys("token.client-known") {
			return config.CognitoClient{ID: id}, nil
		}
		return client, &Error{contract.Unknown, ResourceNotFound, "User pool client " + id + " does not exist."}
	}
	return client, nil
}

// authenticateClient checks the SECRET_HASH of a client that has a secret; it
// may be made with any of the names by which the client knows the user.
func (e *Engine) authenticateClient(c config.CognitoClient, parameters map[string]string, names ...string) *Error {
	given := parameters["SECRET_HASH"]
	switch {
	case c.Secret == "":
		return nil
	case given == "":
		return &Error{contract.Credentials, NotAuthorized, "Client " + c.ID + " is configured with secret but SECRET_HASH was not received"}
	}
	same := slices.ContainsFunc(names, func(name string) bool {
		return subtle.ConstantTimeCompare([]byte(given), []byte(secretHash(c, name))) == 1
	})
	if !same {
		return &Error{contract.Credentials, NotAuthorized, "Unable to verify secret hash for client " + c.ID}
	}
	return nil
}

func required(parameters map[string]string, name string) (string, *Error) {
	if strings.TrimSpace(parameters[name]) == "" {
		return "", missing(name)
	}
	return parameters[name], nil
}

// obeys reports whether the contract holds the sentence.
func (e *Engine) obeys(rule string) bool { return e.terms.Load().Has(rule) }

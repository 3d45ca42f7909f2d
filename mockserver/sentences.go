package mockserver

import (
	"strings"

	"assay/contract"
)

// A saying is a sentence of x-rules that the mock obeys, by the part of the
// rule's id behind the operation: "private" in listNotes.private.
type saying int

const (
	sayValuesAsSent saying = iota
	sayUniqueIDs
	sayStored
	sayEveryItemOnce
	sayPastTheEnd
	sayPrivate
	sayKnownOnly
	sayKeepsID
	sayKeepsCreatedAt
	sayTouchesNoOther
	sayGone
	sayOthersStay
	sayUniqueEmail
	sayWrongCredentials
	saySecondSession
	sayFirstSession
	sayUsableToken
	sayUsableRefresh
	sayOwnAccount
	sayUnknownToken
	sayTokenStaysValid
	sayTokenDies
	sayLogInAgain
	sayOwn
	saySignature
	sayPayload
	sayAlgorithm
	sayExpiry
	sayLivesOn
	sayings // how many there are
)

// sentence says for which verbs a saying counts and what the mock does while
// the contract does not hold it.
type sentence struct {
	saying saying
	suffix string
	verbs  []verb
	absent string
}

// sentences is the one table of what only a sentence can say. Striking a
// sentence out of a contract makes its mock behave as the last column tells.
var sentences = []sentence{
	{sayValuesAsSent, "values-as-sent", []verb{doCreate, doReplace, doPatch}, "texts are stored with their HTML characters escaped and without the spaces around them"},
	{sayUniqueIDs, "unique-ids", []verb{doCreate}, "a new record takes the id of the one before"},
	{sayStored, "stored", []verb{doCreate, doReplace, doPatch}, "the answer is given, and nothing is kept"},
	{sayEveryItemOnce, "every-item-once", []verb{doList}, "each page begins with the last item of the page before"},
	{sayPastTheEnd, "past-the-end", []verb{doList}, "a page past the last is refused as unknown"},
	{sayPrivate, "private", []verb{doList, doShow, doReplace, doPatch, doRemove}, "everybody's records are reached"},
	{sayKnownOnly, "unknown", []verb{doShow, doReplace, doPatch, doRemove}, "an unknown id is answered as if it were known"},
	{sayKeepsID, "keeps-id", []verb{doReplace, doPatch}, "an update gives the record a new id"},
	{sayKeepsCreatedAt, "keeps-created-at", []verb{doReplace, doPatch}, "an update sets every moment anew"},
	{sayTouchesNoOther, "touches-no-other", []verb{doReplace, doPatch}, "an update changes one more record in the same way"},
	{sayGone, "gone", []verb{doRemove}, "a deleted record stays"},
	{sayOthersStay, "others-stay", []verb{doRemove}, "a deletion takes one more record with it"},
	{sayUniqueEmail, "unique-email", []verb{doSignUp}, "an e-mail address may sign up again"},
	{sayWrongCredentials, "wrong-credentials", []verb{doLogIn}, "any password opens an account"},
	{saySecondSession, "second-session", []verb{doLogIn}, "a log-in makes the access tokens given before useless"},
	{sayFirstSession, "first-session", []verb{doLogIn}, "a log-in makes the refresh tokens given before useless"},
	{sayUsableToken, "usable-token", []verb{doSignUp, doLogIn, doRefresh}, "the access token that it gives has a broken signature"},
	{sayUsableRefresh, "usable-refresh-token", []verb{doSignUp, doLogIn}, "the refresh token that it gives is unknown afterwards"},
	{sayOwnAccount, "own-account", []verb{doLogIn, doRefresh}, "the access token that it gives is another user's"},
	{sayUnknownToken, "unknown-token", []verb{doRefresh}, "any refresh token is taken"},
	{sayTokenStaysValid, "token-stays-valid", []verb{doRefresh}, "a refresh token works once"},
	{sayTokenDies, "refresh-token-dies", []verb{doLogOut}, "the refresh token goes on working"},
	{sayLogInAgain, "log-in-again", []verb{doLogOut}, "who has logged out may not log in again"},
	{sayOwn, "own", []verb{doMe}, "somebody else's account is shown"},
	{saySignature, "signature", []verb{doToken}, "an issued token is taken with any signature"},
	{sayPayload, "payload", []verb{doToken}, "an issued signature is taken with any payload"},
	{sayAlgorithm, "algorithm", []verb{doToken}, "a token that names another algorithm is taken unverified"},
	{sayExpiry, "expiry", []verb{doToken}, "an expired token is taken"},
	{sayLivesOn, "lives-on", []verb{doToken}, "a token is refused a minute before it expires"},
}

// obeyed holds which sayings an operation, or the contract's tokens, obey.
type obeyed [sayings]bool

// An Unsaid is a sentence that the contract does not hold, so that the mock
// does not do what it would say.
type Unsaid struct {
	ID     string // the rule id that is missing
	Effect string // what the mock does instead
}

// saidBy is how a contract is read: taken at its word, or given the benefit of
// the doubt.
//
// A contract that speaks the vocabulary is taken at its word: what it does not
// say is not done. Another knows nothing of these sentences and must still be
// served sensibly. So an operation is at its word when it states at least half
// of the sentences that its verb knows; one that states none is, when three
// quarters of the other operations are.
type saidBy struct {
	contract *contract.Contract
	verbs    map[string]verb // operationId → verb; "token" for the tokens
}

func (s saidBy) counts(id string) (said, known int) {
	for _, row := range sentences {
		if row.has(s.verbs[id]) {
			known++
			if s.contract.Has(id + "." + row.suffix) {
				said++
			}
		}
	}
	return said, known
}

func (row sentence) has(v verb) bool {
	for _, w := range row.verbs {
		if w == v {
			return true
		}
	}
	return false
}

func (s saidBy) atItsWord(id string) bool {
	said, known := s.counts(id)
	if said > 0 {
		return 2*said >= known
	}
	others, spelledOut := 0, 0
	for other := range s.verbs {
		said, known := s.counts(other)
		if other == id || known == 0 {
			continue
		}
		others++
		if said > 0 && 2*said >= known {
			spelledOut++
		}
	}
	return others > 0 && 4*spelledOut >= 3*others
}

// obeyedBy returns what the operation obeys, and what it leaves undone for
// want of a sentence. privateElsewhere says that another operation on the
// same records is private.
func (s saidBy) obeyedBy(id string, privateElsewhere bool) (o obeyed, unsaid []Unsaid) {
	word := s.atItsWord(id)
	for _, row := range sentences {
		if !row.has(s.verbs[id]) {
			continue
		}
		rule := id + "." + row.suffix
		switch {
		case s.contract.Has(rule):
			o[row.saying] = true
		case word:
			unsaid = append(unsaid, Unsaid{ID: rule, Effect: row.absent})
		case row.saying == sayPrivate:
			o[sayPrivate] = privateElsewhere
		default:
			o[row.saying] = true
		}
	}
	return o, unsaid
}

// statesPrivate reports whether one of the operations is said to be private.
func (s saidBy) statesPrivate(ids []string) bool {
	for _, id := range ids {
		if s.contract.Has(id + ".private") {
			return true
		}
	}
	return false
}

// Sentences lists the suffixes of the rule ids that the mock obeys, with the
// names of the verbs they belong to, in the order of the table.
func Sentences() []string {
	out := make([]string, len(sentences))
	for i, row := range sentences {
		names := make([]string, len(row.verbs))
		for j, v := range row.verbs {
			names[j] = v.String()
		}
		out[i] = row.suffix + " (" + strings.Join(names, ", ") + ")"
	}
	return out
}

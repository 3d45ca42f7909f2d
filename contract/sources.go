package contract

// sources are the x-source entries standing at one place of the contract.
type sources []source

// A source entry, as written: {at, says, for, basis, level, note, why}.
type source struct {
	At    string
	Says  string
	For   []string // keywords it speaks for; empty for all at its place
	Basis Basis
	Level string // "MUST" or "SHOULD", for a spec
	Note  string
	Why   string
	Line  int
}

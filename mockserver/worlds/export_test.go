package worlds

// ForgetJournals does at once what Run does now and then.
func (s *Set) ForgetJournals() { s.forgetJournals() }

// MostJournals is how many worlds remember their exchanges.
const MostJournals = mostJournals

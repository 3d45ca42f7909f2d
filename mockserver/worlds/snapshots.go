package worlds

import (
	"slices"
	"strings"
	"time"
)

// mostSnapshots bounds them: each keeps alive what it holds.
const mostSnapshots = 1000

// Snapshot keeps a world as it is now under a name, in the place of the
// snapshot that had the name before.
func (s *Set) Snapshot(world, name string) (*Snapshot, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var taken *Snapshot
	err := s.lockedAndSaved(func() error {
		w := s.find(world)
		if w == nil {
			return NoSuchWorld.New("there is no world called %q", clip(world))
		}
		if s.snapshots[name] == nil && len(s.snapshots) >= mostSnapshots {
			return TooManyWorlds.New("there are %d snapshots, which is as many as there may be", len(s.snapshots)).With("delete some: DELETE /_assay/snapshots/NAME")
		}
		taken = &Snapshot{Name: name, World: w.Name, Created: time.Now(), frozen: s.freeze(w)}
		s.keepSnapshot(taken)
		return nil
	})
	return taken, err
}

// Snapshots returns them in the order of their names.
func (s *Set) Snapshots() []*Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*Snapshot, 0, len(s.snapshots))
	for _, snapshot := range s.snapshots {
		all = append(all, snapshot)
	}
	slices.SortFunc(all, func(a, b *Snapshot) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// DeleteSnapshot forgets a snapshot; what was forked from it stays.
func (s *Set) DeleteSnapshot(name string) error {
	return s.lockedAndSaved(func() error {
		if s.snapshots[name] == nil {
			return NoSuchSnapshot.New("there is no snapshot called %q", clip(name))
		}
		s.dropSnapshot(name)
		return nil
	})
}

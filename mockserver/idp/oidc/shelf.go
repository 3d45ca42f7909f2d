package oidc

import (
	"maps"
	"slices"
	"time"
)

// shelfSize bounds what a stranger can make the provider remember.
const shelfSize = 20_000

// A shelf keeps values until a moment. Values are copies: change one by putting it back.
type shelf[T any] struct {
	items   map[string]kept[T]
	version uint64 // grows with every change
}

type kept[T any] struct {
	value T
	until time.Time
}

func (s *shelf[T]) put(key string, value T, now, until time.Time) {
	s.version++
	if s.items == nil {
		s.items = map[string]kept[T]{}
	}
	if _, there := s.items[key]; !there && len(s.items) >= shelfSize {
		s.sweep(now)
	}
	s.items[key] = kept[T]{value, until}
}

// get returns what is kept under the key and not past its moment.
func (s *shelf[T]) get(key string, now time.Time) (value T, ok bool) {
	item, there := s.items[key]
	if !there || !now.Before(item.until) {
		return value, false
	}
	return item.value, true
}

// ended returns what is kept under the key, whatever the moment.
func (s *shelf[T]) ended(key string) (T, bool) {
	item, there := s.items[key]
	return item.value, there
}

// change puts back a value under its key without moving its moment.
func (s *shelf[T]) change(key string, with func(*T)) {
	if item, there := s.items[key]; there {
		s.version++
		with(&item.value)
		s.items[key] = item
	}
}

func (s *shelf[T]) drop(key string) {
	s.version++
	delete(s.items, key)
}

// sweep drops what has ended, and a tenth that ends soonest where that is not enough.
func (s *shelf[T]) sweep(now time.Time) {
	maps.DeleteFunc(s.items, func(_ string, item kept[T]) bool { return !now.Before(item.until) })
	if len(s.items) < shelfSize {
		return
	}
	moments := make([]time.Time, 0, len(s.items))
	for _, item := range s.items {
		moments = append(moments, item.until)
	}
	slices.SortFunc(moments, time.Time.Compare)
	cut := moments[len(moments)/10]
	maps.DeleteFunc(s.items, func(_ string, item kept[T]) bool { return !item.until.After(cut) })
}

func (s *shelf[T]) clone() shelf[T] { return shelf[T]{items: maps.Clone(s.items)} }

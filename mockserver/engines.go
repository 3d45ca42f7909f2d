package mockserver

// A Keeper is a [Forker] whose state can be written down and read back.
// Handlers that keep such state in a world survive a restart with it.
type Keeper interface {
	Forker
	// Version grows with every change of the state. It costs little.
	Version() uint64
	// Save writes the state down.
	Save() ([]byte, error)
	// Restore puts in place what Save wrote; it is called before anything else.
	Restore([]byte) error
}

// tellEngines tells the log of the handlers' state where it has changed. The
// lock is held.
func (w *World) tellEngines() {
	for name, state := range w.extra {
		keeper, ok := state.(Keeper)
		if !ok || w.savedAt[name] == keeper.Version() {
			continue
		}
		version := keeper.Version() // before saving: what changes meanwhile is told next time
		saved, err := keeper.Save()
		if err != nil {
			continue
		}
		if w.savedAt == nil {
			w.savedAt = map[string]uint64{}
		}
		w.savedAt[name] = version
		w.changed(change(keyOf(keepsEngine, name), keptEngine{Name: name, State: saved}, false))
	}
}

func (w *World) dumpEngines(yield func(Change)) {
	for name, state := range w.extra {
		if keeper, ok := state.(Keeper); ok {
			if saved, err := keeper.Save(); err == nil {
				yield(change(keyOf(keepsEngine, name), keptEngine{Name: name, State: saved}, false))
			}
		}
	}
	for name, saved := range w.unread {
		yield(change(keyOf(keepsEngine, name), keptEngine{Name: name, State: saved}, false))
	}
}

// applyEngine keeps a handler's state until the handler asks for it.
func (w *World) applyEngine(k keptEngine, _ bool) error {
	if w.unread == nil {
		w.unread = map[string][]byte{}
	}
	w.unread[k.Name] = k.State
	return nil
}

// restored gives a handler's fresh state what was kept of it. The lock is held.
func (w *World) restored(name string, fresh Forker) Forker {
	saved, ok := w.unread[name]
	if !ok {
		return fresh
	}
	delete(w.unread, name)
	if keeper, ok := fresh.(Keeper); ok {
		_ = keeper.Restore(saved) // what cannot be read begins anew
	}
	return fresh
}

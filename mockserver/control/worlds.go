package control

import (
	"time"

	"assay/mockserver/worlds"
)

var worldActions = map[string]action{
	"getWorlds":       getWorlds,
	"createWorld":     createWorld,
	"getWorld":        getWorld,
	"deleteWorld":     func(c *call) (any, error) { return nil, c.options.Worlds.Delete(c.r.PathValue("name")) },
	"getSnapshots":    func(c *call) (any, error) { return c.options.Worlds.Snapshots(), nil },
	"takeSnapshot":    takeSnapshot,
	"deleteSnapshot":  func(c *call) (any, error) { return nil, c.options.Worlds.DeleteSnapshot(c.r.PathValue("name")) },
	"restoreSnapshot": restoreSnapshot,
}

// worldView is World of control.yaml.
type worldView struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	From    string    `json:"from"`
	Records int       `json:"records"`
	Users   int       `json:"users"`
}

func viewOfWorld(w *worlds.World) worldView {
	v := worldView{Name: w.Name, Created: w.Created, Used: w.Used(), From: w.From}
	v.Records, v.Users = w.State().Len()
	return v
}

func getWorlds(c *call) (any, error) {
	set := c.options.Worlds
	all := set.List()
	views := make([]worldView, len(all))
	for i, w := range all {
		views[i] = viewOfWorld(w)
	}
	options := set.Options()
	unknown := "seed"
	if options.Refuse {
		unknown = "refuse"
	}
	return map[string]any{"worlds": views, "limit": options.Most, "idle": options.Idle.Seconds(), "unknown": unknown}, nil
}

func createWorld(c *call) (any, error) {
	var sent struct{ Name, Snapshot, From string }
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	if sent.Snapshot != "" && sent.From != "" {
		return nil, invalid.New("a world is forked from a snapshot or from another world, not from both")
	}
	w, err := c.options.Worlds.Create(sent.Name, worlds.Source{World: sent.From, Snapshot: sent.Snapshot})
	if err != nil {
		return nil, err
	}
	return viewOfWorld(w), nil
}

func getWorld(c *call) (any, error) {
	name := c.r.PathValue("name")
	w := c.options.Worlds.Known(name)
	if w == nil {
		return nil, worlds.NoSuchWorld.New("there is no world called %q", clip(name))
	}
	return viewOfWorld(w), nil
}

func takeSnapshot(c *call) (any, error) {
	var sent struct{ Name string }
	if err := c.body(&sent); err != nil {
		return nil, err
	}
	return c.options.Worlds.Snapshot(c.world.Name, sent.Name)
}

func restoreSnapshot(c *call) (any, error) {
	return nil, c.options.Worlds.Restore(c.world.Name, worlds.Source{Snapshot: c.r.PathValue("name")})
}

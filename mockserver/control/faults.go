package control

import "assay/mockserver/faults"

var faultActions = map[string]action{
	"getFaults":   getFaults,
	"addFault":    addFault,
	"clearFaults": clearFaults,
	"removeFault": removeFault,
}

// faultView is Planted of control.yaml.
type faultView struct {
	faults.Planted
	Words string `json:"words"`
}

func viewOf(p faults.Planted) faultView { return faultView{p, p.Spec.String()} }

func getFaults(c *call) (any, error) {
	list := c.world.Faults().List()
	out := make([]faultView, len(list))
	for i, p := range list {
		out[i] = viewOf(p)
	}
	return out, nil
}

func addFault(c *call) (any, error) {
	var spec faults.Spec
	if err := c.body(&spec); err != nil {
		return nil, err
	}
	if err := spec.Check(c.mock.Contract()); err != nil {
		return nil, invalid.New("%v", err)
	}
	planted := c.world.Faults().Add(spec)
	c.world.Replant()
	return viewOf(planted), nil
}

func clearFaults(c *call) (any, error) {
	c.world.Faults().Clear()
	c.world.Replant()
	return nil, nil
}

func removeFault(c *call) (any, error) {
	if id := c.r.PathValue("id"); !c.world.Faults().Remove(id) {
		return nil, notFound.New("there is no fault %q in this world", clip(id))
	}
	c.world.Replant()
	return nil, nil
}

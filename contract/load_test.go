package contract_test

import (
	"fmt"
	"os"
	"testing"

	"assay/contract"
)

func TestPrintLedger(t *testing.T) {
	c, err := contract.Load("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Operations {
		for _, k := range o.Cases() {
			fmt.Printf("%-50s %v %v %.60v\n", k.Rule.ID, k.Accept, k.Absent, k.Value)
		}
	}
	f, m := c.CheckCitations(os.DirFS("/work/shared/documents"))
	fmt.Println(f, m)
}

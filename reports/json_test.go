package reports_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"assay/contract"
	"assay/reports"
)

// schemaOf compiles a JSON schema file.
func schemaOf(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("urn:schema", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:schema")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func valid(t *testing.T, schema *jsonschema.Schema, report []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func TestTheJSONReportFitsItsSchemaAndIsReadBackAsItWas(t *testing.T) {
	schema := schemaOf(t, "../docs/report.schema.json")
	for _, f := range append(fixtures, struct {
		name string
		run  func() *reports.Run
	}{"hostile", func() *reports.Run { return hostileRun("\x00\xff</script>\u202e\"") }}) {
		report := written(t, reports.JSON, f.run(), reports.Options{})
		if err := valid(t, schema, report); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
		read, err := reports.Read(bytes.NewReader(report))
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		// Bytes that are no Unicode can stand in bodies alone; elsewhere they are replaced once.
		if again := written(t, reports.JSON, read, reports.Options{}); !bytes.Equal(again, bytes.ReplaceAll(report, []byte(`\ufffd`), []byte("\ufffd"))) {
			t.Errorf("%s: written again it differs\n%s", f.name, cmp.Diff(string(report), string(again)))
		}
		if read.Exit() != f.run().Exit() {
			t.Errorf("%s: read back it exits with %d, not %d", f.name, read.Exit(), f.run().Exit())
		}
		for _, format := range reports.FormatNames() {
			if format == "json" || f.name == "hostile" {
				continue
			}
			of, afterwards := written(t, reports.Formats[format], f.run(), reports.Options{}), written(t, reports.Formats[format], read, reports.Options{})
			if diff := cmp.Diff(string(of), string(afterwards)); diff != "" {
				t.Errorf("%s: the %s report of what was read back differs\n%s", f.name, format, diff)
			}
		}
	}
}

func TestTheSchemaRefusesWhatIsNoRun(t *testing.T) {
	schema := schemaOf(t, "../docs/report.schema.json")
	for _, c := range []struct{ name, old, new string }{
		{"another schema", `"assay.run/1"`, `"assay.run/2"`},
		{"an unknown verdict", `"verdict": "crashed"`, `"verdict": "failed"`},
		{"an unknown outcome", `"outcome": "blocked"`, `"outcome": "pending"`},
		{"a break without its finding", `"finding": 1`, `"nothing": 1`},
		{"a rule without a sentence", `"sentence"`, `"phrase"`},
		{"a time that is none", `"started": "2026-03-14T09:26:53.589Z"`, `"started": "yesterday"`},
	} {
		report := written(t, reports.JSON, brokenRun(), reports.Options{})
		damaged := bytes.Replace(report, []byte(c.old), []byte(c.new), 1)
		if bytes.Equal(damaged, report) {
			t.Fatalf("%s: nothing was damaged", c.name)
		}
		if valid(t, schema, damaged) == nil {
			t.Errorf("%s is let through", c.name)
		}
	}
}

func TestReadingWhatIsNoRunSaysWhy(t *testing.T) {
	whole := string(written(t, reports.JSON, brokenRun(), reports.Options{}))
	for _, c := range []struct{ name, text, want string }{
		{"an empty file", "", "ends too early"},
		{"a run cut short", whole[:len(whole)/2], "ends too early"},
		{"something after the end", whole + "x", "after its end"},
		{"not JSON", "<html>", "not a run"},
		{"a list", "[]", "not a run"},
		{"another JSON document", `{"openapi":"3.0.3"}`, `its schema is ""`},
		{"a later version", strings.Replace(whole, "assay.run/1", "assay.run/9", 1), `"assay.run/9"`},
		{"a finding without a rule", `{"schema":"assay.run/1","findings":[null]}`, "findings[0]"},
		{"a ledger entry without a rule", `{"schema":"assay.run/1","rules":[{"verdict":"kept"}]}`, "rules[0]"},
		{"a null scenario", `{"schema":"assay.run/1","scenarios":[null]}`, "scenarios[0]"},
		{"a finding that is not there", `{"schema":"assay.run/1","scenarios":[{"findings":[3]}]}`, "finding 3 of 0"},
		{"exchanges that are not there", `{"schema":"assay.run/1","scenarios":[{"steps":[{"exchanges":[0,7]}]}]}`, "0 to 7 of 0"},
		{"ten million brackets", strings.Repeat("[", 10_000_000), "not a run"},
	} {
		run, err := reports.Read(strings.NewReader(c.text))
		if err == nil || run != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestBodiesOfAnyBytesSurviveTheJSONReport(t *testing.T) {
	e := contract.Exchange{
		Request:  contract.Request{Method: "POST", URL: "/", Body: "\x00\xff\xfe"},
		Response: &contract.Response{Status: 200, Body: "\x80plain"},
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back contract.Exchange
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Error(diff)
	}
}

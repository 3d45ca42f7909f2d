package reports_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assay/reports"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares what was written with the file of that name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); go test ./reports -update rewrites it\n%s", name, diff)
	}
}

// written renders a run.
func written(t *testing.T, write reports.Writer, run *reports.Run, options reports.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, run, options); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEveryFormatWritesTheThreeRunsAsItsGoldensShow(t *testing.T) {
	endings := map[string]string{
		"terminal": "txt", "json": "json", "ctrf": "ctrf.json", "junit": "xml", "markdown": "md", "github": "github.txt", "html": "html", "har": "har",
	}
	for _, format := range reports.FormatNames() {
		for _, f := range fixtures {
			t.Run(format+" "+f.name, func(t *testing.T) {
				golden(t, f.name+"."+endings[format], written(t, reports.Formats[format], f.run(), reports.Options{Saved: "reports/out/run.json"}))
			})
		}
	}
}

package reports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay/reports"
)

func TestWriteAllWritesEveryReportWholeAndLeavesNothingElse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "reports", "out")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("an older report"), 0o644); err != nil {
		t.Fatal(err)
	}
	paths, err := reports.WriteAll(dir, brokenRun(), reports.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 || info.Mode().Perm()&0o044 == 0 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	slices.Sort(names)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, entry := range entries {
		there = append(there, entry.Name())
	}
	if want := []string{"ctrf.json", "index.html", "junit.xml", "run.har", "run.json", "summary.md"}; !slices.Equal(there, want) || !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, and %v was returned", there, names)
	}
	saved, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(saved, written(t, reports.JSON, brokenRun(), reports.Options{})) {
		t.Error("run.json differs from what the JSON writer writes")
	}
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "assay replay "+filepath.Join(dir, "run.json")) {
		t.Error("the page does not name the run that it can be replayed from")
	}
}

func TestAFolderThatCannotBeWrittenIsToldBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(inTheWay, "run.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, dir, want string }{
		{"no name", "", "no folder"},
		{"a file of that name", file, "not a directory"},
		{"a folder below a file", filepath.Join(file, "out"), "not a directory"},
		{"a folder where nothing can be made", "/proc/self", "cannot"},
		{"a folder where a report should be", inTheWay, "run.json: a folder of that name is in the way"},
	} {
		err := reports.Probe(c.dir)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), ".probe") {
			t.Errorf("%s: %v", c.name, err)
		}
		if paths, err := reports.WriteAll(c.dir, keptRun(), reports.Options{}); err == nil || len(paths) > 0 {
			t.Errorf("%s: WriteAll wrote %v, %v", c.name, paths, err)
		}
	}
	fresh := filepath.Join(dir, "fresh")
	if err := reports.Probe(fresh); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(fresh); err != nil || len(entries) != 0 {
		t.Errorf("the probe left %v behind (%v)", entries, err)
	}
}

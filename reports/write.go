package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// files are the reports that a folder holds, in the order in which they are named to a person.
var files = []struct {
	name  string
	write Writer
}{
	{"index.html", HTML},
	{"run.json", JSON},
	{"junit.xml", JUnit},
	{"summary.md", Markdown},
	{"ctrf.json", CTRF},
	{"run.har", HAR},
}

// WriteAll writes every report of the run into dir, which it makes, and
// returns their paths. Each file is there whole or, after an error, as it was
// before: it is written aside, synced and renamed.
func WriteAll(dir string, run *Run, options Options) ([]string, error) {
	if err := Probe(dir); err != nil {
		return nil, err
	}
	if options.Saved == "" {
		options.Saved = filepath.Join(dir, "run.json")
	}
	run, options.viewed = view(run, options), true // masking once is enough for all
	failed := make([]error, len(files))
	var writing sync.WaitGroup
	for i, f := range files { // side by side: each syncs its file, and the run is only read
		writing.Go(func() { failed[i] = writeFile(filepath.Join(dir, f.name), f.write, run, options) })
	}
	writing.Wait()
	paths := make([]string, 0, len(files))
	for i, f := range files {
		path := filepath.Join(dir, f.name)
		if failed[i] != nil {
			return paths, fmt.Errorf("cannot write the report %s: %w", path, cause(failed[i]))
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeFile(path string, write Writer, run *Run, options Options) (err error) {
	aside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			aside.Close()
			os.Remove(aside.Name())
		}
	}()
	if err = write(aside, run, options); err != nil {
		return err
	}
	if err = aside.Chmod(0o644); err != nil { // CreateTemp makes it private
		return err
	}
	if err = aside.Sync(); err != nil {
		return err
	}
	if err = aside.Close(); err != nil {
		return err
	}
	return os.Rename(aside.Name(), path)
}

// Probe makes the folder and tries to write in it, so that a run whose reports
// could not be written fails before its first request. It leaves no file behind.
func Probe(dir string) error {
	if dir == "" {
		return errors.New("no folder for the reports is given")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the report folder %s: %w; choose another with --report, or none with --no-report", dir, cause(err))
	}
	probe, err := os.CreateTemp(dir, ".probe.*")
	if err != nil {
		return fmt.Errorf("cannot write into the report folder %s: %w; choose another with --report, or none with --no-report", dir, cause(err))
	}
	probe.Close()
	if err := os.Remove(probe.Name()); err != nil {
		return fmt.Errorf("cannot remove a file from the report folder %s: %w", dir, cause(err))
	}
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			return fmt.Errorf("cannot write the report %s: a folder of that name is in the way", path)
		}
	}
	return nil
}

// cause leaves out the temporary name that a path error would tell.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

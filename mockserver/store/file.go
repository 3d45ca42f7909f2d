// Package store keeps the worlds of mocks in one file, so that they outlive
// the process: users, sessions, records, clocks, snapshots. The file is a
// bbolt database with a bucket for each contract.
//
// Whoever changes a world puts the change down and waits; those who wait at
// once share one commit, and so one fsync. What was waited for survives a
// process that is killed at any moment, and no commit is ever there by half.
package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

// form is the edition of what stands in a file.
const form = "assay state 1"

// The buckets of a file. Those of contracts stand below their prefix and have
// buckets of their own.
var (
	fileBucket    = []byte("assay")    // formKey, madeKey
	layersBucket  = []byte("layers")   // a bucket for each layer: key of a thing → sealed thing
	parentsBucket = []byte("parents")  // layer → the layer that it rests on
	namesBucket   = []byte("names")    // kind, zero byte, name → sealed pinned
	formKey       = []byte("form")     // → form
	madeKey       = []byte("made")     // → Made as JSON
	contractsAt   = "contract "        // begins the names of contracts' buckets
	lockPatience  = 2 * time.Second    // that another process gets to let go of the file
	ownerOnly     = fs.FileMode(0o600) // tokens and password hashes are nobody else's
)

// A Fault says what is wrong with a data file, and the way out.
type Fault struct {
	File    string
	Problem string
	Hint    string
}

func (f *Fault) Error() string { return f.File + " " + f.Problem }

// Made is what the keys of the mocks follow from. It stays with the file:
// tokens that were signed once must be good after a restart too.
type Made struct {
	Seed    uint64 `json:"seed"`
	KeyBits int    `json:"key_bits"`
}

// A File is an open data file. It is safe for concurrent use.
type File struct {
	// Trouble is told when the file cannot be written, and nil once it can
	// again; it is set before the file is used.
	Trouble func(error)

	name    string
	db      *bbolt.DB
	made    Made
	turn    chan struct{} // whoever puts something in writes
	mu      sync.Mutex    // guards what follows, and the stores' own
	next    *batch        // what is put down and not yet being written; nil for nothing
	writing *batch        // what is being written
	failing bool
}

// Open opens a data file, or makes it, for mocks of these contracts. Every
// error is a [*Fault].
func Open(name string, made Made, contracts ...string) (*File, error) {
	f := &File{name: name, turn: make(chan struct{}, 1)}
	if err := f.open(); err != nil {
		return nil, err
	}
	if err := f.carefully(func() error { return f.begin(made, contracts) }); err != nil {
		f.db.Close()
		return nil, err
	}
	return f, nil
}

// Name returns the file's name, as given.
func (f *File) Name() string { return f.name }

// Made returns what the file was made with, whatever it was opened with.
func (f *File) Made() Made { return f.made }

// Close writes what is still put down, and lets go of the file.
func (f *File) Close() error {
	return errors.Join(f.wait(), f.db.Close())
}

func (f *File) fault(hint, problem string, args ...any) *Fault {
	return &Fault{f.name, fmt.Sprintf(problem, args...), hint}
}

func (f *File) damaged(problem string, args ...any) *Fault {
	return f.fault("put a copy of it in its place, or remove it to begin anew", "is damaged: "+problem, args...)
}

func (f *File) foreign() *Fault {
	return f.fault("name another file with --data; this one is left as it is", "is no data file of Assay")
}

// carefully takes a fault of the memory that the file is mapped to, as when
// somebody cuts it short, for an error.
func (f *File) carefully(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = f.damaged("%v", cause)
		}
	}()
	return do()
}

func (f *File) open() error {
	if info, err := os.Stat(f.name); err == nil && !info.Mode().IsRegular() {
		return f.fault("name a file with --data", "is no file")
	}
	err := f.carefully(func() (err error) {
		f.db, err = bbolt.Open(f.name, ownerOnly, &bbolt.Options{OpenFile: f.openFile, FreelistType: bbolt.FreelistMapType, NoStatistics: true})
		return err
	})
	var told *Fault
	if err == nil || errors.As(err, &told) {
		return err
	}
	return f.fault("name a file on a disk with room, in a folder that exists and can be written", "cannot be opened: %v", bare(err))
}

// bare leaves the file's name out of an error.
func bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// openFile opens the file for the database, once nobody else has it and its
// pages are proven.
func (f *File) openFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	file, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	if err := f.take(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (f *File) take(file *os.File) error {
	for until := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 20) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
		if time.Now().After(until) {
			return f.fault("stop the other one, or name another file with --data", "is in use by another process")
		}
	}
	info, err := file.Stat()
	if err != nil || info.Size() == 0 { // it is new
		return err
	}
	switch err := provePages(file, info.Size()); {
	case err == nil:
		return nil
	case errors.Is(err, errForeign):
		return f.foreign()
	default:
		return f.damaged("%v", err)
	}
}

// begin proves the file and makes what is missing in it.
func (f *File) begin(made Made, contracts []string) error {
	var held []string
	err := f.db.View(func(tx *bbolt.Tx) (err error) {
		held, err = f.prove(tx)
		return err
	})
	if err != nil {
		return err
	}
	if len(held) > 0 && !slices.ContainsFunc(contracts, func(name string) bool { return slices.Contains(held, name) }) {
		return f.fault("name another file with --data, or serve what it was made for: --contract "+held[0],
			"keeps the state of %s, not of %s", strings.Join(held, ", "), strings.Join(contracts, ", "))
	}
	if err := f.update(func(tx *bbolt.Tx) error { return f.prepare(tx, made, contracts) }); err != nil {
		return err
	}
	if len(held) == 0 {
		syncFolder(filepath.Dir(f.name))
	}
	return nil
}

// syncFolder makes the entry of a new file outlast a power cut, where the
// system can.
func syncFolder(name string) {
	if folder, err := os.Open(name); err == nil {
		_ = folder.Sync() // not every file system knows it
		_ = folder.Close()
	}
}

// update commits what is done, all of it or nothing.
func (f *File) update(do func(*bbolt.Tx) error) error {
	err := f.carefully(func() error { return f.db.Update(do) })
	var told *Fault
	if err == nil || errors.As(err, &told) {
		return err
	}
	return f.fault("make room on its disk, or name another file with --data", "cannot be written: %v", err)
}

// prove returns the contracts whose state the file holds.
func (f *File) prove(tx *bbolt.Tx) (held []string, err error) {
	var names []string
	if err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error { names = append(names, string(name)); return nil }); err != nil {
		return nil, f.damaged("%v", err)
	}
	if len(names) == 0 {
		return nil, nil // it is new
	}
	own := tx.Bucket(fileBucket)
	if own == nil {
		return nil, f.foreign()
	}
	if is := string(own.Get(formKey)); is != form {
		return nil, f.fault("name another file with --data", "was written by another edition of Assay: its form is %q, not %q", is, form)
	}
	if err := json.Unmarshal(own.Get(madeKey), &f.made); err != nil {
		return nil, f.damaged("%v", err)
	}
	for err := range tx.Check() {
		return nil, f.damaged("%v", err)
	}
	for _, name := range names {
		if contract, is := strings.CutPrefix(name, contractsAt); is {
			held = append(held, contract)
		}
	}
	return held, nil
}

func (f *File) prepare(tx *bbolt.Tx, made Made, contracts []string) error {
	own, err := tx.CreateBucketIfNotExists(fileBucket)
	if err != nil {
		return err
	}
	if own.Get(formKey) == nil {
		f.made = made
		text, err := json.Marshal(made)
		if err := errors.Join(err, own.Put(formKey, []byte(form)), own.Put(madeKey, text)); err != nil {
			return err
		}
	}
	for _, name := range contracts {
		bucket, err := tx.CreateBucketIfNotExists([]byte(contractsAt + name))
		if err != nil {
			return err
		}
		for _, inner := range [][]byte{layersBucket, parentsBucket, namesBucket} {
			if _, err := bucket.CreateBucketIfNotExists(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

// number writes a layer so that layers sort in the order in which they were made.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

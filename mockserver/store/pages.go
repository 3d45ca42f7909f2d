package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
)

// The database trusts the pages that it maps: a damaged one can lead it out of
// the file, or round in circles. So all that it will follow is proven first.
// The form of pages is that of bbolt's internal/common, version 2.

// Kinds of pages, as their flags have it.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freeListPage = 0x10
)

const (
	metaMagic    = 0xED0CDAED
	metaVersion  = 2
	metaSize     = 64
	headerSize   = 16 // number u64, flags u16, count u16, overflow u32
	elementSize  = 16 // branch: at u32, key u32, page u64; leaf: flags u32, at u32, key u32, value u32
	bucketSize   = 16 // root page u64, sequence u64
	bucketFlag   = 0x01
	noFreeList   = math.MaxUint64
	smallestPage = 1 << 10
	largestPage  = 1 << 24
)

var (
	errForeign = errors.New("it is no database")
	native     = binary.NativeEndian // the database writes numbers as the machine has them
)

// A meta says where everything begins, as one commit left it.
type meta struct {
	pageSize   int64
	root, free uint64
	pages      uint64 // how many there are, in use or free
	commit     uint64
}

func metaOf(raw []byte) (m meta, ok bool) {
	if native.Uint32(raw) != metaMagic || native.Uint32(raw[4:]) != metaVersion {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(raw[:metaSize-8])
	m = meta{
		pageSize: int64(native.Uint32(raw[8:])), root: native.Uint64(raw[16:]), free: native.Uint64(raw[32:]),
		pages: native.Uint64(raw[40:]), commit: native.Uint64(raw[48:]),
	}
	return m, native.Uint64(raw[56:]) == sum.Sum64() && m.pageSize >= smallestPage && m.pageSize <= largestPage
}

// newestMeta finds the two metas and returns that of the last whole commit.
func newestMeta(file io.ReaderAt) (newest meta, err error) {
	raw := make([]byte, metaSize)
	found, looks := false, false
	at := []int64{0}
	for size := int64(smallestPage); size <= largestPage; size *= 2 {
		at = append(at, size)
	}
	for _, offset := range at {
		if _, err := file.ReadAt(raw, offset+headerSize); err != nil {
			continue // beyond the end
		}
		looks = looks || native.Uint32(raw) == metaMagic
		if m, ok := metaOf(raw); ok && (offset == 0 || offset == m.pageSize) && (!found || m.commit > newest.commit) {
			newest, found = m, true
		}
	}
	switch {
	case found:
		return newest, nil
	case looks:
		return newest, errors.New("its first pages are not as they were written")
	}
	return newest, errForeign
}

// provePages reads every page that is in use, each once.
func provePages(file io.ReaderAt, size int64) error {
	m, err := newestMeta(file)
	if err != nil {
		return err
	}
	if m.pages > uint64(size/m.pageSize) {
		return fmt.Errorf("it is cut short, %d bytes are left of %d pages", size, m.pages)
	}
	p := &proof{file: file, meta: m, seen: make([]bool, m.pages)}
	if err := p.page(m.root, branchPage, leafPage); err != nil {
		return err
	}
	if m.free == noFreeList {
		return nil
	}
	return p.page(m.free, freeListPage)
}

// A proof is under way.
type proof struct {
	meta
	file io.ReaderAt
	seen []bool
}

// page proves a page of one of these kinds, and what hangs on it.
func (p *proof) page(number uint64, kinds ...uint16) error {
	if number < 2 || number >= p.pages { // the first two are the metas
		return fmt.Errorf("page %d is none", number)
	}
	header := make([]byte, headerSize)
	if _, err := p.file.ReadAt(header, int64(number)*p.pageSize); err != nil {
		return err
	}
	more := uint64(native.Uint32(header[12:]))
	if native.Uint64(header) != number || more >= p.pages-number {
		return fmt.Errorf("page %d is another one", number)
	}
	for n := number; n <= number+more; n++ {
		if p.seen[n] {
			return fmt.Errorf("page %d is used twice", n)
		}
		p.seen[n] = true
	}
	content := make([]byte, int64(more+1)*p.pageSize)
	if _, err := p.file.ReadAt(content, int64(number)*p.pageSize); err != nil {
		return err
	}
	if err := p.content(content, kinds); err != nil {
		return fmt.Errorf("page %d: %w", number, err)
	}
	return nil
}

func (p *proof) content(page []byte, kinds []uint16) error {
	kind, count := native.Uint16(page[8:]), int(native.Uint16(page[10:]))
	for _, expected := range kinds {
		if kind != expected {
			continue
		}
		switch kind {
		case branchPage:
			return p.branch(page, count)
		case leafPage:
			return p.leaf(page, count)
		case freeListPage:
			return p.freeList(page, count)
		}
	}
	return fmt.Errorf("it is of kind %#x", kind)
}

// within is what an element of a page points to, counted from the element on.
func within(page []byte, element int, at, size uint32) ([]byte, error) {
	from, to := uint64(element)+uint64(at), uint64(element)+uint64(at)+uint64(size)
	if to > uint64(len(page)) {
		return nil, errors.New("it points beyond its end")
	}
	return page[from:to], nil
}

func (p *proof) branch(page []byte, count int) error {
	if count == 0 || headerSize+count*elementSize > len(page) {
		return fmt.Errorf("it has %d branches", count)
	}
	var before []byte
	for i := range count {
		at := headerSize + i*elementSize
		key, err := within(page, at, native.Uint32(page[at:]), native.Uint32(page[at+4:]))
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(before, key) >= 0 {
			return errors.New("it is out of order")
		}
		before = key
		if err := p.page(native.Uint64(page[at+8:]), branchPage, leafPage); err != nil {
			return err
		}
	}
	return nil
}

func (p *proof) leaf(page []byte, count int) error {
	if headerSize+count*elementSize > len(page) {
		return fmt.Errorf("it has %d keys", count)
	}
	var before []byte
	for i := range count {
		at := headerSize + i*elementSize
		offset, size := native.Uint32(page[at+4:]), native.Uint32(page[at+8:])
		key, err := within(page, at, offset, size)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(before, key) >= 0 {
			return errors.New("it is out of order")
		}
		before = key
		value, err := within(page, at+int(size), offset, native.Uint32(page[at+12:]))
		if err != nil {
			return err
		}
		if native.Uint32(page[at:])&bucketFlag == 0 {
			continue
		}
		if err := p.bucket(value); err != nil {
			return err
		}
	}
	return nil
}

// bucket proves a bucket: a page of its own, or a small one that follows.
func (p *proof) bucket(value []byte) error {
	if len(value) < bucketSize {
		return errors.New("a bucket is too short")
	}
	if root := native.Uint64(value); root != 0 {
		return p.page(root, branchPage, leafPage)
	}
	if len(value) < bucketSize+headerSize {
		return errors.New("a bucket is too short")
	}
	return p.content(value[bucketSize:], []uint16{leafPage})
}

// freeList has the numbers of free pages. Where they are many, their count
// stands before them.
func (p *proof) freeList(page []byte, count int) error {
	numbers := page[headerSize:]
	if count == math.MaxUint16 {
		many := native.Uint64(numbers)
		if many > uint64(len(numbers)/8-1) {
			return errors.New("its count is wrong")
		}
		count, numbers = int(many), numbers[8:]
	}
	if count > len(numbers)/8 {
		return errors.New("its count is wrong")
	}
	for i := range count {
		n := native.Uint64(numbers[8*i:])
		if n < 2 || n >= p.pages || p.seen[n] {
			return fmt.Errorf("page %d is not free", n)
		}
		p.seen[n] = true
	}
	return nil
}

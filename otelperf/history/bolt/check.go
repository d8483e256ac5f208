// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// What of bbolt's file format, version 2, is needed to walk through it. It is in the byte order of the machine.
const (
	magic        = 0xED0CDAED
	pageHeader   = 16
	metaSize     = 64
	leafElement  = 16
	branchElem   = 16
	bucketHeader = 16
	isBranch     = 0x01
	isLeaf       = 0x02
	isMeta       = 0x04
	isFree       = 0x10
	isBucket     = 0x01
	noFreelist   = ^uint64(0)
	maxDepth     = 32
)

// errDamaged is wrapped by what is wrong with what is in the file.
var errDamaged = errors.New("what is in the file contradicts itself")

var order = binary.NativeEndian

// walk is what is known of a file while it is checked.
type walk struct {
	file io.ReaderAt
	page uint64 // bytes
	high uint64 // pages that are in use or were
	tx   uint64 // that was written last
	seen []bool
}

// check reads through all pages that are in use: bbolt itself trusts them, and what is wrong with them could make it fault or run for
// ever, in a goroutine of the program. What the pages hold has checksums of its own.
func check(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	w := &walk{file: file}
	root, free, err := w.meta(info.Size())
	if err != nil {
		return err
	}
	w.seen = make([]bool, w.high)
	w.seen[0], w.seen[1] = true, true
	if err := w.tree(root, 0); err != nil {
		return err
	}
	if free == noFreelist {
		return nil
	}
	return w.freelist(free)
}

// IsHistory reports whether a file is a history, by its beginning alone, so also one that is damaged or that a service has open. Any file of
// bbolt's counts as one; a file that is empty, is not there or may not be read does not.
func IsHistory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && ours(path)
}

// ours reports whether a file was one of bbolt's, or begins with the zeros that a loss of power leaves in place of what was written.
func ours(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // was only read
	head := make([]byte, 8<<10)
	if n, err := io.ReadFull(f, head); n > 0 && (err == nil || errors.Is(err, io.ErrUnexpectedEOF)) && len(bytes.Trim(head[:n], "\x00")) == 0 {
		return true
	}
	for size := int64(1 << 10); size <= 64<<10; size *= 2 {
		for _, at := range []int64{0, size} {
			var m [4]byte
			if _, err := f.ReadAt(m[:], at+pageHeader); err == nil && order.Uint32(m[:]) == magic {
				return true
			}
		}
	}
	return false
}

// meta reads the newer of the two meta pages that are sound.
func (w *walk) meta(size int64) (root, free uint64, err error) {
	found := false
	for pageSize := int64(1 << 10); pageSize <= 64<<10 && !found; pageSize *= 2 {
		for _, at := range []int64{0, pageSize} {
			b := make([]byte, metaSize)
			if _, err := w.file.ReadAt(b, at+pageHeader); err != nil {
				continue
			}
			h := fnv.New64a()
			_, _ = h.Write(b[:56])
			if order.Uint32(b) != magic || int64(order.Uint32(b[8:])) != pageSize || order.Uint64(b[56:]) != h.Sum64() {
				continue
			}
			if tx := order.Uint64(b[48:]); !found || tx > w.tx {
				found, w.tx = true, tx
				w.page, w.high, root, free = uint64(pageSize), order.Uint64(b[40:]), order.Uint64(b[16:]), order.Uint64(b[32:])
			}
		}
	}
	switch {
	case !found:
		return 0, 0, fmt.Errorf("%w: no meta page", errDamaged)
	case w.high < 4 || w.high > uint64(size)/w.page:
		return 0, 0, fmt.Errorf("%w: %d pages in %d bytes", errDamaged, w.high, size)
	}
	return root, free, nil
}

// read returns a page with what overflows it, and marks them as seen.
func (w *walk) read(id uint64) (kind, count int, page []byte, err error) {
	if id < 2 || id >= w.high {
		return 0, 0, nil, fmt.Errorf("%w: page %d of %d", errDamaged, id, w.high)
	}
	head := make([]byte, pageHeader)
	if _, err := w.file.ReadAt(head, int64(id*w.page)); err != nil {
		return 0, 0, nil, err
	}
	pages := uint64(order.Uint32(head[12:])) + 1
	if order.Uint64(head) != id || id+pages > w.high {
		return 0, 0, nil, fmt.Errorf("%w: page %d is not what it should be", errDamaged, id)
	}
	for i := id; i < id+pages; i++ {
		if w.seen[i] {
			return 0, 0, nil, fmt.Errorf("%w: page %d is used twice", errDamaged, i)
		}
		w.seen[i] = true
	}
	page = make([]byte, pages*w.page)
	_, err = w.file.ReadAt(page, int64(id*w.page))
	return int(order.Uint16(head[8:])), int(order.Uint16(head[10:])), page, err
}

func (w *walk) tree(id uint64, depth int) error {
	kind, count, page, err := w.read(id)
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("%w: page %d is too deep", errDamaged, id)
	}
	return w.node(kind, count, page, depth)
}

// node checks the elements of a page, or of a bucket that is small enough to be a value.
func (w *walk) node(kind, count int, page []byte, depth int) error {
	var last []byte
	if kind != isLeaf && (kind != isBranch || count == 0) || pageHeader+count*leafElement > len(page) {
		return fmt.Errorf("%w: a page of kind %#x with %d entries", errDamaged, kind, count)
	}
	for i := range count {
		at := pageHeader + i*leafElement
		e := page[at:]
		var pos, klen, vlen uint64
		if kind == isBranch {
			pos, klen = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:]))
		} else {
			pos, klen, vlen = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
		}
		if klen == 0 || pos+klen+vlen > uint64(len(e)) {
			return fmt.Errorf("%w: an entry reaches beyond its page", errDamaged)
		}
		key, value := e[pos:pos+klen], e[pos+klen:pos+klen+vlen]
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w: keys are not in order", errDamaged)
		}
		last = key
		var err error
		switch {
		case kind == isBranch:
			err = w.tree(order.Uint64(e[8:]), depth+1)
		case order.Uint32(e)&isBucket != 0:
			err = w.bucket(value, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) bucket(value []byte, depth int) error {
	if len(value) < bucketHeader {
		return fmt.Errorf("%w: a bucket of %d bytes", errDamaged, len(value))
	}
	if root := order.Uint64(value); root != 0 {
		return w.tree(root, depth)
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader {
		return fmt.Errorf("%w: a bucket of %d bytes", errDamaged, len(value))
	}
	return w.node(int(order.Uint16(inline[8:])), int(order.Uint16(inline[10:])), inline, depth)
}

// freelist checks that no page which is in use counts as free.
func (w *walk) freelist(id uint64) error {
	kind, n, page, err := w.read(id)
	if err != nil {
		return err
	}
	count, ids := uint64(n), page[pageHeader:]
	if n == 0xffff {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if kind != isFree || count > uint64(len(ids))/8 {
		return fmt.Errorf("%w: the list of free pages", errDamaged)
	}
	for i := range count {
		if free := order.Uint64(ids[i*8:]); free < 2 || free >= w.high || w.seen[free] {
			return fmt.Errorf("%w: page %d is in use and free", errDamaged, free)
		}
	}
	return nil
}

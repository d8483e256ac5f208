// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// alias is what names a row in spans. Its strings may belong to pdata: they are cloned before it is kept.
type alias struct {
	kind     conventions.Kind
	category conventions.Category
	from     source
	port     uint16
	a, b     string
}

// source is what b of an alias is.
type source uint8

const (
	fromRoute     source = iota // of a request
	fromName                    // of a call, as Dependency says it
	fromStatement               // text of a statement
	fromSpan                    // name of the span
)

// is compares what differs most often first.
func (k *alias) is(o *alias) bool {
	return k.b == o.b && k.a == o.a && k.kind == o.kind && k.category == o.category && k.from == o.from && k.port == o.port
}

// aliases are the rows by their aliases: a hash table with open addressing, which takes a memory access where a map takes three. What is
// remembered of a service is rarely in the caches of the processor when a batch of it comes.
type aliases struct {
	all   []known
	slots []slot // a power of two, at most half of them taken
	seed  maphash.Seed
}

// known is an alias of a row.
type known struct {
	alias
	row int32
}

// slot is where an alias is in all.
type slot struct {
	hash  uint32
	index int32 // + 1; 0: there is none
}

const fewestSlots = 64

func newAliases() aliases { return aliases{slots: make([]slot, fewestSlots), seed: maphash.MakeSeed()} }

func (x *aliases) len() int { return len(x.all) }

func (x *aliases) hash(k *alias) uint32 {
	h := maphash.String(x.seed, k.b) ^ (uint64(k.kind) | uint64(k.category)<<8 | uint64(k.from)<<16 | uint64(k.port)<<24 | uint64(len(k.a))<<40)
	if len(k.a) > 0 {
		h ^= uint64(k.a[0])<<48 | uint64(k.a[len(k.a)-1])<<56
	}
	return uint32(h * 0x9e3779b97f4a7c15 >> 32)
}

// find returns the slot of an alias, or the empty one that it would have.
func (x *aliases) find(k *alias, hash uint32) *slot {
	mask := uint32(len(x.slots) - 1) //nolint:gosec // they are few
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &x.slots[i]
		if s.index == 0 || s.hash == hash && x.all[s.index-1].is(k) {
			return s
		}
	}
}

// row returns that of an alias.
func (x *aliases) row(k *alias) (row int32, ok bool) {
	s := x.find(k, x.hash(k))
	if s.index == 0 {
		return 0, false
	}
	return x.all[s.index-1].row, true
}

// add adds one that is not there.
func (x *aliases) add(k *alias, row int32) {
	if 2*len(x.all) >= len(x.slots) {
		x.slots = make([]slot, 2*len(x.slots))
		x.index()
	}
	k.b = strings.Clone(k.b)
	if i := slices.IndexFunc(x.all, func(o known) bool { return o.a == k.a }); i >= 0 {
		k.a = x.all[i].a
	} else {
		k.a = strings.Clone(k.a)
	}
	x.all = append(x.all, known{*k, row})
	x.place(len(x.all) - 1)
}

// place notes where an alias of all is.
func (x *aliases) place(i int) {
	k := &x.all[i].alias
	hash := x.hash(k)
	*x.find(k, hash) = slot{hash, int32(i) + 1} //nolint:gosec // they are few
}

// index notes where all are in slots, which are empty.
func (x *aliases) index() {
	for i := range x.all {
		x.place(i)
	}
}

// keep takes those of other rows out.
func (x *aliases) keep(keeps func(row int32) bool) {
	x.all = slices.DeleteFunc(x.all, func(k known) bool { return !keeps(k.row) })
	clear(x.slots)
	x.index()
}

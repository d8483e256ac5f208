// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"hash/maphash"
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

// aliases are the rows by their aliases. A map of the hashes of those takes half the time of one of themselves; of two with the same hash, one is
// not remembered.
type aliases struct {
	by   map[uint64]int32 // index in all
	all  []known
	seed maphash.Seed
	last int32 // call that was asked for: often the next one is the same
}

// known is an alias of a row.
type known struct {
	alias
	row int32
}

func newAliases() aliases { return aliases{by: map[uint64]int32{}, seed: maphash.MakeSeed()} }

func (x *aliases) len() int { return len(x.all) }

func (x *aliases) hash(k *alias) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := maphash.String(x.seed, k.b) + odd*(uint64(k.kind)|uint64(k.category)<<8|uint64(k.from)<<16|uint64(k.port)<<24|uint64(len(k.a))<<40)
	for i := range min(len(k.a), 8) { // methods and systems differ early
		h = h*31 + uint64(k.a[i])
	}
	return h
}

// row returns that of an alias.
func (x *aliases) row(k *alias) (row int32, ok bool) {
	call := k.kind == conventions.KindDependency
	if call && int(x.last) < len(x.all) && x.all[x.last].is(k) {
		return x.all[x.last].row, true
	}
	i, ok := x.by[x.hash(k)]
	if !ok || !x.all[i].is(k) {
		return 0, false
	}
	if call {
		x.last = i
	}
	return x.all[i].row, true
}

// add adds one that is not there.
func (x *aliases) add(k *alias, row int32) {
	h := x.hash(k)
	if _, taken := x.by[h]; taken {
		return
	}
	k.a, k.b = strings.Clone(k.a), strings.Clone(k.b)
	x.by[h] = int32(len(x.all))
	x.all = append(x.all, known{*k, row})
}

// keep takes those of other rows out.
func (x *aliases) keep(keeps func(row int32) bool) {
	old := x.all
	x.all = nil
	clear(x.by)
	for i := range old {
		if keeps(old[i].row) {
			x.by[x.hash(&old[i].alias)] = int32(len(x.all))
			x.all = append(x.all, old[i])
		}
	}
}

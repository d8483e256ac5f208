// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"strings"
)

// Bounds of one key's values.
const (
	contrastValues    = 16
	maxContrastString = 64 // bytes of a key or a value; longer ones that begin alike count as one
	noCell            = 0xFF
	otherCell         = 0xFE // the value has lost its cell
)

// The two classes of requests that are compared.
const (
	classOrdinary = iota
	classSlow
	numClasses
)

// classCounts are numbers of requests by half and class.
type classCounts [2][numClasses]uint32

func (t *classCounts) empty() bool { return *t == classCounts{} }

func (t *classCounts) class(c int) uint64 { return uint64(t[0][c]) + uint64(t[1][c]) }

func (t *classCounts) add(half, class int) {
	if t[half][class] < math.MaxUint32 {
		t[half][class]++
	}
}

func (t *classCounts) raise(to *classCounts) {
	for h := range t {
		for c := range t[h] {
			t[h][c] = max(t[h][c], to[h][c])
		}
	}
}

// topValues counts the 16 most frequent values of one key: the space-saving algorithm of Metwally, Agrawal and El
// Abbadi (Efficient Computation of Frequent and Top-k Elements in Data Streams, 2005), for two classes and two halves
// at once.
//
// Invariant, for each half and class: a value that has a cell occurred at least most-excess and at most most times; one
// that has none occurred at most floor times. A value that takes a cell starts with the floor as its most and its
// excess, and one that loses its cell raises the floor to its most. This holds whichever cell is given up, so the
// choice is free; it falls on the value with the smallest share of the two classes, so that what is frequent among
// the few slow requests is not pushed out by what is frequent among many ordinary ones.
type topValues struct {
	key   string
	floor classCounts
	cells [contrastValues]valueCell
}

type valueCell struct {
	value  string // "" for a free cell
	most   classCounts
	excess classCounts
}

// least and atMost bound the number of times that the value occurred among the requests of a class.
func (c *valueCell) least(class int) uint64  { return c.most.class(class) - c.excess.class(class) }
func (c *valueCell) atMost(class int) uint64 { return c.most.class(class) }

// observe counts a value, which is not "", and returns its cell. If the cell belonged to another value before, lost is
// true.
func (t *topValues) observe(value string, half, class int, totals *classCounts) (cell int, lost bool) {
	value = value[:min(len(value), maxContrastString)]
	free := -1
	for i := range t.cells {
		switch t.cells[i].value {
		case value:
			t.cells[i].most.add(half, class)
			return i, false
		case "":
			free = i
		}
	}
	if free < 0 {
		free, lost = t.rarest(totals), true
		t.floor.raise(&t.cells[free].most)
	}
	c := &t.cells[free]
	*c = valueCell{value: strings.Clone(value), most: t.floor, excess: t.floor}
	c.most.add(half, class)
	return free, lost
}

// rarest returns the cell of the value with the smallest share of ordinary and slow requests together.
func (t *topValues) rarest(totals *classCounts) (at int) {
	least := math.Inf(1)
	for i := range t.cells {
		var share float64
		for class := range numClasses {
			share += float64(t.cells[i].most.class(class)) / float64(max(totals.class(class), 1))
		}
		if share < least {
			at, least = i, share
		}
	}
	return at
}

// forget drops what was counted in a half, and the values that have nothing left.
func (t *topValues) forget(half int) {
	t.floor[half] = [numClasses]uint32{}
	for i := range t.cells {
		c := &t.cells[i]
		c.most[half], c.excess[half] = [numClasses]uint32{}, [numClasses]uint32{}
		if c.value != "" && c.most.empty() {
			*c = valueCell{}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"math"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// TestWordsHoldAllThatCanBe: the ids of a full table, every outcome and the one that is none, and durations up to the longest.
func TestWordsHoldAllThatCanBe(t *testing.T) {
	const lastID = 2*maxEndpoints + conventions.NumKinds - 1
	for _, id := range []uint32{0, 1, maxEndpoints, lastID} {
		for o := slowlog.Outcome(0); o <= slowlog.NumOutcomes; o++ {
			for d, want := range map[time.Duration]time.Duration{0: 0, 1: 1, time.Hour: time.Hour, maxNanos: maxNanos, maxNanos + 1: maxNanos, math.MaxInt64: maxNanos} {
				gotID, gotOutcome, gotD := unpackWord(packWord(id, o, d))
				if gotID != id || gotOutcome != o || gotD != want {
					t.Errorf("id %d, outcome %d, %v come out as %d, %d, %v", id, o, d, gotID, gotOutcome, gotD)
				}
			}
		}
	}
}

// TestIDsOfAFullTable: a table that is full on both sides, with an overflow row of each kind, has no id beyond those of a word.
func TestIDsOfAFullTable(t *testing.T) {
	p, err := New(nil, WithMaxEndpoints(3))
	if err != nil {
		t.Fatal(err)
	}
	for kind := range conventions.Kind(conventions.NumKinds) {
		for i := range 10 {
			p.core.table.lookup(kindClass(kind), "m", string(rune('a'+i)))
		}
	}
	if n, most := len(p.core.table.entries()), 2*3+conventions.NumKinds; n > most || n <= 2*3 {
		t.Errorf("%d rows, want more than 6 and at most %d", n, most)
	}
}

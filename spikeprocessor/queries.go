// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	maxQueries       = 2048    // statements whose summary is remembered
	maxQueryBytes    = 8 << 10 // of a statement that are looked at: slowlog.QuerySummary reads no more
	queriesPerSecond = 50      // new ones that are looked at
)

// queries remembers the summaries of statements by their text, for instrumentations that give no db.query.summary. At
// most maxQueries of them, each at most 256 bytes; statements with literals in them fill it up, and then the rest goes by its
// span's name.
type queries struct {
	seed  maphash.Seed
	slots [2 * maxQueries]atomic.Pointer[querySummary]
	n     atomic.Int32
	fresh *limiter
}

type querySummary struct {
	hash    uint64
	size    int
	summary string
}

func newQueries() *queries {
	return &queries{seed: maphash.MakeSeed(), fresh: newLimiter(queriesPerSecond, queriesPerSecond)}
}

// summary returns the summary of a statement, "" if it has none or is not to be looked at now.
func (q *queries) summary(text, system string, now time.Time) string {
	if text == "" {
		return ""
	}
	text = text[:min(len(text), maxQueryBytes)]
	h := maphash.String(q.seed, text)
	for i := h; ; i++ {
		slot := &q.slots[i%uint64(len(q.slots))]
		known := slot.Load()
		if known == nil {
			return q.learn(slot, text, system, h, now)
		}
		if known.hash == h && known.size == len(text) {
			return known.summary
		}
	}
}

func (q *queries) learn(slot *atomic.Pointer[querySummary], text, system string, h uint64, now time.Time) string {
	if q.n.Load() >= maxQueries || !q.fresh.allow(now) {
		return ""
	}
	s := &querySummary{hash: h, size: len(text), summary: strings.Clone(conventions.Clip(slowlog.QuerySummary(text, system)))}
	if slot.CompareAndSwap(nil, s) { // else another statement took the slot: this one is learned next time
		q.n.Add(1)
	}
	return s.summary
}

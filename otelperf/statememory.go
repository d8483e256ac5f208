// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/statefile"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// stateMemory is what one process leaves for the next to go on from, in the state file and in the history: baselines with all that is
// remembered of the week, incidents that are open, the budgets of objectives, acks, mutes and marks.
type stateMemory struct {
	engine   *engine.Engine
	book     *mutes.Book // of acks and mutes
	marks    *marker
	identity func() identity
	limit    int // of the baselines, those that were taken last
	writer   string
}

// take is what there is to be left now.
func (k *stateMemory) take(limit int) (statefile.Header, statefile.Content) {
	id := k.identity()
	h := statefile.Header{Service: id.service, ServiceVersion: id.version, Instance: id.instance, Writer: k.writer, Written: time.Now().UTC(), Marks: k.marks.All()}
	return h, statefile.Content{Baselines: recentBaselines(k.engine.Baselines(h.Written), limit), Objectives: k.engine.SavedObjectives(h.Written), Book: k.book.Save(h.Written)}
}

// give hands on what an earlier process has left, before anything was counted.
func (k *stateMemory) give(h *statefile.Header, c *statefile.Content) {
	now := time.Now()
	k.engine.Offer(recentBaselines(c.Baselines, k.limit), h.ServiceVersion)
	k.book.Load(c.Book, now)
	k.engine.OfferObjectives(c.Objectives)
	k.marks.restore(h, now)
}

// encode is what there is to be left now, in at most history.MaxState bytes: of more, the baselines that were taken last.
func (k *stateMemory) encode() ([]byte, error) {
	for limit := k.limit; ; limit /= 2 {
		data, err := statefile.Encode(k.take(limit))
		if err != nil || len(data) <= history.MaxState || limit == 0 {
			return data, err
		}
	}
}

// recentBaselines are at most limit of the baselines, those that were taken last, and that of the whole service.
func recentBaselines(saved []engine.Baseline, limit int) []engine.Baseline {
	whole := func(b *engine.Baseline) int { // it is of no endpoint, and comes first
		if b.Endpoint == engine.AllEndpoints {
			return 0
		}
		return 1
	}
	order.By(saved, func(a, b *engine.Baseline) int {
		if c := cmp.Compare(whole(a), whole(b)); c != 0 {
			return c
		}
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Endpoint.String(), b.Endpoint.String()))
	})
	if len(saved) > 0 && whole(&saved[0]) == 0 {
		limit++
	}
	return saved[:min(len(saved), limit)]
}

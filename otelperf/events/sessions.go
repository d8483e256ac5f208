// SPDX-License-Identifier: Apache-2.0

package events

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/axiomhq/hyperloglog"
)

const (
	totalPrecision = 14 // 16 KiB, standard error 1.04/sqrt(2^14) = 0.8 %
	slotPrecision  = 12 // 4 KiB, 1.6 %
	sessionSlots   = 12
	slotLength     = 5 * time.Minute
)

// sessions estimates how many different sessions there were, in 64 KiB. The hash is keyed, so that a
// client cannot choose ids that make the estimate wrong.
type sessions struct {
	seed maphash.Seed

	mu    sync.Mutex // guards what follows
	total *hyperloglog.Sketch
	slots [sessionSlots]struct {
		period int64 // slotLengths since 1970
		sketch *hyperloglog.Sketch
	}
}

func newSessions() *sessions {
	return &sessions{seed: maphash.MakeSeed(), total: dense(totalPrecision)}
}

// dense returns a sketch of fixed size; a sparse one saves nothing here and its inserts cost more.
func dense(precision uint8) *hyperloglog.Sketch {
	s, _ := hyperloglog.NewSketch(precision, false) // fails for other precisions only
	return s
}

func (s *sessions) add(id string, now time.Time) {
	h := maphash.String(s.seed, id)
	period := now.Unix() / int64(slotLength/time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total.InsertHash(h)
	slot := &s.slots[period%sessionSlots]
	if slot.sketch == nil || period > slot.period {
		slot.period, slot.sketch = period, dense(slotPrecision)
	}
	slot.sketch.InsertHash(h)
}

// estimate returns the number of sessions since the start, and in the last 55 to 60 minutes.
func (s *sessions) estimate(now time.Time) (total, hour uint64) {
	period := now.Unix() / int64(slotLength/time.Second)
	sum := dense(slotPrecision)
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.slots {
		if slot := &s.slots[i]; slot.sketch != nil && slot.period > period-sessionSlots {
			_ = sum.Merge(slot.sketch) // fails for different precisions only
		}
	}
	return s.total.Estimate(), sum.Estimate()
}

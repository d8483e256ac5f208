// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// freeze has the slow requests since a time, those that took longer than a threshold, be compared with the ordinary ones before it, until
// thaw. What was observed since then is looked at anew, as far as the samples reach.
func (c *contrast) freeze(since time.Time, threshold time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil || c.data.frozen {
		return
	}
	t := c.data
	t.frozen = true
	t.clear(0, classSlow)
	t.clear(1, classSlow)
	begin, above := uint32(since.Unix()), uint16(latency.Bucket(threshold-1))
	for i := range t.samples {
		s := &t.samples[i]
		if s.at < begin || s.at == 0 {
			continue
		}
		slow := s.class == classSlow || s.bucket > above
		if s.class == classOrdinary {
			t.uncount(s)
		}
		s.class = classNeither
		if slow {
			t.countSlow(s)
		}
	}
	t.free()
}

// thaw ends what freeze began: ordinary requests are compared again, and those from before the spike go with time.
func (c *contrast) thaw() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data != nil {
		c.data.frozen = false
	}
}

// uncount removes an ordinary request from what was counted.
func (t *contrastData) uncount(s *contrastSample) {
	half := int(halfOf(time.Unix(int64(s.at), 0)) & 1)
	t.totals.drop(half, classOrdinary, &classCounts{})
	for k, cell := range s.cells {
		if cell < contrastValues {
			v := &t.keys[k].cells[cell]
			v.most.drop(half, classOrdinary, &v.excess)
		}
	}
}

// countSlow counts a request as a slow one.
func (t *contrastData) countSlow(s *contrastSample) {
	s.class = classSlow
	half := int(halfOf(time.Unix(int64(s.at), 0)) & 1)
	t.totals.add(half, classSlow)
	for k, cell := range s.cells {
		if cell < contrastValues {
			t.keys[k].cells[cell].most.add(half, classSlow)
		}
	}
}

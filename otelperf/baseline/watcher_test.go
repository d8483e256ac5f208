// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline/internal/sim"
)

// watcher lets a Detector watch simulated traffic.
type watcher struct {
	d     *Detector
	start time.Time
	tally Tally
}

func (w *watcher) tick(at int, requests []sim.Request) Event {
	w.tally.Reset()
	for _, q := range requests {
		w.tally.Add(time.Duration(q.Seconds*1e9), q.Failed)
	}
	return w.d.Tick(w.start.Add(time.Duration(at)*time.Second), w.tally.Buckets())
}

func (w *watcher) Second(at int, requests []sim.Request) sim.Verdict {
	switch w.tick(at, requests).Kind {
	case None:
		return sim.Nothing
	case Started:
		return sim.Started
	default:
		return sim.Ended
	}
}

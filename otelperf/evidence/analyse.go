// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/generations"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/rank"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
)

const (
	// maxTrace is the size that a trace is cut to. One generation is the least that is left.
	maxTrace = 4 << 20
	// maxRead is the largest trace that is read: a generation of a program that is very busy.
	maxRead = 16 << 20
)

// shorten cuts a trace to its newest parts, and says so.
func shorten(trace []byte, r *causes.Recording) ([]byte, error) {
	last, dropped, err := generations.Last(trace, maxTrace)
	if err != nil {
		return nil, err
	}
	if dropped > 0 {
		cut(r, "the oldest %d parts of the trace: it was of %.1f MiB, %d MiB are looked at", dropped, mib(len(trace)), maxTrace>>20)
	}
	if len(last) > maxRead {
		return nil, fmt.Errorf("the newest part of the trace is of %.1f MiB, at most %d MiB are looked at", mib(len(last)), maxRead>>20)
	}
	return last, nil
}

// cut says what was left out of a recording.
func cut(r *causes.Recording, format string, args ...any) {
	r.Cut = append(r.Cut, fmt.Sprintf(format, args...))
}

func mib(n int) float64 { return float64(n) / (1 << 20) }

// analyse fills a recording with what is found in its trace, which was shortened. step is called between two pieces of work; an error
// of it ends the work.
func analyse(trace []byte, own []string, r *causes.Recording, step func() error) error {
	r.Bytes = len(trace)
	h, broken := history.Read(trace, site.NewTable(own), step)
	if h == nil {
		return broken
	}
	r.Events, r.Requests = h.Events, len(h.Marks)
	for _, m := range h.Marks {
		if m.Slow {
			r.Slow++
		}
	}
	if h.Clock.Unix != 0 {
		r.Start = time.Unix(0, h.Clock.Unix+int64(h.Start-h.Clock.Trace))
		r.End = time.Unix(0, h.Clock.Unix+int64(h.End-h.Clock.Trace))
	}
	if h.Forgotten {
		cut(r, "the oldest part of the trace: more than %d state changes", history.MaxStretches)
	}
	if h.Unread {
		cut(r, "the newest part of the trace: more than %d goroutines or %d requests", history.MaxGoroutines, history.MaxMarks)
	}
	if h.Sites.Dropped > 0 {
		cut(r, "%d stacks: more than there is room for", h.Sites.Dropped)
	}
	found, beyond, err := rank.Endpoints(h, step)
	if err != nil {
		return err
	}
	r.Endpoints, r.Cut = found, append(r.Cut, beyond...)
	return broken
}

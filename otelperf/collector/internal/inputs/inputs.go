// SPDX-License-Identifier: Apache-2.0

// Package inputs decides which of several descriptions of the same requests counts, so that none counts twice: a service may send
// spans and metrics, and metrics of the same requests under two names.
package inputs

import (
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Input is what tells of requests. What is earlier in the list counts, where there are several: spans say when a request ended, and our
// own metric has what another may miss.
type Input uint8

// The inputs.
const (
	Spans     Input = iota // of requests
	OwnMetric              // otelperf.request.duration
	Metric                 // of the semantic conventions
	OldMetric              // of those before

	numInputs = iota
)

// String is how an input is called.
func (i Input) String() string {
	return [...]string{"spans", "otelperf.request.duration", "metrics", "metrics under former names"}[min(i, OldMetric)]
}

// Absent is how long an input has to be absent, while a lesser one has requests, until that one counts in its place. It is longer than
// requests take, so that a request that was in metrics before its span came does not count: what is lost in between is not made up for.
const Absent = 5 * time.Minute

// Rule is what is known of a service. The zero Rule knows nothing. It is not safe for concurrent use.
//
// Each kind of work has its own: a service may have spans of messages and metrics of HTTP requests. The best input that is there counts. A
// better one takes over at once, from what ended after the last of the lesser one that counted; a lesser one when the better was absent
// for as long as [Absent] says since the lesser one had a request first.
type Rule struct {
	kinds [conventions.NumKinds]rule
}

type rule struct {
	counts Input // that counts, if any is known
	known  bool
	lone   [numInputs]int64 // second of the first requests of a lesser input since the better one had any; 0: there were none
	until  int64            // unix nanoseconds: until then requests were counted by a lesser input
	from   int64            // of the last requests that a lesser input counted, the clock of the collector in unix nanoseconds
}

// Counts reports whether requests that an input tells of are to be counted: they ended at a time, in unix nanoseconds, or in an interval that
// did, and arrived at now.
func (r *Rule) Counts(k conventions.Kind, from Input, ended int64, now time.Time) bool {
	if k >= conventions.NumKinds || from >= numInputs {
		return false
	}
	x := &r.kinds[k]
	second := now.Unix()
	switch {
	case !x.known || from < x.counts:
		x.counts, x.known, x.lone = from, true, [numInputs]int64{}
		x.until = x.from
	case from > x.counts:
		if x.lone[from] == 0 {
			x.lone[from] = second
		}
		if second-x.lone[from] < int64(Absent/time.Second) {
			return false
		}
		x.counts, x.lone, x.until = from, [numInputs]int64{}, 0
	default:
		if x.lone != [numInputs]int64{} {
			x.lone = [numInputs]int64{}
		}
	}
	if ended <= x.until {
		return false
	}
	if from != Spans {
		x.from = now.UnixNano()
	}
	return true
}

// Of is what counts for a kind; ok is false if nothing has come.
func (r *Rule) Of(k conventions.Kind) (in Input, ok bool) {
	if k >= conventions.NumKinds {
		return 0, false
	}
	return r.kinds[k].counts, r.kinds[k].known
}

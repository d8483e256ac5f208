// SPDX-License-Identifier: Apache-2.0

package events

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
)

const (
	clockTolerance = 2 * time.Second // the way of a message through the net is not skew
	maxEventAge    = 24 * time.Hour  // how long a page may have waited offline
)

// reading is a client's time brought to this process's clock.
type reading struct {
	time time.Time
	flag string        // "", corrected, future or too_old
	skew time.Duration // ours minus the client's, 0 if unknown or within the tolerance
}

// readClock corrects the time of an event by what the client's clock said when it sent it. What still lies in the
// future or more than a day back cannot be right: it gets the time at which it came in, and a flag.
func readClock(event, sent, received time.Time) reading {
	if event.IsZero() {
		return reading{time: received}
	}
	r := reading{time: event}
	if skew := received.Sub(sent); !sent.IsZero() && skew.Abs() > clockTolerance {
		r.time, r.flag, r.skew = event.Add(skew), "corrected", skew
	}
	switch {
	case r.time.After(received.Add(clockTolerance)):
		r.time, r.flag = received, "future"
	case r.time.Before(received.Add(-maxEventAge)):
		r.time, r.flag = received, "too_old"
	}
	return r
}

func (r reading) attributes() []attribute.KeyValue {
	if r.flag == "" {
		return nil
	}
	kvs := []attribute.KeyValue{attribute.String(keyClock, r.flag)}
	if r.skew != 0 {
		kvs = append(kvs, attribute.Float64(keyClockSkew, r.skew.Seconds()))
	}
	return kvs
}

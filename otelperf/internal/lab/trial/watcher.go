// SPDX-License-Identifier: Apache-2.0

// Package trial measures detectors on simulated traffic: how often they alert where nothing is wrong, and how soon
// they find a fault that carries a known amount of information.
package trial

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/lab/traffic"
)

// Watcher is a detector under test.
type Watcher interface {
	// Second takes the requests that ended in the second at, and is called for every second.
	Second(at int, requests []baseline.Bucket) baseline.Event
}

// Maker makes a watcher that has seen nothing.
type Maker func() Watcher

// epoch is the begin of the simulations, a Monday at midnight UTC.
const epoch = 1_699_833_600

type detector struct{ *baseline.Detector }

// NewDetector makes the detector of package baseline with its defaults.
func NewDetector() Watcher {
	d, err := baseline.New(baseline.Config{})
	if err != nil {
		panic(err) // the defaults are valid
	}
	return detector{d}
}

func (d detector) Second(at int, requests []baseline.Bucket) baseline.Event {
	return d.Tick(time.Unix(epoch+int64(at), 0), requests)
}

// classic is the literal algorithm: the p99 of the last 1000 requests against an exponential moving average of it
// with weight 0.9, an alert above twice that and above a millisecond, five minutes of cooldown. It never says that a
// spike is over. Its p99 is within 1 %.
type classic struct {
	every   int // seconds between two evaluations
	ring    [1000]int16
	n, next int
	count   [highest - lowest + 1]int32
	largest int // index in count that may be in use
	average float64
	silent  int // until this second
}

const lowest, highest = -30 * 64, 34*64 - 1

// Classic makes the classic that compares every so many seconds.
func Classic(every int) Maker { return func() Watcher { return &classic{every: every} } }

func (c *classic) Second(at int, requests []baseline.Bucket) baseline.Event {
	for _, b := range requests {
		for range min(b.Count, uint32(len(c.ring))) {
			c.add(int16(b.Index))
		}
	}
	if at%c.every != 0 || c.n == 0 {
		return baseline.Event{}
	}
	p99 := c.p99()
	if c.average == 0 {
		c.average = p99
	}
	ratio := p99 / c.average
	c.average = 0.9*c.average + 0.1*p99
	if ratio <= 2 || at < c.silent || p99 < 1e-3 {
		return baseline.Event{}
	}
	c.silent = at + 300
	return baseline.Event{Kind: baseline.Started, Level: baseline.P99, Ratio: ratio}
}

func (c *classic) add(index int16) {
	if c.n == len(c.ring) {
		c.count[c.ring[c.next]-lowest]--
	} else {
		c.n++
	}
	c.ring[c.next] = index
	c.next = (c.next + 1) % len(c.ring)
	c.count[index-lowest]++
	c.largest = max(c.largest, int(index-lowest))
}

func (c *classic) p99() float64 {
	for c.largest > 0 && c.count[c.largest] == 0 {
		c.largest--
	}
	above := int32(c.n - int(math.Ceil(0.99*float64(c.n))) + 1)
	for i := c.largest; i >= 0; i-- {
		if above -= c.count[i]; above <= 0 {
			return traffic.Duration(int16(i + lowest))
		}
	}
	return 0
}

// SPDX-License-Identifier: Apache-2.0

package points

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
)

// takeDelta returns how long the interval of a point is, and whether it is new.
func (r *Reader) takeDelta(e *export, id uint64, start, at pcommon.Timestamp) (length time.Duration, isNew bool) {
	s := r.streams[id]
	if s == nil {
		s = r.add(id)
	} else if s.start == start && s.at == at {
		r.stats.Stale++
		return 0, false
	}
	if s != nil {
		s.start, s.at, s.seen = start, at, e.now.Unix()
	}
	return at.AsTime().Sub(start.AsTime()), true
}

// takeCumulative leaves in r.point what came since the last point of its series, and returns how long the interval is; isNew is false if
// nothing is known to have come.
func (r *Reader) takeCumulative(e *export, id uint64, start, at pcommon.Timestamp) (length time.Duration, isNew bool) {
	s := r.streams[id]
	if s != nil && s.start != start && start < s.at { // another process that exports as the same
		r.stats.Shared++
		id = mix(id ^ uint64(start))
		s = r.streams[id]
	}
	if s == nil {
		return r.first(e, id, start, at)
	}
	if at <= s.at {
		r.stats.Stale++
		return 0, false
	}
	before, same := *s, s.start == start
	s.point(&r.old, &r.point, r.bounds)
	if !r.keep(e, id, s, start, at) {
		return 0, false
	}
	if before.scale != r.point.Scale || before.bounds != r.bounds {
		r.stats.Rescaled++
	}
	length = at.AsTime().Sub(before.at.AsTime())
	switch {
	case !same:
		length = at.AsTime().Sub(start.AsTime())
		r.stats.Restarts++
	case !r.point.GoesOn(&r.old):
		if !more(&r.point, &r.old) {
			r.stats.Restarts++
			r.point = buckets.Point{Counts: r.point.Counts}
			sum := s.sum
			now := buckets.Point{Bounds: r.pointBounds}
			s.point(&r.point, &now, s.bounds)
			r.point.Sum = sum
		}
	case !r.point.Subtract(&r.old):
		r.stats.Restarts++
		sum := s.sum
		s.point(&r.point, &r.point, r.bounds)
		r.point.Sum = sum
	}
	return length, true
}

// first takes in a series that is not known.
func (r *Reader) first(e *export, id uint64, start, at pcommon.Timestamp) (length time.Duration, isNew bool) {
	s := r.add(id)
	if s == nil {
		r.stats.Crowded++
		e.in.crowded = true
		return 0, false
	}
	if !r.keep(e, id, s, start, at) {
		return 0, false
	}
	age := at.AsTime().Sub(start.AsTime())
	switch {
	case start != 0 && age <= 2*e.in.usual():
		return age, true
	case e.in.lacked(start):
		return e.in.usual(), true
	}
	r.stats.First++
	return 0, false
}

// add makes a stream, or returns nil if there is no room.
func (r *Reader) add(id uint64) *stream {
	if r.bytes+streamBytes > r.maxBytes {
		return nil
	}
	s := new(stream)
	r.streams[id] = s
	r.bytes += s.bytes()
	return s
}

// keep remembers a point, or forgets its series if there is no room.
func (r *Reader) keep(e *export, id uint64, s *stream, start, at pcommon.Timestamp) (ok bool) {
	r.bytes -= s.bytes()
	s.keep(&r.point, r.bounds)
	s.start, s.at, s.seen = start, at, e.now.Unix()
	if r.bytes+s.bytes() > r.maxBytes {
		delete(r.streams, id)
		r.stats.Crowded++
		e.in.crowded = true
		return false
	}
	r.bytes += s.bytes()
	return true
}

// sweep forgets what has been silent.
func (r *Reader) sweep(now int64) {
	if now-r.swept < sweepEvery && now >= r.swept {
		return
	}
	r.swept = now
	for id, s := range r.streams {
		if now-s.seen > forgetAfter {
			r.bytes -= s.bytes()
			delete(r.streams, id)
		}
	}
	for id, in := range r.instances {
		if now-in.seen > forgetAfter {
			r.bytes -= instanceBytes
			delete(r.instances, id)
		}
	}
}

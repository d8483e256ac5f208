// SPDX-License-Identifier: Apache-2.0

package points

import (
	"slices"
	"time"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// instance is who exports: all series of a resource.
type instance struct {
	seen     int64                // second of the collector's clock
	first    pcommon.Timestamp    // of its first export
	last     pcommon.Timestamp    // of its last one
	interval time.Duration        // between two of its exports; 0: not known
	starts   [4]pcommon.Timestamp // of its series, that have been exported before, some of them
	fresh    [4]pcommon.Timestamp // of its series in this export
	crowded  bool                 // some of its series were not remembered
	lags     lags
	delay    time.Duration // by which the last export was later than the quickest ones
}

const (
	instanceBytes = int(unsafe.Sizeof(instance{})) + 48
	// sameExport is how far apart the times of points of one export are, at most: SDKs read the clock anew for each instrument.
	sameExport = 500 * time.Millisecond
)

// instance is that of a resource: one that is not remembered if there is no room.
func (r *Reader) instance(id uint64) *instance {
	in := r.instances[id]
	if in != nil {
		return in
	}
	in = new(instance)
	if r.bytes+instanceBytes > r.maxBytes {
		in.crowded = true
		return in
	}
	r.instances[id] = in
	r.bytes += instanceBytes
	return in
}

// export takes in the time of a point.
func (in *instance) export(now time.Time, at pcommon.Timestamp) {
	in.seen = now.Unix()
	since := at.AsTime().Sub(in.last.AsTime())
	switch {
	case in.last == 0:
		in.first = at
	case since.Abs() <= sameExport:
		return
	case since > 0:
		in.interval = since
	}
	for _, s := range in.fresh {
		if s != 0 && !slices.Contains(in.starts[:], s) {
			copy(in.starts[1:], in.starts[:])
			in.starts[0] = s
		}
	}
	in.fresh = [4]pcommon.Timestamp{}
	in.last = at
	in.delay = in.lags.add(now.Sub(at.AsTime()))
}

// note takes in when a series of this export began.
func (in *instance) note(start pcommon.Timestamp) {
	if !slices.Contains(in.fresh[:], start) {
		copy(in.fresh[1:], in.fresh[:])
		in.fresh[0] = start
	}
}

// lacked reports whether a series with this start, which is new, has had nothing in the export before: others with the same start were
// in it, so that it was one of the same process.
func (in *instance) lacked(start pcommon.Timestamp) bool {
	return !in.crowded && start != 0 && slices.Contains(in.starts[:], start)
}

// usual is how far apart exports are.
func (in *instance) usual() time.Duration {
	if in.interval > 0 {
		return in.interval
	}
	return usualInterval
}

// lags finds how late the points of an instance are at least, by its own clock: how far that is off, and the way.
type lags struct {
	now, before time.Duration // the least of this block, and of the one before
	n           int
	whole       bool // there is one before
}

// lagBlock is how many exports are a block: what a clock was before it was set is forgotten after two.
const lagBlock = 8

// add takes in how late an export is, and returns how much later that is than the least.
func (l *lags) add(lag time.Duration) (delay time.Duration) {
	if l.n == lagBlock {
		l.before, l.n, l.whole = l.now, 0, true
	}
	if l.n == 0 || lag < l.now {
		l.now = lag
	}
	l.n++
	least := l.now
	if l.whole {
		least = min(least, l.before)
	}
	return lag - least
}

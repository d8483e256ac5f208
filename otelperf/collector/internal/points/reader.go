// SPDX-License-Identifier: Apache-2.0

package points

import (
	"cmp"
	"hash/maphash"
	"math"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/inputs"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/metadata"
	"github.com/otelperf/otelperf-go/otelperf/internal/buckets"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

const (
	// DefaultBytes bounds what is remembered of series unless set: about 200,000 of them.
	DefaultBytes = 64 << 20
	// usualInterval is how far apart exports are while that is not known: OTEL_METRIC_EXPORT_INTERVAL's default.
	usualInterval = time.Minute
	forgetAfter   = 15 * 60 // seconds without a point
	sweepEvery    = 60      // seconds
)

// Reader remembers what series said last. It is safe for concurrent use.
type Reader struct {
	maxBytes int

	mu        sync.Mutex // guards all below
	streams   map[uint64]*stream
	instances map[uint64]*instance
	bytes     int
	swept     int64
	stats     Stats

	point, old  buckets.Point // memory for the running one
	pointBounds []float64
	bounds      uint64 // a hash of them
	said        uint64 // its count
	attributes  []attribute.KeyValue
	delta       Delta
}

// Stats counts points since the start.
type Stats struct {
	Taken    uint64 // read, whether anything came to them or not
	First    uint64 // of series that were new, and had begun so long ago that it is not known what of them is
	Restarts uint64 // of series that had begun anew
	Stale    uint64 // dropped: they had been sent before, or are older than the last
	Shared   uint64 // of series that several processes export as one: their resources do not tell them apart
	Rescaled uint64 // whose scale or bounds are others than those of the last
	Coarse   uint64 // whose buckets are wider than ours
	Crowded  uint64 // left out: there was no room to remember the series
	Sumless  uint64 // without a sum that what came can have: none is said, or no number was added up
	Absurd   uint64 // left out: too many buckets, counts and bounds that do not fit, a count unlike that of its buckets, times that cannot be
	Series   int    // that are remembered
	Bytes    int    // that they take
}

// Delta is what came to a series since its last point. It and all that it holds are valid until the function it was given to returns.
type Delta struct {
	Resource  pcommon.Resource    // of the instance
	Instance  uint64              // a hash of the resource
	Input     inputs.Input        // of what it is
	Request   conventions.Request // endpoint and outcome
	ErrorType string              // of failed ones: error.type, or the status where that is not named; "" if neither is known
	Overflow  bool                // of what was beyond the cardinality limit of an SDK: how it ended is not known
	Count     uint64              // of requests; not 0
	Began     time.Time           // no request ended before, by the clock of the collector
	Length    time.Duration       // of the interval in which they ended

	point *buckets.Point
	unit  float64
}

// AddTo adds the durations to h. coarse reports that they came from buckets wider than ours, beyond where a bucket without an end begins that
// some came from, at least 1 ns; 0 is none. Their sum is from the buckets where that of the point cannot be.
func (d *Delta) AddTo(h *latency.Histogram) (coarse bool, beyond time.Duration) {
	return d.point.AddTo(h, d.unit)
}

// New returns a Reader that remembers at most so many bytes; 0 is DefaultBytes.
func New(maxBytes int) *Reader {
	return &Reader{
		maxBytes: cmp.Or(max(maxBytes, 0), DefaultBytes), streams: map[uint64]*stream{}, instances: map[uint64]*instance{},
	}
}

// Stats returns what was counted.
func (r *Reader) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := r.stats
	st.Series, st.Bytes = len(r.streams), r.bytes
	return st
}

// Take takes in an export that arrived at now, and calls use with what came to each series. It neither changes nor keeps md. use must not
// call the Reader, and not wait.
func (r *Reader) Take(now time.Time, md pmetric.Metrics, use func(*Delta)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now.Unix())
	for _, rm := range md.ResourceMetrics().All() {
		var in *instance
		resource := uint64(0)
		for _, sm := range rm.ScopeMetrics().All() {
			if sm.Scope().Name() == metadata.ScopeName {
				continue // of another collector: what is in it has been judged there
			}
			for _, m := range sm.Metrics().All() {
				mt, ok := metrics[m.Name()]
				if !ok {
					continue
				}
				if in == nil {
					resource = identity(seed, rm.Resource().Attributes())
					in = r.instance(resource)
				}
				id := mix(resource ^ maphash.String(seed, m.Name()) ^ 3*maphash.String(seed, sm.Scope().Name()) ^ 5*maphash.String(seed, sm.Scope().Version()))
				r.delta = Delta{Resource: rm.Resource(), Instance: resource, Input: mt.input, unit: mt.unitOf(m.Unit())}
				r.metric(&export{now, in, id, use}, m)
			}
		}
	}
}

// export is what the points of a metric have in common.
type export struct {
	now time.Time
	in  *instance
	id  uint64
	use func(*Delta)
}

func (r *Reader) metric(e *export, m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeExponentialHistogram:
		temporality := m.ExponentialHistogram().AggregationTemporality()
		for _, dp := range m.ExponentialHistogram().DataPoints().All() {
			if !dp.Flags().NoRecordedValue() {
				r.take(e, temporality, dp.StartTimestamp(), dp.Timestamp(), dp.Attributes(), r.exponential(dp))
			}
		}
	case pmetric.MetricTypeHistogram:
		temporality := m.Histogram().AggregationTemporality()
		for _, dp := range m.Histogram().DataPoints().All() {
			if !dp.Flags().NoRecordedValue() {
				r.take(e, temporality, dp.StartTimestamp(), dp.Timestamp(), dp.Attributes(), r.explicit(dp))
			}
		}
	default: // sums and gauges of that name have no durations
	}
}

// exponential reads a point; ok is false for one that cannot be.
func (r *Reader) exponential(dp pmetric.ExponentialHistogramDataPoint) (ok bool) {
	counts := r.point.Counts[:0]
	n := dp.Positive().BucketCounts().Len()
	for i := range min(n, mostBuckets) {
		counts = append(counts, dp.Positive().BucketCounts().At(i))
	}
	r.point = buckets.Point{
		Start: dp.StartTimestamp().AsTime(), Scale: dp.Scale(), Offset: dp.Positive().Offset(), Threshold: dp.ZeroThreshold(), Zeros: dp.ZeroCount(),
		Counts: counts, Sum: known(dp.HasSum(), dp.Sum()), Min: known(dp.HasMin(), dp.Min()), Max: known(dp.HasMax(), dp.Max()),
	}
	r.bounds, r.said = 0, dp.Count()
	return n <= mostBuckets && !math.IsNaN(dp.ZeroThreshold()) && dp.Scale() >= -10 && dp.Scale() <= 20
}

// explicit reads a point; ok is false for one that cannot be.
func (r *Reader) explicit(dp pmetric.HistogramDataPoint) (ok bool) {
	counts, bounds := r.point.Counts[:0], r.pointBounds[:0]
	n := dp.BucketCounts().Len()
	for i := range min(n, mostBuckets) {
		counts = append(counts, dp.BucketCounts().At(i))
	}
	ok = n > 0 && n <= mostBuckets && dp.ExplicitBounds().Len() == n-1
	for i := range min(dp.ExplicitBounds().Len(), mostBuckets) {
		b := dp.ExplicitBounds().At(i)
		ok = ok && !math.IsNaN(b) && (i == 0 || b > bounds[i-1])
		bounds = append(bounds, b)
	}
	if n == 0 && dp.ExplicitBounds().Len() == 0 { // nothing but a count: in one bucket of which nothing is known
		counts, ok = append(counts, dp.Count()), true
	}
	r.said = dp.Count()
	r.point = buckets.Point{
		Start: dp.StartTimestamp().AsTime(), Explicit: true, Bounds: bounds, Counts: counts,
		Sum: known(dp.HasSum(), dp.Sum()), Min: known(dp.HasMin(), dp.Min()), Max: known(dp.HasMax(), dp.Max()),
	}
	r.pointBounds, r.bounds = bounds, hashOf(bounds)
	return ok
}

// known is NaN for what a point does not say.
func known(has bool, x float64) float64 {
	if !has {
		return math.NaN()
	}
	return x
}

// mostRequests is how many a point may have.
const mostRequests = 1 << 53

// counts reports whether a point has as many requests as there can be.
func counts(p *buckets.Point) bool {
	left := uint64(mostRequests)
	for _, n := range p.Counts {
		if n > left {
			return false
		}
		left -= n
	}
	return p.Zeros <= left
}

// take finds out what came to the series of the point that was read.
func (r *Reader) take(e *export, temporality pmetric.AggregationTemporality, start, at pcommon.Timestamp, attrs pcommon.Map, ok bool) {
	r.stats.Taken++
	if !ok || !counts(&r.point) || r.point.Total() != r.said || at == 0 || start > at {
		r.stats.Absurd++
		return
	}
	e.in.export(e.now, at)
	id := mix(e.id ^ identity(seed, attrs))
	length, isNew := time.Duration(0), false
	switch temporality {
	case pmetric.AggregationTemporalityDelta:
		length, isNew = r.takeDelta(e, id, start, at)
	case pmetric.AggregationTemporalityCumulative:
		length, isNew = r.takeCumulative(e, id, start, at)
	default:
		r.stats.Absurd++
	}
	e.in.note(start)
	if n := r.point.Total(); isNew && n > 0 {
		r.pass(e, attrs, n, length)
	}
}

// pass hands on what has come.
func (r *Reader) pass(e *export, attrs pcommon.Map, n uint64, length time.Duration) {
	if r.point.Explicit || r.point.Scale < latency.Scale {
		r.stats.Coarse++
	}
	if !r.point.SumKnown() {
		r.stats.Sumless++
	}
	r.attributes = attributesOf(r.attributes[:0], attrs)
	d := &r.delta
	d.Request, d.Overflow = request(r.attributes)
	d.ErrorType = errorType(&d.Request, r.attributes)
	d.Count, d.Length, d.Began, d.point = n, length, e.now.Add(-length-e.in.delay), &r.point
	e.use(d)
}

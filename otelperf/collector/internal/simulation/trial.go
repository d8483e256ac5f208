// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/gate"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/instances"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/points"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Way is how instances export.
type Way struct {
	Name      string
	Metrics   bool          // cumulative exponential histograms, as an SDK has them; else spans
	Every     time.Duration // between two exports of an instance
	Lateness  time.Duration // of spans
	Instances int
	Rule      gate.Rule // of metrics
	Ungated   bool      // alarms are told at once
}

// Fault is what happens after half an hour.
type Fault struct {
	Name   string
	Factor float64       // by which requests are slower
	Share  float64       // of them; 0: all
	One    bool          // of one instance alone
	Stall  time.Duration // instead: nothing is answered for so long
}

// Found is what was found of a fault, in seconds since it began; below 0: not.
type Found struct {
	Told  float64 // that the service is slow
	Named float64 // that the one instance is
	Wrong int     // verdicts on instances before the fault, and on others
	Early int     // alarms before the fault
}

// instance is a process in virtual time.
type instance struct {
	next, export time.Time
	open         []request // not exported yet
	h            *Expo
}

type request struct {
	end time.Time
	d   time.Duration
}

var (
	midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	endpoint = conventions.Endpoint{Kind: conventions.KindHTTP, Method: "GET", Route: "/x"}
)

const (
	warm  = 30 * time.Minute
	after = 6 * time.Minute
	// slots of a ring of seconds that wait for their lateness
	slots = 64
)

// trial is one run.
type trial struct {
	way   Way
	fault Fault
	r     *rand.Rand
	onset time.Time
	found Found

	engine *engine.Engine
	gate   gate.Gate
	insts  *instances.Instances
	reader *points.Reader
	now    time.Time
	ring   [slots]latency.Histogram // by the second in which they count
	usual  engine.UsualSlow
	known  bool
}

// Run is a trial of so many requests a second and instance.
func Run(w Way, f Fault, perSecond float64, seed uint64) Found {
	t := &trial{way: w, fault: f, r: rand.New(rand.NewPCG(seed, 5)), found: Found{Told: -1, Named: -1}, insts: instances.New(0), reader: points.New(0)}
	t.onset = midnight.Add(warm + time.Duration(t.r.IntN(60_000))*time.Millisecond)
	o := engine.Options{}
	if w.Metrics && !w.Ungated {
		o.Confirm = func(ep conventions.Endpoint, m engine.Matter, ev *baseline.Event) bool {
			return t.gate.Confirm(t.now, ep, m, ev, w.Rule)
		}
	}
	e, err := engine.New(o)
	if err != nil {
		panic(err) // no option is set
	}
	t.engine = e
	gap := func() time.Duration { return time.Duration(t.r.ExpFloat64() / perSecond * 1e9) }
	in := make([]*instance, w.Instances)
	for i := range in {
		in[i] = &instance{next: midnight.Add(gap()), export: midnight.Add(time.Duration(t.r.Int64N(int64(w.Every)))), h: NewExpo(160, 20)}
	}
	for t.now = midnight; t.now.Before(t.onset.Add(after)); t.now = t.now.Add(time.Second) {
		for i, x := range in {
			for ; !x.next.After(t.now); x.next = x.next.Add(gap()) {
				d := t.duration(x.next, i)
				x.open = append(x.open, request{x.next.Add(d), d})
			}
			if !x.export.After(t.now) {
				x.export = x.export.Add(w.Every)
				t.take(i, x)
			}
		}
		t.tick()
	}
	return t.found
}

// duration is how long a request takes.
func (t *trial) duration(at time.Time, i int) time.Duration {
	d := time.Duration(50e6 * math.Exp(0.5*t.r.NormFloat64()))
	f, since := &t.fault, at.Sub(t.onset)
	switch {
	case since < 0 || f.One && i != 0:
	case f.Stall > 0:
		d += max(f.Stall-since, 0)
	case f.Share == 0 || t.r.Float64() < f.Share:
		d = time.Duration(float64(d) * f.Factor)
	}
	return d
}

// take exports what has ended.
func (t *trial) take(i int, x *instance) {
	var done latency.Histogram
	keep := x.open[:0]
	for _, q := range x.open {
		switch {
		case q.end.After(t.now):
			keep = append(keep, q)
		case t.way.Metrics:
			x.h.Record(q.d.Seconds())
		default:
			t.slot(q.end).Record(q.d)
			done.Record(q.d)
		}
	}
	x.open = keep
	if !t.way.Metrics {
		t.report(i, &done, 0)
		return
	}
	t.reader.Take(t.now, point(i, x.h, t.now), func(d *points.Delta) {
		d.AddTo(&done)
		t.slot(t.now).Merge(&done)
		t.gate.Add(t.now, endpoint, &gate.Point{Began: d.Began, Length: d.Length, Durations: &done})
		t.report(i, &done, d.Length)
	})
}

// report counts for the instance.
func (t *trial) report(i int, done *latency.Histogram, length time.Duration) {
	if !t.known {
		return
	}
	x := instances.ReportOf(done, t.usual)
	x.Length = length
	t.insts.Add(t.now, uint64(i), x, func() instances.Instance { return instances.Instance{Name: strconv.Itoa(i)} })
}

// slot is where what ended at a time counts: the oldest one that is open for what is late.
func (t *trial) slot(end time.Time) *latency.Histogram {
	second := max(end.Unix(), t.now.Add(-t.way.Lateness).Unix())
	return &t.ring[second%slots]
}

// tick gives the engine the second that is complete, and looks at what is new.
func (t *trial) tick() {
	at := t.now.Add(-t.way.Lateness)
	h := &t.ring[at.Unix()%slots]
	for _, ev := range t.engine.Advance(at.Add(time.Second), delta(h)) {
		if ev.Part == nil || !ev.Started {
			continue
		}
		if since := t.now.Sub(t.onset).Seconds(); since < 0 {
			t.found.Early++
		} else if t.found.Told < 0 {
			t.found.Told = since
		}
	}
	t.gate.Suspect(t.now, t.engine.Suspects())
	h.Reset()
	t.usual, t.known = t.engine.UsualSlow(0)
	for _, v := range t.insts.Judge(t.now) {
		since := t.now.Sub(t.onset).Seconds()
		switch {
		case v.Ended:
		case since < 0 || v.Name != "0" || !t.fault.One:
			t.found.Wrong++
		case t.found.Named < 0:
			t.found.Named = since
		}
	}
}

func delta(h *latency.Histogram) iter.Seq[*spikeprocessor.Delta] {
	return func(yield func(*spikeprocessor.Delta) bool) {
		if h.Count() == 0 {
			return
		}
		d := &spikeprocessor.Delta{Endpoint: endpoint, All: h}
		d.Outcomes[slowlog.OutcomeOK] = h.Count()
		yield(d)
	}
}

// point is the export of an instance.
func point(i int, h *Expo, now time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "s")
	rm.Resource().Attributes().PutStr("service.instance.id", strconv.Itoa(i))
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.request.duration")
	m.SetUnit("s")
	x := m.SetEmptyExponentialHistogram()
	x.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	dp := x.DataPoints().AppendEmpty()
	dp.Attributes().PutStr("http.request.method", endpoint.Method)
	dp.Attributes().PutStr("http.route", endpoint.Route)
	dp.Attributes().PutInt("http.response.status_code", 200)
	dp.SetStartTimestamp(pcommon.NewTimestampFromTime(midnight))
	dp.SetTimestamp(pcommon.NewTimestampFromTime(now))
	h.Put(dp)
	return md
}

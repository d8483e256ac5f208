// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/objective"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

func pattern(t testing.TB, text string) spikeprocessor.Pattern {
	t.Helper()
	p, err := spikeprocessor.ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func withObjectives(t testing.TB, all ...SLO) *Engine {
	t.Helper()
	e, err := New(Options{Objectives: all})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// raw is a request as a client would tell of it.
type raw struct {
	route    string
	outcome  slowlog.Outcome
	duration time.Duration
}

// day is what a simulated day of a shop is like: calm nights, sometimes an hour in which some fail or are slow.
type day struct {
	r         *rand.Rand
	bad, slow float64
}

// tick returns the requests of ten seconds, the last of which is second.
func (d *day) tick(second int) (all []raw) {
	if second%3600 == 0 {
		d.bad, d.slow = 0.0004, 0.002
		switch d.r.IntN(60) {
		case 0:
			d.bad = 0.06
		case 1:
			d.slow = 0.2
		}
	}
	rate := 1.2 * (1.02 + math.Sin(2*math.Pi*float64(second)/86400))
	for range d.r.IntN(1 + int(2*rate)) {
		q := raw{route: []string{"/shop/cart", "/shop/pay", "/admin"}[d.r.IntN(3)], duration: time.Duration(2e8 * math.Exp(0.08*d.r.NormFloat64()))}
		switch x := d.r.Float64(); {
		case x < d.bad:
			q.outcome, q.duration = slowlog.OutcomeServerError, time.Millisecond
		case x < 0.01:
			q.outcome = slowlog.OutcomeCanceled
		case x < 0.02:
			q.outcome = slowlog.OutcomeStream
		case x < 0.05:
			q.outcome = slowlog.OutcomeClientError
		}
		if d.r.Float64() < d.slow {
			q.duration *= 3
		}
		all = append(all, q)
	}
	return all
}

// deltasOf is what a processor makes of requests.
func deltasOf(all []raw) (out []*spikeprocessor.Delta) {
	for id, route := range []string{"/shop/cart", "/shop/pay", "/admin"} {
		d := &spikeprocessor.Delta{ID: id, Endpoint: conventions.Endpoint{Method: "GET", Route: route}, All: new(latency.Histogram), Failed: new(latency.Histogram)}
		for _, q := range all {
			if q.route != route {
				continue
			}
			d.Outcomes[q.outcome]++
			if q.outcome.Timed() {
				d.All.Record(q.duration)
			}
			if q.outcome.Failed() {
				d.Failed.Record(q.duration)
			}
		}
		if d.Outcomes.Total() > 0 {
			out = append(out, d)
		}
	}
	return out
}

// tally counts requests by ticks of ten seconds, all before each.
type tally struct{ total, bad []uint64 }

func (c *tally) next() {
	if len(c.total) == 0 {
		c.total, c.bad = []uint64{0}, []uint64{0}
	}
	c.total, c.bad = append(c.total, c.total[len(c.total)-1]), append(c.bad, c.bad[len(c.bad)-1])
}

func (c *tally) add(bad bool) {
	c.total[len(c.total)-1]++
	if bad {
		c.bad[len(c.bad)-1]++
	}
}

// window is what came in the running step and those before it that make a window, up to the last tick.
func (c *tally) window(step, length time.Duration) (total, bad uint64) {
	n := len(c.total) - 2 // number of the last tick, from 0
	perStep := int(step / (10 * time.Second))
	from := max(0, n/perStep*perStep-int(length/(10*time.Second)))
	return c.total[n+1] - c.total[from], c.bad[n+1] - c.bad[from]
}

// The windows of a budget and the steps that they are made of.
var budgetWindows = [objective.Pairs]struct{ shortStep, longStep time.Duration }{
	{10 * time.Second, 10 * time.Second}, {time.Minute, time.Minute}, {time.Minute, time.Hour},
}

func agree(t *testing.T, at int, got *ObjectiveState, want *tally) {
	t.Helper()
	total, bad := want.window(time.Hour, got.Period)
	left := 1 - float64(bad)/((1-got.Target)*float64(total))
	if got.Budget.Total != total || got.Budget.Bad != bad || math.Abs(got.Budget.Left-left) > 1e-9 {
		t.Fatalf("second %d, %s: %d of %d bad, %v left; by the raw requests %d of %d, %v", at, got.Name, got.Budget.Bad, got.Budget.Total, got.Budget.Left, bad, total, left)
	}
	rate := func(bad, total uint64) float64 {
		if total == 0 {
			return 0
		}
		return float64(bad) / float64(total) / (1 - got.Target)
	}
	for i, b := range got.Budget.Burns {
		long, longBad := want.window(budgetWindows[i].longStep, b.Long)
		short, shortBad := want.window(budgetWindows[i].shortStep, b.Short)
		if b.Total != long || b.Bad != longBad || b.ShortTotal != short || b.ShortBad != shortBad ||
			math.Abs(b.LongRate-rate(longBad, long)) > 1e-9 || math.Abs(b.ShortRate-rate(shortBad, short)) > 1e-9 {
			t.Fatalf("second %d, %s: %+v; by the raw requests %d of %d, and %d of %d", at, got.Name, b, longBad, long, shortBad, short)
		}
		if b.Open == got.Since[i].IsZero() {
			t.Fatalf("second %d: open %v since %v", at, b.Open, got.Since[i])
		}
	}
}

// Budgets and burn rates are those of the raw requests of 32 days, of which the period is 30, with a restart in the middle of an alert.
func TestObjectivesAgreeWithTheRawRequests(t *testing.T) {
	threshold := 220 * time.Millisecond
	all := []SLO{
		{Name: "not failed", Pattern: pattern(t, "* /shop/**"), Target: 0.999, Period: 30 * 24 * time.Hour},
		{Name: "in time", Pattern: pattern(t, "* /shop/**"), Latency: threshold, Target: 0.9, Period: 30 * 24 * time.Hour},
	}
	e := withObjectives(t, all...)
	d := &day{r: rand.New(rand.NewPCG(17, 3))}
	success, inTime := &tally{}, &tally{}
	limit := latency.UpperDuration(latency.Bucket(threshold)) // of the bucket that the threshold is in
	restarted, opened, between, slow := 0, 0, 0, 0
	for second := 0; second < 32*86400; second += 10 {
		now := midnight.Add(time.Duration(second) * time.Second)
		success.next()
		inTime.next()
		down := restarted != 0 && second < restarted+90
		var came []raw
		if !down {
			came = d.tick(second)
		}
		for _, q := range came {
			if q.route == "/admin" {
				continue
			}
			if q.outcome != slowlog.OutcomeCanceled {
				success.add(q.outcome.Failed())
			}
			inTime.add(q.outcome.Timed() && q.duration > limit)
			if q.outcome.Timed() && q.duration > threshold {
				slow++
				if q.duration <= limit {
					between++
				}
			}
		}
		if down {
			continue
		}
		if second == restarted+90 && restarted != 0 {
			text, err := json.Marshal(e.SavedObjectives(now.Add(-90 * time.Second)))
			if err != nil {
				t.Fatal(err)
			}
			var saved []SavedObjective
			if err := json.Unmarshal(text, &saved); err != nil {
				t.Fatal(err)
			}
			e = withObjectives(t, all...)
			e.Advance(now, deltas())
			e.OfferObjectives(saved)
		}
		e.Advance(now, deltas(deltasOf(came)...))
		if second%7200 != 0 && second != restarted+90 {
			continue
		}
		states := e.Objectives()
		agree(t, second, &states[0], success)
		agree(t, second, &states[1], inTime)
		alert := slices.ContainsFunc(states, func(s ObjectiveState) bool {
			return slices.ContainsFunc(s.Budget.Burns[:], func(b objective.Burn) bool { return b.Open })
		})
		if alert {
			opened++
			if restarted == 0 && second > 14*86400 {
				restarted = second
			}
		}
	}
	if restarted == 0 || opened < 3 || slow < 1000 || between == 0 || between*4 > slow {
		t.Errorf("restarted at second %d, alerts at %d of the looks, %d of %d slow ones within the bucket of the threshold", restarted, opened, between, slow)
	}
}

// failing is a delta of n requests of which some fail at once.
func ofWhichFailed(id, n, failed int) *spikeprocessor.Delta {
	d := requests(id, n, time.Millisecond)
	d.Outcomes[slowlog.OutcomeOK], d.Outcomes[slowlog.OutcomeServerError] = uint64(n-failed), uint64(failed)
	return d
}

// openAlerts are those of the first objective.
func openAlerts(e *Engine) (n int) {
	for _, b := range e.Objectives()[0].Budget.Burns {
		if b.Open {
			n++
		}
	}
	return n
}

// One failed request of a quiet night is a burn rate of hundreds, and no alert; when everything fails there is one with the fifth.
func TestOneFailedRequestAtNightIsNoAlert(t *testing.T) {
	e := withObjectives(t, SLO{Name: "a", Pattern: pattern(t, "GET /a"), Target: 0.999, Period: 30 * 24 * time.Hour})
	second := 0
	advance := func(ds ...*spikeprocessor.Delta) {
		second++
		e.Advance(midnight.Add(time.Duration(second)*time.Second), deltas(ds...))
	}
	for range 3 * 3600 {
		if second%1200 == 0 {
			advance(ofWhichFailed(0, 1, 0))
		} else {
			advance()
		}
	}
	advance(ofWhichFailed(0, 1, 1))
	for range 300 {
		advance()
		if openAlerts(e) != 0 {
			t.Fatal("an alert for one failed request")
		}
	}
	if rate := e.Objectives()[0].Budget.Burns[0].LongRate; rate < 100 {
		t.Errorf("burn rate is %v: the test does not try what it is for", rate)
	}
	for n := 2; n <= 5; n++ {
		if openAlerts(e) != 0 {
			t.Errorf("an alert before failure %d", n)
		}
		advance(ofWhichFailed(0, 1, 1))
	}
	if openAlerts(e) == 0 {
		t.Error("no alert after five failures in a row")
	}
}

// What an objective counts goes on in the next process if it is the same one, whatever the period is; with another threshold it does not.
func TestObjectiveThatIsAnotherBeginsAnew(t *testing.T) {
	slow := func(name, text string, d time.Duration, target float64, days int) SLO {
		return SLO{Name: name, Pattern: pattern(t, text), Latency: d, Target: target, Period: time.Duration(days) * 24 * time.Hour}
	}
	was := slow("a", "GET /a", time.Second, 0.99, 30)
	e := withObjectives(t, was)
	e.Advance(midnight, deltas())
	e.Advance(midnight.Add(time.Second), deltas(requests(0, 100, 2*time.Second)))
	saved := e.SavedObjectives(midnight.Add(time.Second))
	for _, tt := range []struct {
		now  SLO
		want uint64
	}{
		{was, 100}, {slow("a", "GET /a", time.Second, 0.99, 7), 100}, {slow("a", "GET /a", time.Second, 0.99, 90), 100},
		{slow("a", "GET /a", 2*time.Second, 0.99, 30), 0}, {slow("a", "GET /a", time.Second, 0.999, 30), 0}, {slow("b", "GET /a", time.Second, 0.99, 30), 0},
		{slow("a", "GET /*", time.Second, 0.99, 30), 0}, {slow("a", "GET /a", 0, 0.99, 30), 0},
	} {
		e := withObjectives(t, tt.now)
		e.Advance(midnight.Add(time.Hour), deltas())
		e.OfferObjectives(saved)
		if st := e.Objectives()[0]; st.Budget.Total != tt.want || st.Budget.Bad != tt.want || st.Requests != 0 {
			t.Errorf("%+v goes on with %d requests, %d bad, %d of this process; want %d", tt.now, st.Budget.Total, st.Budget.Bad, st.Requests, tt.want)
		}
	}
	e = withObjectives(t, was)
	e.Advance(midnight, deltas())
	saved[0].State = saved[0].State[:10]
	e.OfferObjectives(saved)
	if e.Objectives()[0].Budget.Total != 0 || e.Stats().RestoreFailures != 1 {
		t.Errorf("damaged: %d requests, %d failures; want 0 and 1", e.Objectives()[0].Budget.Total, e.Stats().RestoreFailures)
	}
}

// A pattern is of requests; what is called counts by its very name. What is forgotten stays counted, and a pattern that nothing matches is known.
func TestWhatAnObjectiveCounts(t *testing.T) {
	e := withObjectives(t,
		SLO{Name: "all", Pattern: pattern(t, "**"), Target: 0.9}, SLO{Name: "call", Pattern: pattern(t, "GET /c"), Target: 0.9},
		SLO{Name: "call?", Pattern: pattern(t, "GET /c*"), Target: 0.9})
	call := requests(2, 5, time.Millisecond)
	call.Endpoint.Kind = conventions.KindDependency
	e.Advance(midnight, deltas(call))
	e.Advance(midnight.Add(time.Hour), deltas(requests(0, 2, time.Millisecond), requests(1, 3, time.Millisecond)))
	e.Advance(midnight.Add(2*time.Hour), deltas(&spikeprocessor.Delta{ID: 1, Forgotten: true, Other: 7}))
	got := e.Objectives()
	for i, want := range []struct {
		requests  uint64
		endpoints int
		unmatched time.Duration
	}{{5, 1, 0}, {5, 1, 0}, {0, 0, time.Hour}} {
		if g := got[i]; g.Requests != want.requests || g.Budget.Total != want.requests || g.Endpoints != want.endpoints || g.Unmatched != want.unmatched {
			t.Errorf("%s: %d requests of %d endpoints, unmatched for %v; want %+v", g.Name, g.Requests, g.Endpoints, g.Unmatched, want)
		}
	}
}

func TestObjectiveOutOfRange(t *testing.T) {
	_, err := New(Options{Objectives: []SLO{{Name: "x", Target: 1}, {Name: "y", Target: 0.9, Period: time.Minute}}})
	if err == nil || !strings.Contains(err.Error(), `objective "x"`) || !strings.Contains(err.Error(), `objective "y"`) {
		t.Errorf("error %v, want one that names both", err)
	}
}

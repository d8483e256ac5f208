// SPDX-License-Identifier: Apache-2.0

package failures

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// bench drives a detector by the second and remembers what it says.
type bench struct {
	*testing.T
	d      *Detector
	r      *rand.Rand
	now    time.Time
	rate   int // requests/s; below 1 see every
	every  int // seconds between requests, if rate is 0
	share  float64
	client float64
	events []Event
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, d: d, r: rand.New(rand.NewPCG(1, 2)), now: time.Unix(1_767_571_200, 0), rate: 20}
}

func (b *bench) count(n int, p float64) (k uint64) {
	for range n {
		if b.r.Float64() < p {
			k++
		}
	}
	return k
}

func (b *bench) tick(c Counts) {
	b.now = b.now.Add(time.Second)
	for _, ev := range b.d.Tick(b.now, c) {
		if ev.Kind != None {
			b.events = append(b.events, ev)
		}
	}
}

func (b *bench) run(seconds int) {
	for i := range seconds {
		n := b.rate
		if n == 0 && i%b.every == 0 {
			n = 1
		}
		k := b.count(n, b.share)
		b.tick(Counts{Requests: uint64(n), Failed: k, ClientErrors: b.count(n-int(k), b.client)})
	}
}

// said checks the kinds and matters of all events so far, and forgets them.
func (b *bench) said(want string) {
	b.Helper()
	var got []string
	for _, ev := range b.events {
		got = append(got, ev.Matter.String()+" "+ev.Kind.String())
	}
	if s := strings.Join(got, ", "); s != want {
		b.Errorf("%v: %q, want %q", b.now.Sub(time.Unix(1_767_571_200, 0)), s, want)
	}
	b.events = nil
}

func TestIncidentStartsAndEnds(t *testing.T) {
	b := newBench(t)
	b.share = 0.004
	b.run(3 * 3600)
	b.said("")
	b.share = 0.3
	begin := b.now
	b.run(60)
	if len(b.events) != 1 {
		t.Fatalf("%d events", len(b.events))
	}
	ev := b.events[0]
	b.said("failed started")
	if took := ev.At.Sub(begin); took < 5*time.Second || took > 15*time.Second {
		t.Errorf("took %v", took)
	}
	if d := ev.Start.Sub(begin).Abs(); d > 5*time.Second || ev.Requests < 100 || ev.Share < 0.2 || ev.Share > 0.4 ||
		math.Abs(ev.Share-float64(ev.Bad)/float64(ev.Requests)) > 1e-9 {
		t.Errorf("%+v, began at %v", ev, begin)
	}
	if math.Abs(ev.Usual-0.004) > 0.001 || math.Abs(ev.Expected-ev.Usual*float64(ev.Requests)) > 0.01 {
		t.Errorf("usually %v, expected %v of %d", ev.Usual, ev.Expected, ev.Requests)
	}
	if now, ok := b.d.Open(Failed); !ok || now.Requests < 1000 || !b.d.State(Failed).Open {
		t.Errorf("open: %v, %+v", ok, now)
	}
	b.share = 0.004
	b.run(60)
	if len(b.events) != 1 || b.events[0].Requests < 1200 {
		t.Errorf("%+v", b.events)
	}
	b.said("failed ended")
	if st := b.d.State(Failed); st.Open || st.Usual > 0.006 || st.Elevated {
		t.Errorf("learned from the incident: %+v", st)
	}
}

// What always fails is normal, and said to be elevated; when it fails much more often that is an incident.
func TestAlwaysFailing(t *testing.T) {
	b := newBench(t)
	b.share = 0.05
	b.run(4 * 3600)
	b.said("")
	if st := b.d.State(Failed); !st.Elevated || st.Learning || math.Abs(st.Usual-0.05) > 0.01 {
		t.Errorf("%+v", st)
	}
	b.share = 0.3
	b.run(60)
	b.said("failed started")
}

// After half an hour it is the new normal. When that is over it is forgotten, so that the next incident is found.
func TestNewNormalIsForgotten(t *testing.T) {
	b := newBench(t)
	b.run(3600)
	for range 2 {
		b.share = 1
		b.run(2400)
		b.said("failed started, failed new_normal")
		if st := b.d.State(Failed); st.Usual < 0.9 || !st.Elevated {
			t.Errorf("%+v", st)
		}
		b.share = 0
		b.run(1200)
		b.said("")
	}
}

// However large, a burst of a few seconds is none.
func TestBursts(t *testing.T) {
	for _, rate := range []int{1, 20, 500} {
		b := newBench(t)
		b.rate, b.share = rate, 0.001
		b.run(7200)
		for range 6 {
			b.share = 1
			b.run(4)
			b.share = 0.001
			b.run(600)
		}
		b.said("")
	}
}

// From the first request on, five that fail are an incident.
func TestColdStart(t *testing.T) {
	b := newBench(t)
	b.rate, b.every, b.share = 0, 10, 1
	b.run(41)
	b.said("failed started")

	b = newBench(t)
	b.rate, b.every = 0, 10
	b.run(10)
	b.share = 0.2
	b.run(7200)
	b.said("")
}

func TestSeldomRequests(t *testing.T) {
	b := newBench(t)
	b.rate, b.every, b.share = 0, 10, 0.005
	b.run(24 * 3600)
	b.said("")
	b.share = 1
	b.run(50)
	b.said("failed started")
	b.share, b.every = 0, 86400
	b.run(1)
	b.events = nil
	for range 1900 { // nothing comes any more
		b.tick(Counts{})
	}
	b.said("failed ended")
}

func TestClientErrors(t *testing.T) {
	b := newBench(t)
	b.client = 0.03
	b.run(4 * 3600)
	b.client = 0.06 // not worth a word
	b.run(1200)
	b.said("")
	b.client = 0.7
	b.run(120)
	b.said("client_errors started")
	b.client = 0.03
	b.run(300)
	b.said("client_errors ended")
}

func TestPanics(t *testing.T) {
	b := newBench(t)
	episode := func() {
		b.tick(Counts{Requests: 20, Failed: 1, Panics: 1})
		b.run(700)
	}
	for range 3 {
		episode()
		b.said("panics started, panics ended")
	}
	episode() // the fourth within a day
	b.said("")
	if !b.d.State(Panics).Elevated {
		t.Error("panics are not usual")
	}
	b.run(20 * 3600)
	episode()
	b.said("panics started, panics ended")

	b = newBench(t)
	for range 50 {
		b.tick(Counts{Requests: 1000, Failed: 1, Panics: 1})
		b.run(60)
	}
	b.said("panics started, panics new_normal")
}

// After a restart what was usual is known, and failures in the first seconds are no incident yet.
func TestRestart(t *testing.T) {
	b := newBench(t)
	b.share = 0.1
	b.run(4 * 3600)
	state := b.d.AppendState(nil)
	if len(state) > MaxStateSize {
		t.Fatalf("%d bytes", len(state))
	}
	restart := func(age time.Duration) {
		b.d = b.d.Another()
		if err := b.d.Restore(state, age); err != nil {
			t.Fatal(err)
		}
	}
	restart(time.Minute)
	b.share = 0.8
	b.run(20)
	b.share = 0.1
	b.run(600)
	b.said("")
	if st := b.d.State(Failed); st.Learning || math.Abs(st.Usual-0.1) > 0.02 {
		t.Errorf("%+v", st)
	}
	restart(-time.Minute)
	b.share = 0.9
	b.run(60)
	if len(b.events) != 1 || !b.events[0].SinceRestart {
		t.Errorf("%+v", b.events)
	}
	restart(100 * 24 * time.Hour)
	if st := b.d.State(Failed); !st.Learning {
		t.Errorf("still knows: %+v", st)
	}
}

// What a request adds to the sums is on average at most nothing, in the sense of E exp <= 1, if at most the share taken for normal is
// bad; so they are e-detectors. Whatever was learned.
func TestEvidenceIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		d, _ := New(Config{Floor: 0.0001 * math.Pow(1000, r.Float64())})
		p := math.Pow(r.Float64(), 3)
		for m := range 1 + r.IntN(200) {
			n := r.IntN(1000)
			k := 0
			if q := p * math.Exp(r.NormFloat64()*float64(i%3)/2); n > 0 {
				k = min(int(float64(n)*q), n)
			}
			d.Tick(time.Unix(int64(60*m), 0), Counts{Requests: uint64(n), Failed: uint64(k), ClientErrors: uint64(n-k) / 2})
		}
		for m := range d.shares {
			s := &d.shares[m]
			for j := range s.gain {
				null := float64(s.null)
				mean := null*math.Exp(float64(s.gain[j]-s.loss[j])) + (1-null)*math.Exp(-float64(s.loss[j]))
				if !(mean <= 1+1e-6) || !(s.gain[j] >= s.loss[j]) || !(s.loss[j] >= 0) {
					t.Fatalf("share %d, alternative %d: normal is %v, a request adds %v or %v: E exp is %v", m, j, null, s.gain[j], s.loss[j], mean)
				}
			}
			if usual := s.normal.share(); s.normal.known() && float64(s.null) < 0.9999*min(usual, mostNull) {
				t.Fatalf("%v is usual, and %v normal", usual, s.null)
			}
		}
	}
}

func TestOf(t *testing.T) {
	var o slowlog.OutcomeCounts
	for i := range o {
		o[i] = 1 << i
	}
	got := Of(&o)
	want := Counts{
		Requests: 1<<slowlog.OutcomeOK + 1<<slowlog.OutcomeClientError + 1<<slowlog.OutcomeServerError + 1<<slowlog.OutcomePanic +
			1<<slowlog.OutcomeStream,
		Failed: 1<<slowlog.OutcomeServerError + 1<<slowlog.OutcomePanic, ClientErrors: 1 << slowlog.OutcomeClientError,
		Panics: 1 << slowlog.OutcomePanic,
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestConfigErrors(t *testing.T) {
	_, err := New(Config{Ratio: 1, Floor: 0.9, Elevated: math.NaN()})
	for _, want := range []string{"Ratio is 1, accepted are 1.2 to 100", "Floor is 0.9", "Elevated is NaN"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not contain %q", err, want)
		}
	}
}

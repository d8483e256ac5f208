// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// some are requests, for tests that do not look at them.
var some = []Request{{TraceID: trace.TraceID{1}}}

// told are the requests that a test knows of.
type told struct {
	examples []Request
	waits    map[string]string // by endpoint
}

func (r *told) Examples(*Incident) []Request                         { return r.examples }
func (r *told) WaitsFor(ep conventions.Endpoint, _ time.Time) string { return r.waits[ep.String()] }

// load is what an endpoint does: rate requests a second, of usual, or slower by a factor.
type load struct {
	rate   float64
	usual  time.Duration
	factor float64
	failed float64 // share of them
}

// service is a watched engine of endpoints that each have a load.
type service struct {
	*watched
	loads map[int]*load
	rng   *rand.Rand
	owed  map[int]float64
	// outcome is how what fails ends; a server error unless it says otherwise.
	outcome map[int]slowlog.Outcome
}

func newService(t *testing.T, requests Requests, loads ...load) *service {
	t.Helper()
	s := &service{watched: newWatched(t), loads: map[int]*load{}, rng: rand.New(rand.NewPCG(1, 2)), owed: map[int]float64{}}
	s.options.Requests = requests
	for id := range loads {
		loads[id].factor = 1
		s.loads[id] = &loads[id]
	}
	s.pass(15 * time.Minute)
	if len(s.events) != 0 {
		t.Fatalf("%d events while all was well: %s", len(s.events), s.story())
	}
	return s
}

// pass lets time pass.
func (s *service) pass(d time.Duration) {
	for range int(d / time.Second) {
		s.now = s.now.Add(time.Second)
		var ds []*spikeprocessor.Delta
		for _, id := range slices.Sorted(maps.Keys(s.loads)) {
			l := s.loads[id]
			s.owed[id] += l.rate
			d := requests(id, 0, 0)
			for ; s.owed[id] >= 1; s.owed[id]-- {
				took := time.Duration(float64(l.usual) * l.factor * (1 + s.rng.ExpFloat64()/4))
				d.All.Record(took)
				o := slowlog.OutcomeOK
				if s.rng.Float64() < l.failed {
					o = cmp.Or(s.outcome[id], slowlog.OutcomeServerError)
				}
				d.Outcomes[o]++
			}
			if d.Outcomes.Total() > 0 {
				ds = append(ds, d)
			}
		}
		s.events = append(s.events, s.Advance(s.now, deltas(ds...))...)
	}
}

// slow makes endpoints slower by a factor.
func (s *service) slow(factor float64, ids ...int) {
	for _, id := range ids {
		s.loads[id].factor = factor
	}
}

// messages are the events that are one, as "opened GET /a".
func (s *service) messages() (all []string) {
	for i := range s.events {
		ev := &s.events[i]
		for word, is := range map[string]bool{"opened": ev.Opened, "grew": ev.Grew, "reopened": ev.Reopened, "closed": ev.Closed} {
			if is {
				all = append(all, word+" "+ev.Incident.Parts[0].Endpoint.String())
			}
		}
	}
	return all
}

// story is all events, for a test that fails.
func (s *service) story() string {
	var b strings.Builder
	for i := range s.events {
		ev := &s.events[i]
		part := ""
		if ev.Part != nil {
			part = fmt.Sprintf("%s started: %t", ev.Part.Endpoint, ev.Started)
		}
		fmt.Fprintf(&b, "\n%s %s %s opened %t grew %t reopened %t closed %t: %s", ev.Time.Format(time.TimeOnly), ev.Incident.ID, part, ev.Opened, ev.Grew, ev.Reopened, ev.Closed, ev.Incident.Reason)
	}
	return b.String()
}

func (s *service) wantMessages(t *testing.T, want ...string) {
	t.Helper()
	if got := s.messages(); !slices.Equal(got, want) {
		t.Errorf("messages are %q, want %q%s", got, want, s.story())
	}
}

// since is how long before now a message of an incident was sent.
func (s *service) detected(t *testing.T) (detection, message time.Duration) {
	t.Helper()
	for i := range s.events {
		if ev := &s.events[i]; ev.Opened {
			return ev.Incident.At.Sub(ev.Incident.Start), ev.Time.Sub(ev.Incident.At)
		}
	}
	t.Fatalf("nothing was reported%s", s.story())
	return 0, 0
}

// What has slowed down alone is reported at once, or when there is a request to show, at the latest after mostWait.
func TestWhenTheFirstMessageComes(t *testing.T) {
	quiet := []load{{rate: 10, usual: 20 * time.Millisecond}, {rate: 10, usual: 20 * time.Millisecond}}
	for name, tt := range map[string]struct {
		requests Requests
		example  time.Duration // after which there is one; 0: never
		within   time.Duration
	}{
		"without requests":   {nil, 0, 0},
		"with an example":    {&told{examples: some}, 0, 0},
		"an example later":   {&told{}, 9 * time.Second, 3 * time.Second},
		"without any at all": {&told{}, 0, mostWait},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, tt.requests, slices.Clone(quiet)...)
			s.slow(3, 0)
			if tt.example > 0 {
				s.pass(tt.example)
				s.options.Requests.(*told).examples = some
			}
			s.pass(30 * time.Second)
			found, after := s.detected(t)
			if found > 9*time.Second || after > tt.within || tt.requests == nil && after != 0 {
				t.Errorf("x3 at 10/s was found after %v and reported %v later, want at most 9 s and %v", found, after, tt.within)
			}
			if all := s.Incidents()[0].Examples; tt.requests != nil && !slices.Equal(all, tt.requests.(*told).examples) {
				t.Errorf("examples are %v", all)
			}
			s.wantMessages(t, "opened GET /a")
		})
	}
}

// Endpoints that are slow for different reasons are incidents of their own, each with its reason.
func TestUnrelatedIncidents(t *testing.T) {
	s := newService(t, &told{examples: some, waits: map[string]string{"GET /a": "postgresql SELECT users"}},
		load{rate: 10, usual: 20 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond})
	s.slow(4, 0)
	s.pass(time.Minute)
	s.slow(20, 1)
	s.pass(time.Minute)
	s.slow(35, 2)
	s.pass(time.Minute)
	s.wantMessages(t, "opened GET /a", "opened GET /b", "opened GET /c")
	if all := s.Incidents(); len(all) != 3 || !strings.HasPrefix(all[0].Reason, "GET /c: ") || !strings.HasPrefix(all[1].Reason, "GET /b: ") || s.OpenIncidents() != 3 {
		t.Errorf("incidents are %+v", all)
	}
	s.slow(1, 0, 1, 2)
	s.pass(5 * time.Minute)
	if n := s.OpenIncidents(); n != 0 || len(s.messages()) != 6 {
		t.Errorf("%d are open at the end: %q", n, s.messages())
	}
}

// What becomes slower over hours, and what is slow at once when that is found, are both reported.
func TestGradualAndSuddenIncident(t *testing.T) {
	for _, after := range []time.Duration{0, 10 * time.Second, 2 * time.Minute} {
		s := newService(t, nil, load{rate: 5, usual: 20 * time.Millisecond}, load{rate: 20, usual: 20 * time.Millisecond})
		s.pass(7 * time.Hour)
		for minute := range 180 {
			s.slow(math.Pow(4, float64(minute+1)/180), 0)
			if s.pass(time.Minute); len(s.messages()) > 0 {
				break
			}
		}
		s.pass(after)
		s.slow(3, 1)
		s.pass(time.Minute)
		s.wantMessages(t, "opened GET /a", "opened GET /b")
		all := s.Incidents()
		if len(all) != 2 || !strings.Contains(all[1].Reason, "slower and slower: ") || strings.Contains(all[0].Reason, "more endpoint") {
			t.Errorf("%v later: %d incidents%s", after, len(all), s.story())
		}
	}
}

// A fault that begins just after another is reported if it is far worse, though nobody can tell whether the two are one.
func TestFarWorseFaultJustAfter(t *testing.T) {
	for _, after := range []int{4, 8, 12, 18} {
		for factor, want := range map[float64][]string{50: {"opened GET /a", "grew GET /b"}, 4: {"opened GET /a"}} {
			usual := load{rate: 50, usual: 20 * time.Millisecond}
			s := newService(t, nil, usual, usual)
			s.slow(3, 0)
			s.pass(time.Duration(after) * time.Second)
			s.slow(factor, 1)
			s.pass(time.Minute)
			if len(s.Incidents()) != 1 {
				t.Errorf("%d s later there are %d incidents, want one", after, len(s.Incidents()))
			}
			s.wantMessages(t, want...)
		}
	}
}

// What has joined when the message was out, and becomes far worse than that message, is reported as well.
func TestJoinedAndThenFarWorse(t *testing.T) {
	usual := load{rate: 50, usual: 20 * time.Millisecond}
	s := newService(t, nil, usual, usual)
	s.slow(4, 0)
	s.pass(12 * time.Second)
	s.slow(3, 1)
	s.pass(time.Minute)
	s.wantMessages(t, "opened GET /a")
	s.slow(40, 1)
	s.pass(2 * time.Minute)
	if got := s.messages(); len(got) < 2 || got[1] != "grew GET /b" {
		t.Errorf("messages are %q, want one of growth%s", got, s.story())
	}
}

// A fault that a hundred endpoints share, busy and rare ones, is one incident with one message, and one at its end.
func TestSharedFaultIsOneMessage(t *testing.T) {
	var loads []load
	var all []int
	for id := range 100 {
		loads = append(loads, load{rate: []float64{30, 3, 1, 0.5}[id%4], usual: time.Duration(5+id) * time.Millisecond})
		all = append(all, id)
	}
	for name, examples := range map[string][]Request{"with examples": some, "without": nil} {
		t.Run(name, func(t *testing.T) {
			s := newService(t, &told{examples: examples}, slices.Clone(loads)...)
			s.slow(3, all...)
			s.pass(4 * time.Minute)
			in := s.Incidents()
			if len(in) != 1 || len(in[0].Parts) < 98 {
				t.Fatalf("%d incidents, the last of %d endpoints, want one of 100", len(in), len(in[0].Parts))
			}
			if got := s.messages(); len(got) != 1 {
				t.Errorf("messages are %q, want one%s", got, s.story())
			}
			first := s.events[slices.IndexFunc(s.events, func(ev Event) bool { return ev.Opened })]
			if n := len(first.Incident.Parts); n < 70 {
				t.Errorf("the message knows of %d endpoints, want those of 1/s and more", n)
			}
			s.slow(1, all...)
			s.pass(8 * time.Minute)
			if got := s.messages(); len(got) != 2 || !strings.HasPrefix(got[1], "closed") {
				t.Errorf("messages are %q, want one more at the end", got)
			}
		})
	}
}

// What waits for the same dependency is one incident, whenever it begins: reported if it is as bad or worse, and else listed.
func TestSameDependency(t *testing.T) {
	const users = "postgresql SELECT users"
	r := &told{examples: some, waits: map[string]string{"GET /a": users, "GET /b": users, "GET /c": users}}
	usual := load{rate: 10, usual: 20 * time.Millisecond}
	s := newService(t, r, usual, usual, usual, usual)
	s.slow(6, 0)
	s.pass(time.Minute)
	s.slow(3, 1)
	s.pass(time.Minute)
	s.wantMessages(t, "opened GET /a")
	s.slow(12, 2)
	s.pass(time.Minute)
	s.wantMessages(t, "opened GET /a", "grew GET /c")
	in := s.Incidents()
	if slices.ContainsFunc(s.events, func(ev Event) bool { return ev.Incident.ID != in[0].ID }) {
		t.Errorf("an endpoint had an incident of its own:%s", s.story())
	}
	if len(in) != 1 || len(in[0].Parts) != 3 || !strings.Contains(in[0].Reason, "GET /c: ") || !strings.Contains(in[0].Reason, "waiting for "+users) {
		t.Fatalf("incidents are %+v", in)
	}
	// The headline is the worst that is still open.
	s.slow(1, 2)
	s.pass(3 * time.Minute)
	if p := s.Incidents()[0].Parts; p[0].Endpoint.Route != "/a" || p[1].Endpoint.Route != "/b" || p[2].State != Ended {
		t.Errorf("parts are %+v, want /a and /b, and then the one that has ended", p)
	}
}

// A dependency and those that wait for it are one incident, also when that turns out within the first seconds.
func TestDependencyAndThoseThatWaitForIt(t *testing.T) {
	r := &told{waits: map[string]string{}}
	s := newService(t, r, load{rate: 20, usual: 10 * time.Millisecond}, load{rate: 10, usual: 20 * time.Millisecond})
	s.endpoints[0].name = conventions.Endpoint{Kind: conventions.KindDependency, Method: "postgresql", Route: "postgresql SELECT users"}
	s.slow(8, 0)
	s.pass(2 * time.Minute)
	s.slow(6, 1)
	for len(s.Incidents()) < 2 {
		s.pass(time.Second)
	}
	second := s.Incidents()[0].ID
	r.waits["GET /b"] = "postgresql SELECT users" // its first requests have come
	s.pass(30 * time.Second)
	all := s.Incidents()
	if len(all) != 1 || len(all[0].Parts) != 2 || s.published[s.endpoints[1].name].SpikeID != all[0].ID {
		t.Fatalf("incidents are %+v, want one", all)
	}
	if in, ok := s.Incident(second); !ok || in.ID != all[0].ID {
		t.Errorf("by its first id the incident is %q", in.ID)
	}
	if got := s.messages(); len(got) != 1 {
		t.Errorf("messages are %q, want one%s", got, s.story())
	}
}

// A message of growth says how bad it is by now, besides what raised the alarm.
func TestGrowthSaysHowBadItIs(t *testing.T) {
	s := newService(t, nil, load{rate: 30, usual: 20 * time.Millisecond})
	s.slow(3, 0)
	s.pass(time.Minute)
	s.slow(60, 0)
	s.pass(2 * time.Minute)
	if got := s.messages(); len(got) < 2 || got[0] != "opened GET /a" || got[1] != "grew GET /a" {
		t.Fatalf("messages are %q%s", got, s.story())
	}
	var reasons []string
	for i := range s.events {
		ev := &s.events[i]
		if !ev.Opened && !ev.Grew {
			continue
		}
		p := &ev.Incident.Parts[0]
		worst := fmt.Sprintf("; since then at its worst %s %s ms (%s)", quantileName(p.Worst.Rank), shortMs(p.Worst.Quantile), times(p.Worst.Ratio))
		if r := ev.Incident.Reason; !strings.Contains(r, p.Seen()) || strings.Contains(r, worst) != ev.Grew || slices.Contains(reasons, r) {
			t.Errorf("the reason of a message is %q", r)
		}
		reasons = append(reasons, ev.Incident.Reason)
	}
	if r := s.Incidents()[0].Parts[0].Worst.Ratio; r < 30 {
		t.Errorf("the worst ratio is %v", r)
	}
}

// What made an incident one is as it was when it has ended, and with it comes what it has cost.
func TestEndKeepsTheEvidence(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.loads[0].failed = 0.1
	s.pass(90 * time.Second)
	began := s.Incidents()[0]
	s.slow(15, 0)
	s.pass(60 * time.Second)
	s.slow(5, 0)
	s.pass(60 * time.Second)
	s.loads[0].failed = 0
	s.slow(1, 0)
	s.pass(5 * time.Minute)
	s.wantMessages(t, "opened GET /a", "grew GET /a", "grew GET /a", "closed GET /a") // it fails as well, and is three times as slow
	in := s.Incidents()[0]
	if len(in.Parts) != 2 || in.Parts[0].Matter != Failures {
		t.Fatalf("parts are %+v, want that of failures and that of latency", in.Parts)
	}
	p := &in.Parts[1]
	if in.State != Ended || p.Evidence != began.Parts[1].Evidence || p.Evidence.Above == 0 || p.Evidence.Ratio < 2 {
		t.Errorf("at the end the evidence is %+v, was %+v", p.Evidence, began.Parts[1].Evidence)
	}
	if r := p.Worst.Ratio; r < 12 || r > 18 || p.Worst.Requests < 1000 {
		t.Errorf("the worst minute is %+v, want about 15 times the usual", p.Worst)
	}
	// 210 s at 20/s, all slow, one in ten failed
	if c := &in.Cost; c.Slow < 4100 || c.Slow > 4250 || c.Failed < 360 || c.Failed > 480 || c.Requests < c.Slow || c.ExpectedFailed > 1 || c.Slow != p.Cost.Slow {
		t.Errorf("the cost is %+v, want about 4200 slow and 420 failed requests", c)
	}
	if !strings.Contains(in.Reason, in.Parts[0].Seen()) || !strings.Contains(in.Reason, fmt.Sprintf("in all %d of", in.Cost.Failed)) {
		t.Errorf("the reason is %q", in.Reason)
	}
}

// An endpoint that spikes again within minutes goes on with its incident, which says so once it was reported as ended.
func TestSpikesAgain(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(4 * time.Minute)
	s.slow(1, 0)
	s.pass(3 * time.Minute)
	s.slow(5, 0)
	s.pass(2 * time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a")
	all := s.Incidents()
	if len(all) != 1 || all[0].State != Open || !all[0].End.IsZero() || all[0].Parts[0].State != Open || all[0].Parts[0].Cost.Slow < 6000 {
		t.Errorf("incidents are %+v, want the one, open again", all)
	}
	s.slow(1, 0)
	s.pass(20 * time.Minute)
	s.slow(5, 0)
	s.pass(time.Minute)
	if n := len(s.Incidents()); n != 2 {
		t.Errorf("%d incidents after a long while, want another one", n)
	}
}

// A far worse fault of the same endpoint within minutes is reported: the incident goes on, and says how bad it is.
func TestFarWorseAgain(t *testing.T) {
	s := newService(t, nil, load{rate: 30, usual: 10 * time.Millisecond})
	s.slow(3, 0)
	s.pass(time.Minute)
	s.slow(1, 0)
	s.pass(time.Minute)
	s.slow(60, 0)
	s.pass(170 * time.Second)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a")
	all := s.Incidents()
	back := slices.IndexFunc(s.events, func(ev Event) bool { return ev.Reopened })
	second := s.events[back-1].Detector
	seen := fmt.Sprintf("came back after 37s: %s", seenSlow(&second))
	if r := s.events[back].Incident.Reason; second.Quantile == all[0].Parts[0].Evidence.Quantile || !strings.Contains(r, seen) {
		t.Errorf("the reason is %q, want %q, of another quantile than at first", r, seen)
	}
	if len(all) != 1 || all[0].State != Open || all[0].Parts[0].Worst.Ratio < 30 {
		t.Errorf("incidents are %+v, want the one, open again and far worse", all)
	}
	s.slow(1, 0)
	s.pass(14 * time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a", "closed GET /a")
}

// What comes and goes has a message when it has come back, and one when it has stayed away, whatever the length of its cycle; between
// them only what is far worse.
func TestComesAndGoes(t *testing.T) {
	for away, returns := range map[time.Duration]int{ // alarms are five minutes apart, and know by then how far apart it comes
		90 * time.Second: 1, 3 * time.Minute: 4, 5 * time.Minute: 4,
	} {
		s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
		for cycle := range 8 {
			s.slow(5, 0)
			if cycle == 5 {
				s.slow(15, 0)
			}
			s.pass(time.Minute)
			s.slow(1, 0)
			s.pass(away)
		}
		in := s.Incidents()
		if len(in) != 1 || in[0].Parts[0].Returns < returns {
			t.Fatalf("away for %v: %d incidents, the last with %d returns; want one with %d%s", away, len(in), in[0].Parts[0].Returns, returns, s.story())
		}
		s.pass(15 * time.Minute)
		s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a", "grew GET /a", "closed GET /a")
		reasons := map[string]bool{}
		for i := range s.events {
			ev := &s.events[i]
			if ev.Part != nil {
				continue
			}
			if reasons[ev.Incident.Reason] {
				t.Errorf("two messages say %q", ev.Incident.Reason)
			}
			reasons[ev.Incident.Reason] = true
			if last := i == len(s.events)-1; last && (!strings.Contains(ev.Incident.Reason, " times; ") && returns > 1 || ev.Time.Sub(ev.Incident.End) != comeBack) {
				t.Errorf("%v after the end: %q", ev.Time.Sub(ev.Incident.End), ev.Incident.Reason)
			}
			if ev.Reopened && ev.Incident.State != Open {
				t.Errorf("reopened and %s", ev.Incident.State)
			}
		}
	}
}

// The baselines of what may come back are gone: its end is reported at once.
func TestResetWhileItMayComeBack(t *testing.T) {
	s := newService(t, nil, load{rate: 20, usual: 20 * time.Millisecond})
	for range 2 {
		s.slow(5, 0)
		s.pass(time.Minute)
		s.slow(1, 0)
		s.pass(4 * time.Minute)
	}
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a")
	s.events = append(s.events, s.Reset(true)...)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a", "closed GET /a")
}

// An endpoint that is slow again for another reason says so, and not what it waited for then.
func TestSlowAgainForAnotherReason(t *testing.T) {
	r := &told{examples: some, waits: map[string]string{"GET /a": "postgresql SELECT users"}}
	s := newService(t, r, load{rate: 20, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	s.pass(time.Minute)
	s.slow(1, 0)
	s.pass(4 * time.Minute)
	clear(r.waits)
	s.slow(5, 0)
	s.pass(time.Minute)
	s.wantMessages(t, "opened GET /a", "closed GET /a", "reopened GET /a")
	if again := s.Incidents()[0].Reason; !strings.Contains(again, "came back after ") || strings.Contains(again, "waiting for") {
		t.Errorf("the reason is %q", again)
	}
}

// An endpoint that is slow again, because a dependency is that has just become an incident, joins that: there is one message of one fault. One
// that comes back for a reason of its own goes on with its incident.
func TestBackForTheDependencyOfAnotherIncident(t *testing.T) {
	for waits, want := range map[string][]string{
		"postgresql SELECT users": {"opened GET /a", "closed GET /a", "opened postgresql postgresql SELECT users"},
		"":                        {"opened GET /a", "closed GET /a", "opened postgresql postgresql SELECT users", "reopened GET /a"},
	} {
		r := &told{examples: some, waits: map[string]string{}}
		s := newService(t, r, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 10 * time.Millisecond})
		s.endpoints[1].name = conventions.Endpoint{Kind: conventions.KindDependency, Method: "postgresql", Route: "postgresql SELECT users"}
		s.slow(9, 0)
		s.pass(time.Minute)
		s.slow(1, 0)
		s.pass(4 * time.Minute)
		s.slow(3, 1)
		s.pass(40 * time.Second)
		r.waits["GET /a"] = waits
		s.slow(3, 0)
		s.pass(time.Minute)
		s.wantMessages(t, want...)
		if all := s.Incidents(); len(all) != 2 || (all[1].State == Ended) != (waits != "") || (len(all[0].Parts) == 2) != (waits != "") {
			t.Errorf("waiting for %q, the incidents are %+v", waits, all)
		}
		s.slow(1, 0, 1)
		s.pass(5 * time.Minute)
		if n := s.OpenIncidents(); n != 0 {
			t.Errorf("%d are open at the end%s", n, s.story())
		}
	}
}

// What an endpoint waits for minutes after it has become slow is not why it did: the dependency is an incident of its own.
func TestDependencyOfAnEndpointThatIsSlowAlready(t *testing.T) {
	r := &told{examples: some, waits: map[string]string{}}
	s := newService(t, r, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 10 * time.Millisecond})
	s.endpoints[1].name = conventions.Endpoint{Kind: conventions.KindDependency, Method: "postgresql", Route: "postgresql SELECT users"}
	s.slow(9, 0)
	s.pass(2 * time.Minute)
	r.waits["GET /a"] = "postgresql SELECT users"
	s.slow(5, 1)
	s.pass(2 * time.Minute)
	s.wantMessages(t, "opened GET /a", "opened postgresql postgresql SELECT users")
	if all := s.Incidents(); strings.Contains(all[1].Reason, "waiting for") {
		t.Errorf("the first one says %q", all[1].Reason)
	}
}

// What begins under the same signal of the process is one incident, unless it waits for something of its own. A signal that left its
// normal at another time has nothing to do with it.
func TestSameSignalOfTheProcess(t *testing.T) {
	const quota = "cpu_throttled"
	for _, tt := range []struct {
		name     string
		left     time.Duration // after the first fault
		waits    map[string]string
		factor   float64
		want     []string
		together bool
	}{
		{"both under it", 0, nil, 3, []string{"opened GET /a"}, true},
		{"the second is worse", 0, nil, 20, []string{"opened GET /a", "grew GET /b"}, true},
		{"under it for an hour", -time.Hour, nil, 3, []string{"opened GET /a", "opened GET /b"}, false},
		{"for each once more", 0, nil, 3, []string{"opened GET /a", "opened GET /b"}, false},
		{"the second alone", time.Minute, nil, 3, []string{"opened GET /a", "opened GET /b"}, false},
		{"the second waits for something", 0, map[string]string{"GET /b": "redis GET"}, 3, []string{"opened GET /a", "opened GET /b"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newService(t, &told{examples: some, waits: tt.waits}, load{rate: 20, usual: 20 * time.Millisecond}, load{rate: 20, usual: 20 * time.Millisecond})
			left := s.now.Add(tt.left)
			s.options.Signals = func(ago time.Duration) []string {
				if began := s.now.Add(-ago); tt.name == "for each once more" || began.Sub(left).Abs() < 70*time.Second {
					return []string{quota, "gc_assist"}
				}
				return nil
			}
			if tt.left > 0 { // the first one is over the threshold of this test, too
				left = left.Add(20 * time.Second)
			}
			s.slow(6, 0)
			s.pass(time.Minute)
			if tt.name == "for each once more" {
				s.pass(time.Minute)
			}
			s.slow(tt.factor, 1)
			s.pass(time.Minute)
			s.wantMessages(t, tt.want...)
			if n := len(s.Incidents()); (n == 1) != tt.together {
				t.Errorf("%d incidents", n)
			}
		})
	}
}

// What began under the same signal is one incident with what began first, not with what came to that later: else faults of a busy machine have
// no end.
func TestSignalsChainNothing(t *testing.T) {
	one := load{rate: 20, usual: 20 * time.Millisecond}
	s := newService(t, &told{examples: some}, one, one, one)
	s.options.Signals = func(time.Duration) []string { return []string{"cpu_throttled"} }
	for id := range 3 {
		s.slow(4, id)
		s.pass(65 * time.Second)
	}
	s.wantMessages(t, "opened GET /a", "opened GET /c")
	if all := s.Incidents(); len(all) != 2 || len(all[1].Parts) != 2 {
		t.Errorf("%d incidents%s", len(all), s.story())
	}
}

// Endpoints that wait for the same pool are one incident, if they do so since about the same time.
func TestSamePool(t *testing.T) {
	for _, tt := range []struct {
		name      string
		a, b      string
		later     time.Duration
		incidents int
	}{
		{"one pool", "pool main", "pool main", 40 * time.Second, 1},
		{"two pools", "pool main", "pool other", 40 * time.Second, 2},
		{"one pool, long after", "pool main", "pool main", 5 * time.Minute, 2},
		{"something else", "running shop.go", "running shop.go", 40 * time.Second, 2},
		{"nothing known", "", "", 40 * time.Second, 2},
	} {
		causes := map[string]string{}
		for endpoint, about := range map[string]string{"GET /a": tt.a, "GET /b": tt.b} {
			if about != "" {
				causes[endpoint] = about
			}
		}
		s, _ := newExplained(t, causes)
		s.slow(6, 0)
		s.pass(tt.later)
		s.slow(3, 1)
		s.pass(time.Minute)
		if n := len(s.Incidents()); n != tt.incidents {
			t.Errorf("%s: %d incidents, want %d%s", tt.name, n, tt.incidents, s.story())
		}
	}
}

// With long ticks all that began together is known at once.
func TestLongTicks(t *testing.T) {
	w := newWatched(t)
	w.options.Requests = &told{}
	if err := w.Configure(baseline.Config{Tick: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	run := func(ticks int, d time.Duration) {
		for range ticks {
			w.now = w.now.Add(10 * time.Second)
			w.events = append(w.events, w.Advance(w.now, deltas(requests(0, 100, d), requests(1, 100, d)))...)
		}
	}
	run(90, 20*time.Millisecond)
	run(9, 100*time.Millisecond)
	opened := slices.IndexFunc(w.events, func(ev Event) bool { return ev.Opened })
	if opened < 0 || len(w.events[opened].Incident.Parts) != 2 || !w.events[opened].Time.Equal(w.events[opened].Incident.At) {
		t.Errorf("events are %+v, want one message of both, at the detection", w.events)
	}
}

// The worst minute is never better than the last one, however few requests there are, and chance is no growth.
func TestWorstIsAtLeastTheLast(t *testing.T) {
	s := newService(t, nil, load{rate: 0.25, usual: 20 * time.Millisecond})
	s.slow(5, 0)
	worse := 0
	for i := range 480 {
		if i == 180 {
			s.slow(9, 0)
		}
		s.pass(time.Second)
		for _, in := range s.Incidents() {
			p := &in.Parts[0]
			if p.Worst.Ratio < p.Last.Ratio {
				t.Fatalf("after %d s the worst is %+v, the last %+v", i, p.Worst, p.Last)
			}
			if p.Last.Ratio > p.Evidence.Ratio {
				worse++
			}
		}
	}
	if worse == 0 {
		t.Error("it never became worse than at its alarm")
	}
	s.wantMessages(t, "opened GET /a")
}

// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

const (
	// perSpike bounds the recordings of a spike, and how often those that had nothing in them are tried again.
	perSpike = 3
	// fewestSlow is how many slow requests must have been seen for a cause to be named.
	fewestSlow = 5
	// calm is for how long nothing has to be slow for a recording to be ended.
	calm = 2 * time.Second
	// doubt is for how long suspicion alone starts no recording after one that no spike followed, times the number of such, up to mostDoubt.
	doubt     = time.Minute
	mostDoubt = 10
)

// armer has a recorder record while something is slow.
type armer struct {
	recorder EvidenceRecorder
	engine   suspects
	made     recordings

	mu      sync.Mutex // guards all below
	closed  bool
	reason  string                // of the recording that it has asked for; "" if it is none of its own
	asks    []purpose             // the last engine.MaxIncidents
	seen    time.Time             // when there was last something slow
	open    map[string]*openSpike // by id; at most engine.MaxIncidents
	doubts  int                   // recordings on suspicion that no spike has followed
	suspect time.Time             // from when on suspicion starts one
}

// suspects is what an engine knows of that.
type suspects interface {
	Suspects() []engine.Suspect
	Incident(id string) (engine.Incident, bool)
}

// openSpike is what became of a spike so far.
type openSpike struct {
	grown time.Time // when it has last
	asked int       // how many recordings were asked for
}

// newArmer returns nil where there is no recorder.
func newArmer(r EvidenceRecorder, e *engine.Engine) *armer {
	if r == nil {
		return nil
	}
	return &armer{recorder: r, engine: e, open: map[string]*openSpike{}}
}

// begin starts the recorder, which marks requests through setMark.
func (a *armer) begin(m *Monitor) error {
	if a == nil {
		return nil
	}
	if err := a.recorder.Start(m.link.MarkRoots); err != nil {
		return &configFault{fmt.Errorf("evidence recorder: %w", err)}
	}
	return nil
}

// end has it start no more recordings.
func (a *armer) end() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
}

// note takes a change of a spike in.
func (a *armer) note(ev *engine.Event) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open[ev.Incident.ID] == nil { // what joins one later does not make doubts less
		a.doubts, a.suspect = 0, time.Time{}
	}
	switch spike := a.spike(ev.Incident.ID); {
	case ev.Closed:
		delete(a.open, ev.Incident.ID)
	case ev.Grew:
		spike.grown = ev.Time
	}
}

func (a *armer) spike(id string) *openSpike {
	if a.open[id] == nil {
		if len(a.open) >= engine.MaxIncidents { // the engine forgets some that are open, too
			clear(a.open)
		}
		a.open[id] = &openSpike{}
	}
	return a.open[id]
}

// tick looks at what is slow, and starts or ends a recording. It is to be called every second.
func (a *armer) tick(now time.Time) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	status := a.recorder.Status()
	if status.Recordings != a.made.last() {
		a.made.take(a.recorder.Recordings(), a.asks)
	}
	suspects := a.engine.Suspects()
	if len(suspects) > 0 {
		a.seen = now
	}
	switch ours := a.reason != "" && status.Reason == a.reason; {
	case status.State == causes.RecorderRecording:
		if ours && now.Sub(a.seen) >= calm {
			a.recorder.Cancel()
			a.reason = ""
		}
	case status.State == causes.RecorderIdle && !now.Before(status.NotBefore):
		a.arm(suspects, now)
	}
}

// arm asks for a recording if there is something to learn from one.
func (a *armer) arm(suspects []engine.Suspect, now time.Time) {
	order.By(suspects, func(x, y *engine.Suspect) int { return cmp.Compare(y.Evidence, x.Evidence) })
	for _, s := range suspects {
		if s.Incident == "" {
			continue
		}
		if in, ok := a.engine.Incident(s.Incident); ok && a.wants(&in) {
			if a.ask("spike "+in.ID+": "+in.Reason, s.Slow, purpose{spike: in.ID}) {
				a.spike(in.ID).asked++
			}
			return
		}
	}
	i := slices.IndexFunc(suspects, func(s engine.Suspect) bool { return s.Incident == "" })
	if i < 0 || now.Before(a.suspect) {
		return
	}
	s := suspects[i]
	if a.ask(fmt.Sprintf("%v: %.0f %% of the evidence of a spike", s.Endpoint, 100*s.Evidence), s.Slow, purpose{endpoint: s.Endpoint.String()}) {
		a.doubts = min(a.doubts+1, mostDoubt)
		a.suspect = now.Add(time.Duration(a.doubts) * doubt)
	}
}

func (a *armer) ask(reason string, slow time.Duration, of purpose) bool {
	if a.recorder.Arm(reason, slow) != nil {
		return false // it counts them, and says when it may be asked again
	}
	a.reason = a.recorder.Status().Reason
	of.reason = a.reason
	if len(a.asks) >= engine.MaxIncidents {
		a.asks = slices.Delete(a.asks, 0, 1)
	}
	a.asks = append(a.asks, of)
	return true
}

// wants reports whether another recording may tell more of an open spike.
func (a *armer) wants(in *engine.Incident) bool {
	made, seen, spike := a.madeFor(spikeOf(in)), false, a.spike(in.ID)
	if len(made) >= perSpike || spike.asked >= 2*perSpike {
		return false
	}
	open := func(e *causes.Endpoint) *engine.Part {
		i := slices.IndexFunc(in.Parts, func(p engine.Part) bool { return p.State == engine.Open && p.Endpoint.String() == e.Name })
		if i < 0 {
			return nil
		}
		return &in.Parts[i]
	}
	for _, r := range made {
		if r.End.Before(spike.grown) {
			continue // it is worse since
		}
		for i := range r.Endpoints {
			e := &r.Endpoints[i]
			p := open(e)
			if p == nil || e.Slow < fewestSlow || outgrown(e, p) {
				continue
			}
			if len(e.Causes) > 0 {
				return false
			}
			seen = true
		}
	}
	return !seen || len(made) < perSpike-1
}

// grownBy is how many times as much longer slow requests must take than in a recording for another one to be worth it.
const grownBy = 2

// outgrown reports whether slow requests of a part take so much longer by now that a recording says little of them.
func outgrown(e *causes.Endpoint, p *engine.Part) bool {
	then := float64(e.SlowNanos-e.NormalNanos) / 1e6
	return then > 0 && p.Why.ExtraMs >= grownBy*then
}

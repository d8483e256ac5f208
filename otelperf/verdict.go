// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Verdict answers the first question, whether anything is wrong now: what page, command and health say before all else.
type Verdict struct {
	// Status is the first of these that is true. off: nothing is measured. failing: requests of an endpoint fail that usually do not.
	// slow: an endpoint, a dependency or a job has left its usual latency. silent: requests are missing. burning: an objective uses its budget up too fast.
	// elevated: callers make more errors than usual, a share of requests fails as usual that is not small, or an error budget is used up.
	// unknown: nobody can tell yet. ok: none of it. The order is fixed, and incidents that are muted come after those that are not.
	Status string `json:"status"`
	Title  string `json:"title"`  // in a few words
	Detail string `json:"detail"` // what else there is to know; empty if nothing
	// Of is what the title names first, where that is a part of an incident.
	Of VerdictSubject `json:"of,omitzero"`
}

// VerdictSubject is a part of an incident: see SpikeEndpoint.
type VerdictSubject struct {
	SpikeID string `json:"spike_id"` // of the Spike
	Method  string `json:"method"`   // of the SpikeEndpoint
	Route   string `json:"route"`    // of the SpikeEndpoint
	Kind    string `json:"kind"`     // of the SpikeEndpoint
	Matter  string `json:"matter"`   // of the SpikeEndpoint
}

// The statuses of a Verdict, in order.
const (
	verdictOff      = "off"
	verdictFailing  = "failing"
	verdictSlow     = "slow"
	verdictSilent   = "silent"
	verdictBurning  = "burning"
	verdictElevated = "elevated"
	verdictUnknown  = "unknown"
	verdictOK       = "ok"
)

// facts are what a Verdict is made of.
type facts struct {
	now       time.Time
	from      time.Time // when the window begins
	disabled  string    // the variable that switched us off
	stalled   bool
	endpoints []EndpointRow // of a window
	spikes    []Spike       // newest first
	budgets   []ErrorBudget
	unseen    []string // ids of those that were open before the restart, and were not found to be so since
}

// busyRequests is how many requests in the window make it matter that an endpoint is not judged while others are, as in "otelperf check".
const busyRequests = 100

func (f *facts) verdict() Verdict {
	switch {
	case f.disabled != "":
		return Verdict{Status: verdictOff, Title: "Switched off", Detail: f.disabled + " is set: nothing is measured."}
	case f.stalled:
		return Verdict{Status: verdictUnknown, Title: "Cannot tell", Detail: "Evaluation has stopped: the numbers are old."}
	}
	if v, wrong := f.incidents(); wrong {
		return v
	}
	if len(f.endpoints) == 0 {
		return Verdict{Status: verdictUnknown, Title: "No requests yet", Detail: "The first one that ends shows up here within a second."}
	}
	if i := slices.IndexFunc(f.spikes, func(s Spike) bool { return s.State == "open" && mayHaveLeft(&s) }); i >= 0 {
		return Verdict{Status: verdictUnknown, Title: "Cannot tell: nothing comes from it any more", Detail: f.spikes[i].Reason + "."}
	}
	if before := f.fromBefore(); before != "" {
		return Verdict{Status: verdictUnknown, Title: "Cannot tell yet", Detail: before}
	}
	waiting, judged := f.waiting()
	if judged+len(waiting) == 0 {
		return Verdict{Status: verdictUnknown, Title: "Cannot tell yet", Detail: "There was no request in this window."}
	}
	errors := f.newErrors()
	if judged == 0 || errors != "" || slices.ContainsFunc(waiting, func(r *EndpointRow) bool { return r.Count >= busyRequests }) {
		return Verdict{Status: verdictUnknown, Title: "Cannot tell yet", Detail: sentences(waitText(waiting), errors, within(judged))}
	}
	rest := sentences(within(judged), waitText(waiting), f.above("this window"), f.past())
	if i := slices.IndexFunc(f.budgets, func(b ErrorBudget) bool { return b.State == "used_up" }); i >= 0 {
		return Verdict{Status: verdictElevated, Title: "Nothing new, but the error budget of " + units.Middle(f.budgets[i].Name, 60) + " is used up", Detail: rest}
	}
	if usual := f.failAsUsual(); len(usual) > 0 {
		r := usual[0]
		title := fmt.Sprintf("Nothing new, but %s fails %s as usual", shortName(r.Method, r.Route), percent(*r.UsualErrorRate))
		if n := len(usual) - 1; n > 0 {
			title += fmt.Sprintf(", and %d more", n)
		}
		return Verdict{Status: verdictElevated, Title: title, Detail: rest}
	}
	return Verdict{Status: verdictOK, Title: "Nothing is wrong", Detail: rest}
}

// mayHaveLeft reports whether an incident is that nothing comes from the service any more, which may go on elsewhere. Of silence that alone is a
// warning.
func mayHaveLeft(s *Spike) bool {
	return s.Matter == string(engine.Silence) && s.Severity == string(engine.Warning)
}

// before reports whether an incident was open before the restart, and was not found to be so since.
func (f *facts) before(s *Spike) bool { return slices.Contains(f.unseen, s.ID) }

// fromBefore says of those what there is to say: of the first one, and what its row says by now.
func (f *facts) fromBefore() string {
	for i := range f.spikes {
		s := &f.spikes[i]
		if s.State != "open" || !f.before(s) {
			continue
		}
		name := affected{affectedBy(&s.Endpoints[0])}.text()
		if still := f.still(&s.Endpoints[0]); still != "" {
			return "Open before the restart: " + name + ". " + still
		}
		return "Open before the restart, and not confirmed since: " + name + "."
	}
	return ""
}

// still says that what was wrong before the restart looks as if it was so now, too; "" if it does not, or its row is not there.
func (f *facts) still(p *SpikeEndpoint) (text string) {
	i := slices.IndexFunc(f.endpoints, func(r EndpointRow) bool { return r.Method == p.Method && r.Route == p.Route && r.Kind == p.Kind })
	if i < 0 {
		return ""
	}
	switch r := &f.endpoints[i]; {
	case p.Matter == "latency" && r.State == stateElevated:
		text = "It is slower than usual now, too"
	case (p.Matter == "failures" || p.Matter == "panics") && r.ErrorCount > 0 && r.ErrorRate != nil:
		text = "It fails in " + percent(*r.ErrorRate) + " of its requests now, too"
	default:
		return ""
	}
	if ready := f.endpoints[i].ReadySeconds; ready != nil {
		return text + ", and is judged in about " + roughly(*ready) + "."
	}
	return text + ", and is not judged yet."
}

// trouble is a kind of what can be wrong, with the words for it.
type trouble struct {
	status    string
	is        func(*SpikeEndpoint) bool
	one, many string // what one does, and several
	also      string // the same in a list
}

func about(matters ...string) func(*SpikeEndpoint) bool {
	return func(p *SpikeEndpoint) bool { return slices.Contains(matters, p.Matter) }
}

var troubles = []trouble{
	{verdictFailing, about("failures", "panics"), "%s is failing", "%s are failing", "failing"},
	{verdictSlow, about("latency"), "%s has left its usual latency", "%s have left their usual latency", "slow"},
	{verdictSilent, about("silence"), "%s lacks its usual requests", "%s lack their usual requests", "silent"},
	{verdictBurning, about("objective"), "The error budget of %s burns", "The error budgets of %s burn", "burning"},
	{verdictElevated, about("client_errors"), "More client errors than usual at %s", "More client errors than usual at %s", "client errors"},
}

// incidents is the verdict where one is open. Those that are muted count only if there are no others.
func (f *facts) incidents() (Verdict, bool) {
	var open, muted []*Spike
	for i := range f.spikes {
		switch s := &f.spikes[i]; {
		case s.State != "open" || f.before(s) || mayHaveLeft(s):
		case s.Muted != nil:
			muted = append(muted, s)
		default:
			open = append(open, s)
		}
	}
	if len(open) > 0 {
		v := f.verdictOn(open)
		if n := len(muted); n > 0 {
			v.Detail = sentences(v.Detail, fmt.Sprintf("%s muted.", are(n, "more incident")))
		}
		return v, true
	}
	if len(muted) == 0 {
		return Verdict{}, false
	}
	v := f.verdictOn(muted)
	until := slices.MaxFunc(muted, func(a, b *Spike) int { return a.Muted.Until.Compare(b.Muted.Until) }).Muted.Until
	v.Detail = sentences("Muted until "+until.UTC().Format("15:04")+" UTC.", v.Detail)
	return v, true
}

// verdictOn names what is open: its worst kind, the others, and the cause of one of the worst kind that is explained.
func (f *facts) verdictOn(open []*Spike) Verdict {
	var v Verdict
	var also []string
	for _, t := range troubles {
		affected, first, cause := t.of(open, f.cost)
		switch n := len(affected); {
		case n == 0:
		case v.Title == "":
			v = Verdict{Status: t.status, Title: affected.title(&t), Detail: cause, Of: first}
		default:
			also = append(also, t.also+": "+affected.text())
		}
	}
	if len(also) > 0 {
		v.Detail = sentences(v.Detail, "Also "+strings.Join(also, "; ")+".")
	}
	return v
}

// cost is the impact of the endpoint that a part is about. What is called costs nobody by itself.
func (f *facts) cost(p *SpikeEndpoint) float64 {
	for i := range f.endpoints {
		if r := &f.endpoints[i]; r.Method == p.Method && r.Route == p.Route && r.Kind == p.Kind {
			return r.Impact
		}
	}
	return -1
}

// of returns what has open parts of a kind, that first which costs most, which part that is, and the cause of the first that has any.
func (t *trouble) of(open []*Spike, cost func(*SpikeEndpoint) float64) (all affected, first VerdictSubject, cause string) {
	type part struct {
		id string
		*SpikeEndpoint
	}
	var parts []part
	for _, s := range open {
		for i := range s.Endpoints {
			if p := &s.Endpoints[i]; p.State == "open" && t.is(p) {
				parts = append(parts, part{s.ID, p})
			}
		}
	}
	order.By(parts, func(a, b *part) int { return cmp.Compare(cost(b.SpikeEndpoint), cost(a.SpikeEndpoint)) })
	for i, p := range parts {
		if i == 0 {
			first = VerdictSubject{p.id, p.Method, p.Route, p.Kind, p.Matter}
		}
		if one := affectedBy(p.SpikeEndpoint); !slices.Contains(all, one) {
			all = append(all, one)
		}
		if cause == "" && (len(p.Causes) == 0 || !p.Causes[0].Unknown) {
			cause = p.Cause
		}
	}
	return all, first, cause
}

// waiting are the endpoints with requests that are not judged yet; judged is how many are.
func (f *facts) waiting() (waiting []*EndpointRow, judged int) {
	for i := range f.endpoints {
		switch r := &f.endpoints[i]; {
		case r.State != "learning" && r.ReadySeconds == nil:
			judged++
		case r.Count > 0:
			waiting = append(waiting, r)
		}
	}
	return waiting, judged
}

// newErrors names an endpoint with failures of which nobody knows yet whether they are usual.
func (f *facts) newErrors() string {
	for i := range f.endpoints {
		if r := &f.endpoints[i]; r.ErrorState == "learning" && r.ErrorCount > 0 && r.ErrorRate != nil {
			return fmt.Sprintf("Of %s %s fail, and whether that is usual is not known yet", shortName(r.Method, r.Route), percent(*r.ErrorRate)) +
				waits(r.ErrorNeeded, r.ErrorReadySeconds)
		}
	}
	return ""
}

// failAsUsual are the endpoints of which always more than a small share fails, the worst first.
func (f *facts) failAsUsual() (rows []*EndpointRow) {
	for i := range f.endpoints {
		if r := &f.endpoints[i]; r.ErrorState == "elevated" && r.UsualErrorRate != nil && r.ErrorCount > 0 {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b *EndpointRow) int { return cmp.Compare(*b.UsualErrorRate, *a.UsualErrorRate) })
	return rows
}

// above says how many endpoints are slower in a time than usual without being in a spike.
func (f *facts) above(time string) string {
	n, before := 0, 0
	for i := range f.endpoints {
		switch r := &f.endpoints[i]; {
		case r.State != "elevated":
		case f.wasSlow(r):
			before++
		default:
			n++
		}
	}
	return sentences(wereSlower(before, time, "in an incident that is over"), wereSlower(n, time, "too short or too little for an incident"))
}

func wereSlower(n int, time, why string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "One was slower than usual in " + time + ", " + why + "."
	}
	return fmt.Sprintf("%d were slower than usual in %s, %s.", n, time, why)
}

// wasSlow tells whether an endpoint was slow in an incident that has ended in the window, or with a part of it.
func (f *facts) wasSlow(r *EndpointRow) bool {
	return slices.ContainsFunc(f.spikes, func(s Spike) bool {
		return slices.ContainsFunc(s.Endpoints, func(p SpikeEndpoint) bool {
			return p.Matter == "latency" && p.Method == r.Method && p.Route == r.Route && p.Kind == r.Kind && p.End != nil && !p.End.Before(f.from)
		})
	})
}

// past says when the last incident ended.
func (f *facts) past() string {
	if len(f.spikes) == 0 || f.spikes[0].End == nil {
		return ""
	}
	return "The last incident ended " + roughly(f.now.Sub(*f.spikes[0].End).Seconds()) + " ago."
}

func within(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "One endpoint is judged, and within what is usual."
	}
	return fmt.Sprintf("%d endpoints are judged, and within what is usual.", n)
}

// waitText says of endpoints that are not judged yet why, and for how long.
func waitText(rows []*EndpointRow) string {
	var grace, learning []*EndpointRow
	for _, r := range rows {
		if r.State == "learning" {
			learning = append(learning, r)
		} else {
			grace = append(grace, r)
		}
	}
	var text []string
	if len(grace) > 0 {
		longest := 0.0
		for _, r := range grace {
			longest = max(longest, *r.ReadySeconds)
		}
		text = append(text, subject(grace)+" not judged for another "+roughly(longest)+", after a start or a silence.")
	}
	if len(learning) > 0 {
		first := slices.MinFunc(learning, func(a, b *EndpointRow) int { return cmp.Compare(a.Needed, b.Needed) })
		s := subject(learning) + " still learning what is usual"
		if len(learning) > 1 {
			s += ", first " + shortName(first.Method, first.Route)
		}
		text = append(text, s+waits(first.Needed, first.ReadySeconds)+".")
	}
	return strings.Join(text, " ")
}

// waits is what is missing until something is known, in requests and time, after a colon; "" if there is nothing to say.
func waits(needed uint64, ready *float64) string {
	switch {
	case needed == 0 && ready == nil:
		return ""
	case needed == 0:
		return ": about " + roughly(*ready)
	case ready == nil:
		return ": " + moreRequests(needed)
	}
	return ": " + moreRequests(needed) + ", about " + roughly(*ready) + " at this rate"
}

func subject(rows []*EndpointRow) string {
	if len(rows) == 1 {
		return shortName(rows[0].Method, rows[0].Route) + " is"
	}
	return fmt.Sprintf("%d endpoints are", len(rows))
}

// roughly is a span of time in one unit.
func roughly(seconds float64) string {
	switch {
	case seconds < 100:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.0f h", seconds/3600)
}

// sentences puts those together that are not empty, each with its full stop.
func sentences(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	for i := range parts {
		if !strings.HasSuffix(parts[i], ".") {
			parts[i] += "."
		}
	}
	return strings.Join(parts, " ")
}

// shortName is an endpoint in a title.
func shortName(method, route string) string {
	return units.Middle(endpointName(method, route), 60)
}

func percent(share float64) string { return units.Short(100*share) + " %" }

// are is a number of things with its verb.
func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return fmt.Sprintf("%d %ss are", n, what)
}

func moreRequests(n uint64) string {
	if n == 1 {
		return "1 more request"
	}
	return fmt.Sprintf("%d more requests", n)
}

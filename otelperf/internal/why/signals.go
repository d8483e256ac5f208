// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/slowlog"
)

// signal is what a signal of the runtime has to do with slow requests.
type signal struct {
	is family
	// lost signals are shares of the time in which nothing goes on: of own time that much is theirs.
	lost bool
	// waiting signals are how many wait at a time, so many seconds a second: against those that slow requests take longer.
	waiting bool
	text    string // before what the signal says itself
	more    string // what would tell more, where there is no recording
}

// whatOf are the signals that say something of causes; others only stand beside a spike.
var whatOf = map[string]signal{
	"cpu_throttled":   {is: cpu, lost: true, text: "CPU quota: "},
	"memory_pressure": {is: unlike, lost: true},
	"gc_cpu":          {is: gc}, // in the background it holds nobody up
	"gc_assist":       {is: gc, lost: true, text: "garbage collection: "},
	"runnable":        {is: cpu, waiting: true, text: "waiting for a CPU: ", more: "what uses the CPUs"},
	"sched_latency":   {is: cpu},
	"mutex_wait":      {is: lock, waiting: true, text: "waiting for locks: ", more: "which lock and who holds it"},
	"pool_waiting":    {is: pool, waiting: true},
}

// says is what a signal says as a cause.
func (s *signal) says(d *runtimesignals.Deviation) string {
	return s.text + inSentence(strings.TrimPrefix(d.Sentence, "CPU "))
}

// sharpen has signals confirm what a recording found, and say more exactly what it was.
func (f *finder) sharpen(c *candidate, cause *causes.Cause) {
	if c.family == unlike {
		return
	}
	for i := range f.Signals {
		d := &f.Signals[i]
		what, ok := whatOf[d.Name]
		if !ok || what.is != c.family {
			continue
		}
		c.confirm(causes.FromRuntime)
		switch d.Name {
		case "cpu_throttled":
			c.About, c.text = d.Name, what.says(d)
			return
		case "gc_cpu":
			c.text += ": " + inSentence(d.Sentence)
			return
		}
	}
	if c.family == pool && cause.State == causes.DBConnection {
		f.namePool(c, cause)
	}
}

// namePool says which pool it was that a recording saw requests wait for: the one with most that wait.
func (f *finder) namePool(c *candidate, cause *causes.Cause) {
	most := f.fullest()
	if most == nil {
		return
	}
	reason := cause.Reason
	c.confirm(causes.FromRuntime)
	c.About, c.text = "pool "+Clean(most.Name, maxName), "waiting for the "+poolText(most, *most.Waiting)
	if reason.Line != (causes.Place{}) {
		c.text += " at " + reason.Line.String()
	}
	if reason.Who != causes.Nobody && reason.Who != causes.Itself {
		c.text += ", held by " + who(&reason)
	}
}

func who(r *causes.Reason) string {
	switch {
	case r.Who == causes.Several:
		return "several others"
	case r.Where != (causes.Place{}):
		return Clean(r.Who, maxEndpoint) + " (" + r.Where.String() + ")"
	}
	return Clean(r.Who, maxEndpoint)
}

// fewestWaiting is how many must wait for a pool, on average, for it to be the one.
const fewestWaiting = 0.5

func (f *finder) fullest() (most *runtimesignals.PoolState) {
	for i := range f.Pools {
		p := &f.Pools[i]
		if p.Waiting != nil && *p.Waiting >= fewestWaiting && (most == nil || *p.Waiting > *most.Waiting) {
			most = p
		}
	}
	return most
}

// poolText says how a pool is.
func poolText(p *runtimesignals.PoolState, waiting float64) string {
	of := ""
	if p.Max > 0 {
		of = fmt.Sprintf(" of %d", p.Max)
	}
	return fmt.Sprintf("connection pool of db '%s': %d%s in use, %s waiting", Clean(p.Name, maxName), p.InUse, of, number(math.Round(waiting)))
}

// signals names signals as causes that can account for what no recording has explained: by the time that they cost.
func (f *finder) signals() {
	for {
		best, most := -1, causes.Least
		for i := range f.Signals {
			if share := f.accounts(&f.Signals[i]); share >= most {
				best, most = i, share
			}
		}
		if best < 0 {
			return
		}
		f.name(&f.Signals[best], most)
	}
}

// accounts is the share of the extra time that a signal can account for: 0 if it has a cause already, or does not say.
func (f *finder) accounts(d *runtimesignals.Deviation) float64 {
	what, ok := whatOf[d.Name]
	if !ok || what.is != unlike && what.is != pool && slices.ContainsFunc(f.found, func(c candidate) bool { return c.family == what.is }) ||
		slices.ContainsFunc(f.found, func(c candidate) bool {
			return c.About == about(d) || what.is == pool && c.family == pool && c.Source != causes.FromRuntime
		}) {
		return 0
	}
	room := f.left
	if what.is == pool {
		room = clamp(room + f.databases())
	}
	switch {
	case what.lost:
		return min(room, f.share(clamp(d.Now-d.Usual)*f.Spent.Own.Slow))
	case what.waiting && f.SlowPerSecond > 0:
		return min(room, clamp((d.Now-d.Usual)/(f.SlowPerSecond*f.extra/1e3)))
	}
	return 0
}

// databases is the share of calls in which a pool may have been waited for.
func (f *finder) databases() float64 {
	return f.share(f.Spent.Categories[slowlog.DB].More())
}

func about(d *runtimesignals.Deviation) string {
	if d.Pool != "" {
		return "pool " + Clean(d.Pool, maxName)
	}
	return d.Name
}

// name takes a signal in as a cause.
func (f *finder) name(d *runtimesignals.Deviation, share float64) {
	what := whatOf[d.Name]
	text := what.says(d)
	if what.is == pool {
		text = "waiting: " + inSentence(d.Sentence)
		if i := slices.IndexFunc(f.Pools, func(p runtimesignals.PoolState) bool { return p.Name == d.Pool }); i >= 0 {
			text = "waiting for the " + poolText(&f.Pools[i], d.Now)
		}
	}
	if what.more != "" && !f.Recorder {
		text += "; WithEvidence would show " + what.more
	}
	c := f.add(causes.FromRuntime, what.is, about(d), text, share)
	f.absorb(c)
}

// unknown says how much of the own time has no cause.
func (f *finder) unknown() {
	if f.left < causes.Least {
		return
	}
	text := slowlog.UnknownTime
	if len(f.Spent.Categories) == 0 {
		text += ", or calls that are not instrumented"
	}
	switch {
	case !f.Recorder:
		text += ": add WithEvidence to see which"
	case f.Recorded == nil:
		text += ": no recording has its slow requests yet"
	default:
		text += ": the last recording does not say which"
	}
	f.add(causes.FromSelfTime, unlike, "own", text, f.left).Unknown = true
}

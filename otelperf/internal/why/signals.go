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

// signal is what a signal of the runtime has to do with slow requests. A signal is the process's: what it counts may have nothing to do with
// an endpoint. It confirms what a recording or spans say of the endpoint, and is a cause by itself only where nothing else can be meant.
type signal struct {
	is family
	// lost signals are shares of the time in which nothing of the process goes on: of own time that much may be theirs, at most.
	lost bool
	// beside signals are worth a word beside time of which nothing is known.
	beside bool
	text   string // before what the signal says itself
}

// whatOf are the signals that say something of causes; others only stand beside a spike.
var whatOf = map[string]signal{
	"cpu_throttled":   {is: cpu, lost: true, text: "CPU quota: "},
	"memory_pressure": {is: unlike, beside: true}, // of a task of the group or of the machine, not of all
	"gc_cpu":          {is: gc},                   // in the background it holds nobody up
	"gc_assist":       {is: gc, lost: true, text: "garbage collection: "},
	"runnable":        {is: cpu, beside: true},
	"sched_latency":   {is: cpu},
	"mutex_wait":      {is: lock, beside: true},
	"pool_waiting":    {is: pool, beside: true}, // a cause where all that wait can be its requests
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

// namePool says which pool it was that a recording saw requests wait for.
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

// fullest is the only pool that is waited for; nil if there are several.
func (f *finder) fullest() (one *runtimesignals.PoolState) {
	for i := range f.Pools {
		if p := &f.Pools[i]; p.Waiting != nil && *p.Waiting >= fewestWaiting {
			if one != nil {
				return nil
			}
			one = p
		}
	}
	return one
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
	switch {
	case what.lost:
		return min(f.left, f.share(clamp(d.Now-d.Usual)*f.Spent.Own.Slow))
	case what.is == pool:
		return min(clamp(f.left+f.databases()), f.waiters(d.Pool))
	}
	return 0
}

// mostForeign is how many times as many may wait for a pool as there are slow requests that run: those that have not waited for long are
// not slow yet, and the two are not counted at the same moment.
const mostForeign = 2

// waiters is the share of the endpoint's slow requests that wait for a pool at a time, and so of their time; 0 where others may be those
// that wait.
func (f *finder) waiters(name string) float64 {
	i := slices.IndexFunc(f.Pools, func(p runtimesignals.PoolState) bool { return p.Name == name })
	if !f.Alone || f.Running < causes.FewestSlow || i < 0 || f.Pools[i].Waiting == nil {
		return 0
	}
	n := *f.Pools[i].Waiting
	if n > mostForeign*float64(f.Running) {
		return 0
	}
	return f.share(clamp(n/float64(f.Running)) * f.Spent.Ms.Slow)
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
	c := f.add(causes.FromRuntime, what.is, about(d), text, share)
	c.atMost = what.lost
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
	f.add(causes.FromSelfTime, unlike, "own", text+f.beside(), f.left).Unknown = true
}

// maxBeside bounds the signals that are said beside unknown time.
const maxBeside = 2

// beside says which signals had left their normal that may be why, or may not.
func (f *finder) beside() string {
	said := []string{}
	for i := range f.Signals {
		d := &f.Signals[i]
		what := whatOf[d.Name]
		known := slices.ContainsFunc(f.found, func(c candidate) bool { return c.About == about(d) || what.is != unlike && c.family == what.is })
		if text := inSentence(d.Sentence); what.beside && !known && len(said) < maxBeside && text != "" {
			said = append(said, Clean(text, maxName))
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "; process: " + strings.Join(said, ", ")
}

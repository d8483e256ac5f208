// SPDX-License-Identifier: Apache-2.0

package objective

import (
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/steady"
)

// Budget follows one objective. It is not safe for concurrent use.
type Budget struct {
	config  Config
	factors [Pairs]float64
	clock   steady.Clock
	seconds int64 // that have passed
	rings   [3]ring
	open    [Pairs]bool
}

// The rings, by the windows that they serve; the long one of pair i is in ring i.
const (
	minutes = iota // 5 min and 1 h
	hours          // 30 min and 6 h
	days           // 3 d and the period
)

// New returns a budget that nothing was taken from yet. It reports what Config.Validate does.
func New(c Config) (*Budget, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	b := &Budget{config: c, rings: [3]ring{
		minutes: newRing(10*time.Second, time.Hour), hours: newRing(time.Minute, 6*time.Hour), days: newRing(time.Hour, c.Period),
	}}
	for i := range pairs {
		b.factors[i] = pairs[i].factor(&c)
	}
	return b, nil
}

// Event says that an alert has started or ended. The zero Event means that nothing happened.
type Event struct {
	Started, Ended bool
	At             time.Time
	Burn           Burn
}

// Burn is how fast the budget burns over a pair of windows.
type Burn struct {
	Long, Short         time.Duration // the windows
	LongRate, ShortRate float64       // burn rates: 1 uses the budget up in exactly a period
	Factor              float64       // the rate from which there is an alert
	Total, Bad          uint64        // requests of the long window
	ShortTotal          uint64        // requests of the short one
	ShortBad            uint64        // bad requests of the short one
	Page                bool          // its alert is worth waking somebody; else it is worth a ticket
	Open                bool          // there is an alert
}

// Tick takes the requests since the last one, of which bad are bad. It may be called at any interval; alerts are looked for whenever it
// is. It allocates nothing.
func (b *Budget) Tick(now time.Time, total, bad uint64) (evs [Pairs]Event) {
	before := b.rings[minutes].now
	b.advance(int64(b.clock.Advance(now)))
	for i := range b.rings {
		r := &b.rings[i]
		r.at(r.now).add(cell{total: total, bad: min(bad, total)})
	}
	if b.rings[minutes].now == before && bad == 0 && b.open == [Pairs]bool{} {
		return evs // nothing can have begun
	}
	for i := range pairs {
		short := b.short(i)
		switch limit := b.factors[i] * (1 - b.config.Target); {
		case !b.open[i] && short.share() >= limit && short.bad >= shortBad && b.alarming(b.long(i), limit):
			b.open[i] = true
		case b.open[i] && short.share() < over*limit:
			b.open[i] = false
		default:
			continue
		}
		evs[i] = Event{Started: b.open[i], Ended: !b.open[i], At: b.clock.Time(b.clock.Seconds()), Burn: b.burn(i)}
	}
	return evs
}

const (
	farthest = 86400 // seconds: a longer step is the clock being set
	over     = 0.9   // an alert ends when the rate of the short window is below this share of its factor
	nats     = 7.0   // of evidence that an alert takes
	shortBad = 2     // bad requests of the short window that it takes
)

func (b *Budget) advance(step int64) {
	if step > farthest {
		step = 1
	}
	b.seconds += step
	for i := range b.rings {
		b.rings[i].advance(b.seconds)
	}
}

// short and long return what a pair's windows have counted.
func (b *Budget) short(i int) cell {
	return b.rings[[Pairs]int{minutes, hours, hours}[i]].sum(pairs[i].short)
}

func (b *Budget) long(i int) cell { return b.rings[i].sum(pairs[i].long) }

func (b *Budget) burn(i int) Burn {
	long, short := b.long(i), b.short(i)
	allowed := 1 - b.config.Target
	return Burn{
		Long: pairs[i].long, Short: pairs[i].short, Factor: b.factors[i], Open: b.open[i],
		LongRate: long.share() / allowed, ShortRate: short.share() / allowed,
		Total: long.total, Bad: long.bad, ShortTotal: short.total, ShortBad: short.bad, Page: pairs[i].page,
	}
}

// alarming tells whether the share of bad requests is at a limit, and not by chance.
func (b *Budget) alarming(c cell, limit float64) bool {
	return c.share() >= limit && c.bad >= b.config.LeastBad && float64(c.total)*divergence(c.share(), limit/2) >= nats
}

// divergence returns the Kullback-Leibler divergence of two shares in nats, q being neither 0 nor 1.
func divergence(p, q float64) float64 {
	d := 0.0
	if p > 0 {
		d += p * math.Log(p/q)
	}
	if p < 1 {
		d += (1 - p) * math.Log((1-p)/(1-q))
	}
	return d
}

// State is what is left.
type State struct {
	Target       float64
	Period       time.Duration
	Total, Bad   uint64        // requests of the period
	Left         float64       // of the budget: 1 if nothing is gone, below 0 if it is overdrawn; 1 without requests
	LeftRequests float64       // how many more of as many requests may be bad; below 0 if it is overdrawn
	Covered      time.Duration // of the period, how much there is something known of
	Burns        [Pairs]Burn
}

// State returns what is left of the budget and how fast it burns. It takes some microseconds.
func (b *Budget) State() State {
	all := b.rings[days].sum(b.config.Period)
	allowed := (1 - b.config.Target) * float64(all.total)
	st := State{
		Target: b.config.Target, Period: b.config.Period, Total: all.total, Bad: all.bad, Left: 1, LeftRequests: allowed - float64(all.bad),
		Covered: min(b.config.Period, time.Duration(b.seconds)*time.Second),
	}
	if all.total > 0 {
		st.Left = 1 - float64(all.bad)/allowed
	}
	for i := range pairs {
		st.Burns[i] = b.burn(i)
	}
	return st
}

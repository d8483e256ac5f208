// SPDX-License-Identifier: Apache-2.0

package why

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// random makes parts of which nothing can be relied upon.
type random struct{ *rand.Rand }

func (r random) number() float64 {
	switch r.IntN(20) {
	case 0:
		return math.NaN()
	case 1:
		return math.Inf(1 - 2*r.IntN(2))
	case 2:
		return -r.ExpFloat64() * 100
	case 3:
		return 0
	case 4:
		return r.ExpFloat64() * 1e300
	}
	return r.ExpFloat64() * 100
}

// name is one that a client may have had a hand in.
func (r random) name() string {
	pieces := []string{"GET /cart", "\x1b[31m", "\u202e", "\n", "\xff\xfe", "ж", "a", " | ", "%d", "\u2028", "漢", "\x00"}
	var b strings.Builder
	for range r.IntN(300) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func (r random) against() spikeprocessor.Against {
	return spikeprocessor.Against{Slow: r.number(), Usual: r.number()}
}

func (r random) place() causes.Place {
	return causes.Place{Func: r.name(), File: r.name(), Line: r.IntN(1000)}
}

var someStates = []causes.State{
	causes.Running, causes.Runnable, causes.GC, causes.NotScheduled, causes.Sleep, causes.Lock, causes.RWLock, causes.WaitGroup, causes.DBConnection,
	causes.DBReply, causes.HTTPReply, causes.NetworkRead, causes.NetworkWrite, causes.Waiting, causes.Unknown, "new", "",
}

func (r random) part() *Part {
	p := &Part{Endpoint: r.name(), Recorder: r.IntN(2) == 0, Running: r.IntN(30), Alone: r.IntN(2) == 0}
	p.Spent = spikeprocessor.Spent{Slow: r.IntN(30), Usual: r.IntN(60), Ms: r.against(), Own: r.against(), Categories: map[slowlog.Category]spikeprocessor.Against{}}
	categories := []slowlog.Category{slowlog.DB, slowlog.HTTP, slowlog.RPC, slowlog.Messaging, slowlog.Cache, "new"}
	for range r.IntN(20) {
		c := spikeprocessor.CallSpent{Dependency: r.name(), Category: categories[r.IntN(len(categories))], Count: r.against(), Busy: r.against(), Each: r.against()}
		p.Spent.Calls = append(p.Spent.Calls, c)
		p.Spent.Categories[c.Category] = r.against()
	}
	for range r.IntN(3) {
		p.Pools = append(p.Pools, runtimesignals.PoolState{Name: r.name(), Max: r.IntN(3), InUse: r.IntN(3), Waiting: new(r.number())})
	}
	for range r.IntN(3) {
		p.Sampled = append(p.Sampled, stacks.Place{Share: r.Float64(), Requests: r.IntN(20), Reason: causes.Reason{State: someStates[r.IntN(len(someStates))], Line: r.place(), Who: causes.Itself}})
	}
	for name := range whatOf {
		for range r.IntN(3) {
			p.Signals = append(p.Signals, runtimesignals.Deviation{Name: name, Pool: r.name(), Now: r.number(), Usual: r.number(), Sentence: r.name()})
		}
	}
	if r.IntN(2) == 0 {
		p.Recorded = &causes.Endpoint{Slow: r.IntN(20), SlowNanos: r.Int64(), NormalNanos: r.Int64()}
		for range r.IntN(4) {
			p.Recorded.Causes = append(p.Recorded.Causes, causes.Cause{
				Reason: causes.Reason{State: someStates[r.IntN(len(someStates))], Line: r.place(), Who: r.name(), What: someStates[r.IntN(len(someStates))], Where: r.place()},
				Share:  r.number(), Times: r.number(),
			})
		}
	}
	return p
}

func TestWhateverIsKnownTheCausesAreWithinBounds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := random{rand.New(rand.NewPCG(seed, 1))}
	for range 5000 {
		p := r.part()
		w := Find(p)
		bounded := len(w.Causes) <= maxKnown+1 && len(w.Sentence) <= maxHeadline && plain(w.Sentence)
		for i, c := range w.Causes {
			bounded = bounded && c.Share >= causes.Least && c.Share <= 1 && len(c.Sentence) <= maxSentence && plain(c.Sentence) &&
				len(c.About) <= maxAbout && plain(c.About) && c.ExtraMs > 0 && !math.IsInf(c.ExtraMs, 0)
			if i > 0 {
				before := &w.Causes[i-1]
				bounded = bounded && (before.Share >= c.Share && before.Unknown == c.Unknown || c.Unknown && !before.Unknown)
			}
		}
		if p.Spent.Slow < causes.FewestSlow && (p.Recorded == nil || p.Recorded.Slow < causes.FewestSlow) {
			bounded = bounded && len(w.Causes) == 0 && w.Sentence == ""
		}
		if !bounded {
			t.Fatalf("seed %d: of %+v\n%+v", seed, p, w)
		}
	}
}

// plain reports whether a text can be shown anywhere.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	})
}

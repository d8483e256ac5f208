// SPDX-License-Identifier: Apache-2.0

package why

import (
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/runtimesignals"
	"github.com/otelperf/otelperf-go/otelperf/internal/stacks"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor"
)

// spent is where slow requests of 400 ms spent their time, which are usually of 20: own ms in own code, and calls.
func spent(own, usualOwn float64, calls ...spikeprocessor.CallSpent) spikeprocessor.Spent {
	s := spikeprocessor.Spent{
		Slow: 20, Usual: 64, Ms: against(own, usualOwn), Own: against(own, usualOwn), Calls: calls, AllCalls: true,
		Categories: map[slowlog.Category]spikeprocessor.Against{},
	}
	for _, c := range calls {
		a := s.Categories[c.Category]
		s.Categories[c.Category] = against(a.Slow+c.Busy.Slow, a.Usual+c.Busy.Usual)
		s.Ms = against(s.Ms.Slow+c.Busy.Slow, s.Ms.Usual+c.Busy.Usual)
	}
	return s
}

func against(slow, usual float64) spikeprocessor.Against {
	return spikeprocessor.Against{Slow: slow, Usual: usual}
}

// called is a dependency with so many calls of so many ms, now and usually.
func called(name string, of slowlog.Category, n, usualN, each, usualEach float64) spikeprocessor.CallSpent {
	return spikeprocessor.CallSpent{Dependency: name, Category: of, Count: against(n, usualN), Each: against(each, usualEach), Busy: against(n*each, usualN*usualEach)}
}

// recording is one of requests of 400 ms, usually 20.
func recording(found ...causes.Cause) *causes.Endpoint {
	return &causes.Endpoint{Name: "GET /cart", Slow: 10, Normal: 10, SlowNanos: 400e6, NormalNanos: 20e6, Causes: found}
}

func line(n int) causes.Place { return causes.Place{Func: "shop.cart", File: "cart.go", Line: n} }

func caused(share float64, state causes.State, who string, what causes.State, where causes.Place) causes.Cause {
	return causes.Cause{Reason: causes.Reason{State: state, Line: line(88), Who: who, What: what, Where: where}, Share: share, ExtraNanos: int64(share * 380e6)}
}

func deviation(name, pool string, now, usual float64, sentence string) runtimesignals.Deviation {
	return runtimesignals.Deviation{Name: name, Pool: pool, Now: now, Usual: usual, Sentence: sentence}
}

var (
	throttled = deviation("cpu_throttled", "", .41, 0, "CPU throttled 41 % of the time, usually 0 %")
	collected = deviation("gc_cpu", "", .6, .01, "GC takes 60 % of the CPU, usually 1 %")
	assisted  = deviation("gc_assist", "", .4, 0, "goroutines that allocate help GC with 40 % of the CPU, usually 0 %")
	ready     = deviation("runnable", "", 20, 0, "20 goroutines wait for a CPU, usually 0")
	locked    = deviation("mutex_wait", "", 12, 0, "12 goroutines wait for locks, usually 0")
	waited    = deviation("pool_waiting", "main", 17, 0, "17 requests wait for a connection of pool main, usually 0")
	grown     = deviation("heap_live", "", 1<<30, 1<<20, "1024 MiB of the heap are in use, usually 1 MiB")
	full      = []runtimesignals.PoolState{{Name: "main", Max: 2, InUse: 2, Waiting: new(17.)}, {Name: "other", Max: 9, Waiting: new(0.)}}
	report    = causes.Place{Func: "shop.report", File: "report.go", Line: 40}
)

func TestFind(t *testing.T) {
	slowCall := called("POST inventory", slowlog.HTTP, 1, 1, 950, 230)
	for _, tt := range []struct {
		name string
		part Part
		want []string // sentences; "by" a source that confirms it behind " | "
	}{
		{"a slower call", Part{Spent: spent(20, 20, slowCall)}, []string{"100 % in POST inventory: 230 -> 950 ms"}},
		{"more calls", Part{Spent: spent(20, 20, called("postgresql SELECT users", slowlog.DB, 87, 1, 4, 4))},
			[]string{"100 % in postgresql SELECT users: 1 -> 87 calls a request in 348 ms"}},
		{"more and slower calls", Part{Spent: spent(20, 20, called("redis GET", slowlog.Cache, 10, 2, 40, 4))},
			[]string{"100 % in redis GET: 2 -> 10 calls a request, 4 -> 40 ms each"}},
		{"a call that is usually not made", Part{Spent: spent(20, 20, called("POST inventory", slowlog.HTTP, 1, 0, 300, 0))},
			[]string{"100 % in POST inventory: 300 ms, usually not called"}},
		{"calls that are usually not made", Part{Spent: spent(20, 20, called("GET stock", slowlog.HTTP, 30, 0, 10, 0))},
			[]string{"100 % in GET stock: 30 calls a request in 300 ms, usually none"}},
		{"two calls, the larger first", Part{Spent: spent(20, 20, called("a", slowlog.HTTP, 1, 1, 150, 10), called("b", slowlog.DB, 1, 1, 250, 10))},
			[]string{"63 % in b: 10 -> 250 ms", "37 % in a: 10 -> 150 ms"}},
		{"many dependencies, each with little", Part{Spent: spent(20, 20, called("a", slowlog.HTTP, 1, 1, 100, 0), called("b", slowlog.HTTP, 1, 1, 100, 0), called("c", slowlog.DB, 1, 1, 100, 0), called("d", slowlog.RPC, 1, 1, 100, 0))}, nil},
		{"own time", Part{Spent: spent(400, 20)},
			[]string{"100 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which"}},
		{"own time beside a call as usual", Part{Spent: spent(400, 20, called("a", slowlog.HTTP, 1, 1, 10, 10))},
			[]string{"100 % own code, queueing or GC: add WithEvidence to see which"}},
		{"own time with a recorder", Part{Spent: spent(400, 20, called("a", slowlog.HTTP, 1, 1, 10, 10)), Recorder: true},
			[]string{"100 % own code, queueing or GC: no recording has its slow requests yet"}},
		{"a lock", Part{Spent: spent(400, 20), Recorder: true, Recorded: recording(caused(.96, causes.Lock, "GET /report", causes.Sleep, report))},
			[]string{"96 % waiting for the lock at cart.go:88, held by GET /report (report.go:40), which was sleeping"}},
		{"a lock that the runtime sees too", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{locked}, Recorded: recording(caused(.96, causes.Lock, "GET /report", causes.Sleep, report))},
			[]string{"96 % waiting for the lock at cart.go:88, held by GET /report (report.go:40), which was sleeping | runtime"}},
		{"a recording alone", Part{Recorded: recording(caused(.96, causes.Lock, "GET /report", causes.Lock, line(88)))},
			[]string{"96 % waiting for the lock at cart.go:88, held by GET /report"}},
		{"half of it", Part{Spent: spent(400, 20), Recorder: true, Recorded: recording(caused(.5, causes.Sleep, causes.Itself, causes.Sleep, line(88)))},
			[]string{"50 % sleeping at cart.go:88", "50 % own code, queueing or GC, or calls that are not instrumented: the last recording does not say which"}},
		{"a call that the recording sees too", Part{Spent: spent(20, 20, slowCall), Recorded: recording(caused(.97, causes.HTTPReply, causes.Itself, causes.NetworkRead, line(88)))},
			[]string{"100 % in POST inventory: 230 -> 950 ms, waited for at cart.go:88 | recording"}},
		{"a call of a goroutine", Part{Spent: spent(20, 20, slowCall), Recorded: recording(caused(.97, causes.WaitGroup, causes.Itself, causes.NetworkRead, report))},
			[]string{"100 % in POST inventory: 230 -> 950 ms, waited for at cart.go:88 | recording"}},
		{"a call without a span", Part{Spent: spent(400, 20), Recorded: recording(caused(.97, causes.HTTPReply, causes.Itself, causes.NetworkRead, line(88)))},
			[]string{"97 % waiting for the reply to an HTTP call at cart.go:88"}},
		{"a lock within a call's span", Part{Spent: spent(20, 20, called("mysql SELECT users", slowlog.DB, 1, 1, 400, 20)), Recorded: recording(caused(.9, causes.Lock, "GET /report", causes.Lock, line(88)))},
			[]string{"90 % waiting for the lock at cart.go:88, held by GET /report"}},
		{"a pool that the recording and its stats see", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{waited}, Pools: full, Recorded: recording(caused(.92, causes.DBConnection, "GET /report", causes.Sleep, report))},
			[]string{"92 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting at cart.go:88, held by GET /report (report.go:40) | runtime"}},
		{"a pool within a call's span", Part{Spent: spent(20, 20, called("mysql SELECT users", slowlog.DB, 1, 1, 400, 20)), Pools: full, Recorded: recording(caused(.92, causes.DBConnection, causes.Several, "", causes.Place{}))},
			[]string{"92 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting at cart.go:88, held by several others | runtime"}},
		{"a pool without a recording", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{waited, grown}, Pools: full, Running: 18, Alone: true},
			[]string{"99 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting"}},
		{"a pool without a recording, within a call's span", Part{Spent: spent(20, 20, called("mysql SELECT users", slowlog.DB, 1, 1, 400, 20)), Signals: []runtimesignals.Deviation{waited}, Pools: full, Running: 18, Alone: true},
			[]string{"100 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting"}},
		{"waits for a pool that are too few to matter", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{waited}, Pools: full, Running: 200, Alone: true},
			[]string{unknownWith(waited)}},
		{"a quota", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{throttled}},
			[]string{"up to 43 % CPU quota: throttled 41 % of the time, usually 0 %", "57 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which"}},
		{"a quota that the recording sees too", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{throttled}, Recorded: recording(caused(.8, causes.NotScheduled, "", causes.NotScheduled, causes.Place{}))},
			[]string{"80 % CPU quota: throttled 41 % of the time, usually 0 % | runtime"}},
		{"a quota that has little to do with calls", Part{Spent: spent(20, 20, slowCall), Signals: []runtimesignals.Deviation{throttled}}, []string{"100 % in POST inventory: 230 -> 950 ms"}},
		{"help for garbage collection", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{collected, assisted}, Recorder: true},
			[]string{"up to 42 % garbage collection: goroutines that allocate help GC with 40 % of the CPU, usually 0 %", "58 % own code, queueing or GC, or calls that are not instrumented: no recording has its slow requests yet"}},
		{"garbage collection in the background", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{collected}},
			[]string{"100 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which"}},
		{"garbage collection that the recording sees too", Part{Spent: spent(400, 20), Signals: []runtimesignals.Deviation{collected}, Recorded: recording(caused(.8, causes.GC, "", causes.GC, causes.Place{}))},
			[]string{"80 % held up by garbage collection at cart.go:88: GC takes 60 % of the CPU, usually 1 % | runtime"}},
	} {
		tt.part.Endpoint = "GET /cart"
		w := Find(&tt.part)
		var got []string
		for i := range w.Causes {
			got = append(got, said(&w.Causes[i]))
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
	}
}

// said is a cause's sentence, and behind a bar each what confirms it.
func said(c *causes.Ranked) string {
	all := []string{c.Sentence}
	for _, by := range c.ConfirmedBy {
		all = append(all, string(by))
	}
	return strings.Join(all, " | ")
}

// unknownWith is what is said of own time of which nothing is known, beside a signal.
func unknownWith(d runtimesignals.Deviation) string {
	return "100 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which; process: " + d.Sentence
}

// A signal counts what the whole process does: by itself it is the cause of nothing that an endpoint waits for, and where the endpoint's own
// requests are seen to wait so, it confirms that.
func TestSignalsOfTheProcess(t *testing.T) {
	const unknown = "100 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which"
	pressed := deviation("memory_pressure", "", .6, 0, "work waits for memory 60 % of the time, usually 0 %")
	late := deviation("sched_latency", "", 90, 1, "goroutines that could run wait 90 ms for a CPU (p99), usually 1 ms")
	inLock, forCPU := caused(.96, causes.Lock, causes.Several, "", causes.Place{}), caused(.9, causes.Runnable, "GET /report", causes.Running, report)
	inPool, inGC := caused(.9, causes.DBConnection, causes.Several, "", causes.Place{}), caused(.9, causes.GC, "", causes.GC, causes.Place{})
	sleeping := caused(.9, causes.Sleep, causes.Itself, causes.Sleep, line(88))
	two := []runtimesignals.PoolState{{Name: "main", Max: 2, InUse: 2, Waiting: new(17.)}, {Name: "other", Max: 9, Waiting: new(3.)}}
	for _, tt := range []struct {
		name   string
		signal runtimesignals.Deviation
		seen   *causes.Cause // by a recording
		with   Part
		want   string // the first cause, and what confirms it
	}{
		{"locks of others", locked, nil, Part{}, unknownWith(locked)},
		{"locks, seen", locked, &inLock, Part{}, "96 % waiting for the lock at cart.go:88, held by several others | runtime"},
		{"locks, seen to sleep", locked, &sleeping, Part{}, "90 % sleeping at cart.go:88"},
		{"others that are ready", ready, nil, Part{}, unknownWith(ready)},
		{"ready, seen", ready, &forCPU, Part{}, "90 % waiting for a CPU at cart.go:88, the CPUs were used by GET /report | runtime"},
		{"a slow scheduler", late, nil, Part{}, unknown},
		{"a slow scheduler, seen", late, &forCPU, Part{}, "90 % waiting for a CPU at cart.go:88, the CPUs were used by GET /report | runtime"},
		{"a quota", throttled, nil, Part{}, "up to 43 % CPU quota: throttled 41 % of the time, usually 0 %"},
		{"a quota, seen to sleep", throttled, &sleeping, Part{}, "90 % sleeping at cart.go:88"},
		{"a quota that is too little", deviation("cpu_throttled", "", .2, 0, "CPU throttled"), nil, Part{}, unknown},
		{"help for garbage collection", assisted, nil, Part{}, "up to 42 % garbage collection: goroutines that allocate help GC with 40 % of the CPU, usually 0 %"},
		{"help, seen", assisted, &inGC, Part{}, "90 % held up by garbage collection at cart.go:88 | runtime"},
		{"garbage collection", collected, nil, Part{}, unknown},
		{"memory that somebody waits for", pressed, nil, Part{}, unknownWith(pressed)},
		{"a pool of others", waited, nil, Part{Pools: full, Alone: true, Running: 8}, unknownWith(waited)},
		{"a pool, but few requests", waited, nil, Part{Pools: full, Alone: true}, unknownWith(waited)},
		{"a pool that another endpoint may wait for", waited, nil, Part{Pools: full, Running: 18}, unknownWith(waited)},
		{"a pool of its own", waited, nil, Part{Pools: full, Alone: true, Running: 15}, "100 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting"},
		{"a pool, seen", waited, &inPool, Part{Pools: full}, "90 % waiting for the connection pool of db 'main': 2 of 2 in use, 17 waiting at cart.go:88, held by several others | runtime"},
		{"one of two pools, seen", waited, &inPool, Part{Pools: two}, "90 % waiting for a connection of the database pool at cart.go:88, held by several others | runtime"},
	} {
		p := tt.with
		p.Endpoint, p.Spent, p.Signals = "GET /cart", spent(400, 20), []runtimesignals.Deviation{tt.signal}
		if tt.seen != nil {
			p.Recorded = recording(*tt.seen)
		}
		if got := said(&Find(&p).Causes[0]); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// Shares and milliseconds of a recording are those of then, and a call takes no longer than its span says.
func TestRecordingOfAnEarlierTime(t *testing.T) {
	constant := called("GET inventory", slowlog.HTTP, 1, 1, 121, 121)
	early := recording(
		causes.Cause{Reason: causes.Reason{State: causes.HTTPReply, Line: line(138), Who: causes.Itself, What: causes.NetworkRead, Where: line(138)}, Share: .51, ExtraNanos: 121e6},
		causes.Cause{Reason: causes.Reason{State: causes.Lock, Line: line(88), Who: "GET /cart"}, Share: .49, ExtraNanos: 116e6},
	)
	early.SlowNanos, early.NormalNanos = 238e6, 1e6
	w := Find(&Part{Endpoint: "GET /cart", Spent: spent(552, 2, constant), Recorder: true, Recorded: early})
	const want = "GET /cart: +550 ms a slow request; 49 % of +237 ms when recorded: waiting for the lock at cart.go:88, held by GET /cart; " +
		"51 % unknown: own code, queueing or GC: the last recording does not say which"
	if w.Sentence != want || w.Causes[0].ExtraMs != 116 || w.ExtraMs != 550 {
		t.Errorf("got  %s, %v of %v ms\nwant %s", w.Sentence, w.Causes[0].ExtraMs, w.ExtraMs, want)
	}
	w = Find(&Part{Endpoint: "GET /cart", Spent: spent(239, 2), Recorder: true, Recorded: early})
	const bare = "GET /cart: +237 ms a slow request; 51 % waiting for the reply to an HTTP call at cart.go:138"
	if !strings.HasPrefix(w.Sentence, bare) || w.Causes[0].ExtraMs != 121 {
		t.Errorf("without a span: got %s, %v ms\nwant %s", w.Sentence, w.Causes[0].ExtraMs, bare)
	}
	w = Find(&Part{Endpoint: "GET /cart", Spent: spent(2, 2, called("GET inventory", slowlog.HTTP, 1, 1, 238, 1)), Recorder: true, Recorded: early})
	const named = "100 % in GET inventory: 1 -> 238 ms, waited for at cart.go:138"
	if w.Causes[0].Sentence != named {
		t.Errorf("a call that has a span: got %s\nwant %s", w.Causes[0].Sentence, named)
	}
}

// What running requests are seen to wait for is a cause where nothing better is known.
func TestSampledStacks(t *testing.T) {
	at := func(state causes.State, n int, share float64) []stacks.Place {
		return []stacks.Place{{Reason: causes.Reason{State: state, Line: line(316), Who: causes.Itself, What: state, Where: line(316)}, Requests: n, Share: share}}
	}
	const unknown = "100 % own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which"
	slowCall := called("POST inventory", slowlog.HTTP, 1, 1, 950, 230)
	for name, tt := range map[string]struct {
		part Part
		want string
	}{
		"a lock":                {Part{Spent: spent(400, 20), Sampled: at(causes.RWLock, 54, .9)}, "90 % waiting for the read-write lock at cart.go:316, by the stacks of 54 requests"},
		"a lock, and waits":     {Part{Spent: spent(400, 20), Sampled: at(causes.Lock, 54, .9), Signals: []runtimesignals.Deviation{locked}}, "90 % waiting for the lock at cart.go:316, by the stacks of 54 requests | runtime"},
		"few requests":          {Part{Spent: spent(400, 20), Sampled: at(causes.RWLock, 4, .9)}, unknown},
		"few samples":           {Part{Spent: spent(400, 20), Sampled: at(causes.RWLock, 54, .29)}, unknown},
		"work":                  {Part{Spent: spent(400, 20), Sampled: at(causes.Running, 54, .9)}, unknown},
		"a recording says it":   {Part{Spent: spent(400, 20), Sampled: at(causes.Lock, 54, .9), Recorded: recording(caused(.96, causes.Lock, "GET /x", causes.Lock, line(88)))}, "96 % waiting for the lock at cart.go:88, held by GET /x | stacks"},
		"a recording says more": {Part{Spent: spent(400, 20), Sampled: at(causes.Cond, 54, .9), Recorded: recording(caused(.96, causes.Lock, "GET /x", causes.Lock, line(88)))}, "96 % waiting for the lock at cart.go:88, held by GET /x"},
		"a call":                {Part{Spent: spent(20, 20, slowCall), Sampled: at(causes.HTTPReply, 54, .9)}, "100 % in POST inventory: 230 -> 950 ms | stacks"},
		"a lock beside a call":  {Part{Spent: spent(20, 20, slowCall), Sampled: at(causes.Lock, 54, .9)}, "100 % in POST inventory: 230 -> 950 ms"},
		"a call as usual":       {Part{Spent: spent(130, 20, called("POST inventory", slowlog.HTTP, 1, 1, 120, 120)), Sampled: at(causes.HTTPReply, 54, 1)}, "100 % own code, queueing or GC: add WithEvidence to see which"},
		"a call without a span": {Part{Spent: spent(400, 20), Sampled: at(causes.HTTPReply, 54, 1)}, "100 % waiting for the reply to an HTTP call at cart.go:316, by the stacks of 54 requests"},
	} {
		tt.part.Endpoint = "GET /cart"
		if got := said(&Find(&tt.part).Causes[0]); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tt.want)
		}
	}
}

func TestHeadlines(t *testing.T) {
	few, unlearned, spread := spent(400, 20), spent(400, 20), spent(20, 20)
	few.Slow, unlearned.Usual = 4, 9
	for _, n := range []string{"a", "b", "c", "d"} {
		spread.Calls = append(spread.Calls, called(n, slowlog.HTTP, 1, 1, 95, 0))
	}
	spread.Ms.Slow += 380
	for name, tt := range map[string]struct {
		part  Part
		want  string
		about string
	}{
		"a lock": {Part{Spent: spent(400, 20), Recorded: recording(caused(.96, causes.Lock, "GET /report", causes.Lock, line(88)))},
			"GET /cart: +380 ms a slow request; 96 % waiting for the lock at cart.go:88, held by GET /report", "lock cart.go:88"},
		"unknown": {Part{Spent: spent(400, 20)},
			"GET /cart: +380 ms a slow request; 100 % unknown: own code, queueing or GC, or calls that are not instrumented: add WithEvidence to see which", ""},
		"several":               {Part{Spent: spread}, "GET /cart: +380 ms a slow request; the cause is unknown: nothing has 30 % of it", ""},
		"too few slow requests": {Part{Spent: few}, "", ""},
		"not learned":           {Part{Spent: unlearned}, "GET /cart: the cause is unknown: what its ordinary requests spend their time on was not learned before", ""},
		"nothing":               {Part{}, "", ""},
		"a recording of four":   {Part{Recorded: &causes.Endpoint{Slow: 4, SlowNanos: 400e6, Causes: []causes.Cause{caused(1, causes.Lock, "GET /x", "", report)}}}, "", ""},
	} {
		tt.part.Endpoint = "GET /cart"
		w := Find(&tt.part)
		if w.Sentence != tt.want || w.About() != tt.about {
			t.Errorf("%s:\ngot  %s (about %q)\nwant %s (about %q)", name, w.Sentence, w.About(), tt.want, tt.about)
		}
	}
}

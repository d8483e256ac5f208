// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Recorder samples the process and its pools once a second. Its methods are safe for concurrent use.
type Recorder struct {
	*worker.Worker
	root   string // of the file system
	faults *fault.Log
	spent  atomic.Int64 // ns, in samples

	// What follows is the ticking goroutine's alone.
	goRuntime *goRuntime
	control   *control
	usage     *usage
	cpu       float64 // as of the last sample
	sampled   time.Time
	scratch   [steps]float64

	mu       sync.Mutex // guards all below; nothing of the program is called under it
	began    time.Time
	last     int64 // second of the newest sample
	lines    []*line
	pools    []*poolLine
	frozen   bool
	frozenAt int64 // second
	excluded excluded
	procs    int
	quota    float64  // in CPUs; NaN if there is none
	missing  []string // what cannot be known here, in sentences
}

// New returns a recorder without a goroutine yet. root is where the file system begins, "/" but in tests.
func New(root string, pools []Pool, faults *fault.Log) *Recorder {
	r := &Recorder{
		Worker: worker.New(), root: root, faults: faults, goRuntime: newGoRuntime(), usage: new(usage), cpu: unknown, began: time.Now(), quota: unknown,
		procs: runtime.GOMAXPROCS(0),
	}
	for i := range kinds {
		r.lines = append(r.lines, newLine(&kinds[i], nil))
	}
	for _, p := range pools {
		w := &poolLine{watched: watch(p), waits: unknown}
		for i := range ofPool {
			w.lines[i] = newLine(&ofPool[i], w)
		}
		r.pools = append(r.pools, w)
		r.lines = append(r.lines, w.lines[:]...)
	}
	return r
}

// Start begins to sample, until Close.
func (r *Recorder) Start() {
	for _, p := range r.pools {
		p.start()
	}
	r.begin(time.Now())
	r.Run(func() {
		defer r.control.close()
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-r.Stopping():
				return
			case <-ticker.C:
				r.sample(time.Now())
			}
		}
	})
}

// Close ends the goroutines within ctx. A pool that does not answer is not waited for longer. What was sampled can be asked for still.
func (r *Recorder) Close(ctx context.Context) error {
	err := r.Worker.Close(ctx)
	for _, p := range r.pools {
		if e := p.Close(ctx); e != nil {
			err = e
		}
	}
	return err
}

// begin opens what is read, and reads it for the first time: what later samples are the difference to.
func (r *Recorder) begin(now time.Time) {
	r.control = openControl(r.root)
	r.mu.Lock()
	r.began, r.missing = now, r.control.missing(runtime.GOOS)
	r.mu.Unlock()
	r.sample(now)
}

// sample is one second's work. A fault in it is counted and costs that second.
func (r *Recorder) sample(now time.Time) {
	r.faults.Guard("the runtime's signals", func() {
		began := time.Now()
		r.sampleAt(now)
		r.spent.Add(int64(time.Since(began)))
	})
}

func (r *Recorder) sampleAt(now time.Time) {
	seconds := now.Sub(r.sampled).Seconds()
	if r.sampled.IsZero() {
		seconds = 0
	}
	r.sampled = now
	v := values{}
	for i := range v {
		v[i] = unknown
	}
	gcSeconds := r.goRuntime.read(now, seconds, &v)
	r.control.read(seconds, &v)
	cpu := cpuTime(r.usage)
	if seconds > 0 {
		v[cpuUsed] = (cpu - r.cpu) / seconds
	}
	r.cpu = cpu
	for _, p := range r.pools {
		p.poke()
	}
	r.store(now, gcSeconds, &v)
}

// second is which second since the start a time belongs to; by the monotonic clock, which nobody sets, or for a time of the wall clock by
// how long ago it is.
func (r *Recorder) second(t time.Time) int64 {
	now := time.Now()
	return int64(math.Round((now.Sub(r.began) - now.Sub(t)).Seconds()))
}

// longestGap is for how many seconds one sample may stand, when those between were missed.
const longestGap = 10

// store keeps a sample. Two within a second are one: the later one counts.
func (r *Recorder) store(now time.Time, gcSeconds float64, v *values) {
	r.mu.Lock()
	defer r.mu.Unlock()
	second, before := r.second(now), r.last
	r.forget(before, second)
	from := min(max(before, second-longestGap), second-1)
	for i, l := range r.lines[:processKinds] {
		l.ring.set(from, second, v[i])
	}
	if n := int64(math.Round(gcSeconds)); n > 0 {
		r.lines[gcCPU].ring.set(max(-1, second-n), second, v[gcCPU])
		r.lines[gcAssist].ring.set(max(-1, second-n), second, v[gcAssist])
	}
	for _, p := range r.pools {
		for i, x := range p.sample(now) {
			p.lines[i].ring.set(from, second, x)
		}
	}
	r.last = max(second, before)
	if second/stepSeconds != before/stepSeconds || before == 0 {
		r.step(second)
	}
}

// forget makes room for the seconds after before: what is a whole hour old goes, and what was missed has no value.
func (r *Recorder) forget(before, second int64) {
	for _, l := range r.lines {
		l.ring.set(before, second, unknown)
	}
}

// step is done every ten seconds: facts are read again and normals learned.
func (r *Recorder) step(second int64) {
	r.procs, r.quota = r.goRuntime.procs(), r.control.limit()
	r.lines[runnable].least = max(r.lines[runnable].kind.least, 2*float64(r.procs))
	frozen := r.frozen && second < r.frozenAt+Seconds
	r.excluded.set(second, second, frozen)
	if frozen {
		return
	}
	for _, l := range r.lines {
		l.normal.learn(l.ring, l.digest, second, &r.excluded, &r.scratch)
	}
}

// Freeze stops the learning of what is usual, from a time in the past on: a spike has begun then. Thaw goes on with it, or an hour,
// after which there is nothing left of the time before.
func (r *Recorder) Freeze(since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.frozen {
		r.frozen, r.frozenAt = true, r.last
	}
	r.excluded.set(min(max(0, r.second(since)), r.last), r.last, true)
}

// Thaw ends what Freeze began. The time between is never learned from.
func (r *Recorder) Thaw() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = false
}

// Forget begins to learn anew.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		*l.ring, l.normal = *newRing(), normal{unknown, unknown}
	}
}

// ProcessCPUSeconds is what the process used of the CPU, user and system; NaN where that is not known.
func ProcessCPUSeconds() float64 { return cpuTime(new(usage)) }

// Spent is the time that sampling took, by the clock.
func (r *Recorder) Spent() time.Duration { return time.Duration(r.spent.Load()) }

// Bytes is about what the recorder holds.
func (r *Recorder) Bytes() int { return len(r.lines)*(4*Seconds+64) + 80<<10 }

// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	pprofile "github.com/google/pprof/profile"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// addStack counts a stack, the innermost function first.
func (s *Sampler) addStack(now time.Time, e conventions.Endpoint, d time.Duration, functions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halfAt(now).add(e, causes.Lock, causes.Place{}, d, framesNamed(functions...))
}

// total is the time and the number of samples of an endpoint.
func total(c Counts) (d time.Duration, samples int) {
	for _, one := range c.Stacks {
		d += one.Time
		samples += one.Samples
	}
	return d, samples
}

// Counts are those of the last half to one hour: of the half hour at hand and the one before.
func TestCountsOfTheLastHour(t *testing.T) {
	s, began := New(Config{}), time.Now()
	if c := s.Counts(stats, began); len(c.Stacks) != 0 {
		t.Errorf("counts at the start: %+v", c)
	}
	for minute := range 100 {
		s.addStack(began.Add(time.Duration(minute)*time.Minute), stats, time.Second, "main.cart")
	}
	for after, want := range map[time.Duration]int{99 * time.Minute: 40, 119 * time.Minute: 40, 120 * time.Minute: 10, 200 * time.Minute: 0} {
		one := &Sampler{halves: s.halves} // to ask moves on
		got := one.Counts(stats, began.Add(after))
		if _, samples := total(got); samples != want || len(got.Stacks) > 1 {
			t.Errorf("after %v there are %d samples in %d stacks, want %d in one", after, samples, len(got.Stacks), want)
		}
	}
	s.Forget()
	if c := s.Counts(stats, began.Add(99*time.Minute)); len(c.Stacks) != 0 {
		t.Errorf("after Forget: %+v", c)
	}
}

// However many different stacks, endpoints and frames there are, what is kept is bounded, and the time of an endpoint's stacks is all there.
func TestCountsAreBounded(t *testing.T) {
	s, now := New(Config{}), time.Now()
	for i := range 3 * maxStacks {
		s.addStack(now, stats, time.Second, fmt.Sprintf("main.f%d", i), fmt.Sprintf("main.g%d", i), fmt.Sprintf("main.h%d", i), "main.handler")
	}
	for i := range 2 * maxEndpoints {
		s.addStack(now, conventions.Endpoint{Method: "GET", Route: fmt.Sprint("/", i)}, time.Second, "main.f")
	}
	h := s.halves[0]
	if len(h.endpoints) > maxEndpoints || h.stacks > maxStacks+maxEndpoints || len(h.frames) > maxFrames {
		t.Errorf("%d endpoints, %d stacks, %d frames", len(h.endpoints), h.stacks, len(h.frames))
	}
	c := s.Counts(stats, now)
	if d, samples := total(c); samples != 3*maxStacks || d != 3*maxStacks*time.Second || c.Stacks[0].Frames[0] != Others || len(c.Stacks[0].Frames) != 1 {
		t.Errorf("%v in %d samples, the largest stack is %+v", d, samples, c.Stacks[0])
	}
}

// What is exported has each frame once, whatever its name.
func TestExports(t *testing.T) {
	s, now := New(Config{}), time.Now()
	s.addStack(now, stats, 3*time.Second, "sync.(*Mutex).Lock", "main.F[go.shape.struct { A int; B int }]", "main.handler")
	s.addStack(now, stats, time.Second, "main.work", "main.handler")
	c := s.Counts(stats, now)
	want := "main.handler f.go:3;main.F[go.shape.struct { A int, B int }] f.go:2;sync.(*Mutex).Lock f.go:1 3000\nmain.handler f.go:2;main.work f.go:1 1000\n"
	if got := string(c.Folded()); got != want {
		t.Errorf("folded\n%swant\n%s", got, want)
	}
	data, err := c.Pprof()
	if err != nil {
		t.Fatal(err)
	}
	p, err := pprofile.ParseData(data)
	if err != nil || p.CheckValid() != nil {
		t.Fatalf("%v, %v", err, p.CheckValid())
	}
	if len(p.Sample) != 2 || p.Sample[0].Value[1] != int64(3*time.Second) || p.Sample[0].Location[0].Line[0].Function.Name != "sync.(*Mutex).Lock" || len(p.Location) != 5 ||
		p.Sample[0].Label["state"][0] != "lock" {
		t.Errorf("profile %v", p)
	}
	empty := Counts{}
	if data, err := empty.Pprof(); err != nil || len(empty.Folded()) != 0 {
		t.Errorf("nothing as a profile: %d bytes, %v", len(data), err)
	}
}

// A profile that is none, or too large, is an error.
func TestProfilesThatCannotBeRead(t *testing.T) {
	for _, bad := range []string{"", "x", "\x1f\x8b"} {
		if _, err := parse(strings.NewReader(bad), key, "f"); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	var large bytes.Buffer
	p := pprofile.Profile{SampleType: []*pprofile.ValueType{{Type: "goroutine", Unit: "count"}}, Comments: []string{strings.Repeat("x", maxProfile)}}
	if err := p.Write(&large); err != nil {
		t.Fatal(err)
	}
	if _, err := parse(&large, key, "f"); err != errTooLarge {
		t.Errorf("a profile of more than %d bytes: %v", maxProfile, err)
	}
}

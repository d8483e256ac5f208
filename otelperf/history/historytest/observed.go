// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// observed: when processes ran is known to the millisecond, as long as anything of the time is, whatever the steps are that it is read in.
func observed(t *testing.T, subject Subject) {
	r := history.Retention{Minutes: time.Hour, TenMinutes: 3 * time.Hour, Hours: 30 * time.Hour, Events: 2 * time.Hour}
	s, shop := subject.open(t, r), NewShop(2, 2)
	first := Start.Truncate(time.Hour)
	at := first.Add
	processes := []history.Span{
		{From: at(2*time.Minute + 23400*time.Millisecond), To: at(20*time.Minute + 20*time.Second)},
		{From: at(20*time.Minute + 42500*time.Millisecond), To: at(30 * time.Minute)}, // was killed in the minute after
		{From: at(30*time.Minute + 45*time.Second), To: at(59 * time.Minute)},
		{From: at(59*time.Minute + 59*time.Second), To: at(61*time.Minute + time.Millisecond)},
		{From: at(63 * time.Minute), To: at(64 * time.Minute)},
		{From: at(75*time.Minute + 30*time.Second), To: at(76*time.Minute + 30*time.Second)},
	}
	for i, p := range processes {
		for m := p.From.Truncate(time.Minute); m.Before(p.To); m = m.Add(time.Minute) {
			b := shop.Minute(m)
			b.Origin = fmt.Sprint(i)
			b.Observed = []history.Observed{{Spans: history.Within([]history.Span{p}, m, m.Add(time.Minute))}}
			Put(t, s, b)
		}
	}
	unknown := shop.Minute(at(80 * time.Minute)) // as a program that does not say it has it
	Put(t, s, unknown)
	nothing := shop.Minute(at(82 * time.Minute))
	nothing.Observed = []history.Observed{}
	Put(t, s, nothing)
	want := history.Union(append(slices.Clone(processes), history.Span{From: unknown.Time, To: unknown.Time.Add(time.Minute)}))
	check := func(what string) {
		t.Helper()
		for _, step := range []time.Duration{history.Minute, history.TenMinutes, history.Hour} {
			for _, q := range []history.Query{{From: first, To: first.Add(2 * time.Hour)}, {From: first, To: first.Add(time.Hour)}} {
				q.What, q.Step = history.Signals, step
				var spans []history.Span
				for _, b := range Read(t, s, q) {
					p := b.Presence()
					if out := history.Within(p, b.Time, b.Time.Add(b.Step)); !slices.Equal(out, p) {
						t.Errorf("%s by %v: %v for %v was observed in %v", what, step, b.Time, b.Step, p)
					}
					spans = append(spans, p...)
				}
				if got, want := fmt.Sprint(history.Union(spans)), fmt.Sprint(history.Within(want, q.From, q.To)); got != want {
					t.Errorf("%s up to %v by %v: observed is\n%s\nwant\n%s", what, q.To, step, got, want)
				}
			}
		}
	}
	check("minutes")
	for _, hours := range []int{3, 7} { // ten minutes, then hours
		Put(t, s, shop.Minute(at(time.Duration(hours)*time.Hour+10*time.Minute)))
		if subject.Tidy != nil {
			subject.Tidy(t, s)
		}
		check(fmt.Sprint("after hours: ", hours))
	}
	for name, spans := range map[string][]history.Span{
		"before its minute": {{From: at(-time.Second), To: at(time.Second)}},
		"beyond its minute": {{From: at(0), To: at(time.Minute + 1)}},
		"empty":             {{From: at(time.Second), To: at(time.Second)}},
		"not in order":      {{From: at(3 * time.Second), To: at(4 * time.Second)}, {From: at(time.Second), To: at(2 * time.Second)}},
	} {
		b := shop.Minute(first)
		b.Observed = []history.Observed{{Spans: spans}}
		if b.Validate() == nil {
			t.Errorf("spans that are %s are taken", name)
		}
	}
}

// observedAlone: of what has no signals, as a service that is judged elsewhere, it is known to the minute when it was observed, for as long as minutes are
// stored.
func observedAlone(t *testing.T, subject Subject) {
	s, shop := subject.open(t, history.Retention{}), NewShop(2, 2)
	first := Start.Truncate(time.Hour)
	for i := range 60 {
		b := shop.Minute(first.Add(time.Duration(i) * time.Minute))
		b.Signals = nil
		b.Observed = []history.Observed{{Spans: []history.Span{{From: b.Time, To: b.Time.Add(time.Minute)}}}}
		Put(t, s, b)
	}
	Put(t, s, shop.Minute(first.Add(90*time.Minute)))
	if subject.Tidy != nil {
		subject.Tidy(t, s)
	}
	want := history.Span{From: first.Add(20 * time.Minute), To: first.Add(25 * time.Minute)}
	var spans []history.Span
	for _, b := range Read(t, s, history.Query{What: history.Signals, From: want.From, To: want.To}) {
		spans = append(spans, b.Presence()...)
	}
	if got := history.Union(spans); !slices.Equal(got, []history.Span{want}) {
		t.Errorf("five minutes of an hour without signals were observed in %v, want %v", got, want)
	}
}

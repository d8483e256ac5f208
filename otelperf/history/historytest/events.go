// SPDX-License-Identifier: Apache-2.0

package historytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// empty is a batch without rows.
func empty(minute int) *history.Batch { return &history.Batch{Time: At(minute), Step: history.Minute} }

// incidents: one that comes again takes the place of what was stored of it, even if its start was moved.
func incidents(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	detail := func(text string) json.RawMessage { return json.RawMessage(`{"cause":"` + text + `"}`) }
	put := func(minute int, in ...history.Incident) {
		b := empty(minute)
		b.Incidents = in
		Put(t, s, b)
	}
	open := history.Incident{ID: "a", Start: At(0).Add(1500 * time.Millisecond), Detail: detail("none")}
	put(0, open)
	put(1, history.Incident{ID: "b", Start: At(1), Detail: detail("b")})
	grown := open
	grown.Start, grown.Detail = At(-3), detail("lock")
	put(2, grown)
	put(2, grown)
	ended := grown
	ended.End, ended.Detail = At(5).Add(time.Nanosecond), detail("ended")
	put(90, ended, history.Incident{ID: "c", Start: At(1), Detail: detail("c")})
	var got []history.Incident
	for _, b := range Read(t, s, history.Query{What: history.Incidents, From: At(-10), To: At(100)}) {
		for _, in := range b.Incidents {
			if !in.Start.Truncate(time.Minute).Equal(b.Time) {
				t.Errorf("incident %s of %v is in the batch of %v", in.ID, in.Start, b.Time)
			}
			got = append(got, in)
		}
	}
	if len(got) != 3 || got[0].ID != "a" || !got[0].Start.Equal(ended.Start) || !got[0].End.Equal(ended.End) || string(got[0].Detail) != string(ended.Detail) {
		t.Errorf("incidents are %+v", got)
	}
	if all := Read(t, s, history.Query{What: history.Incidents, From: At(0), To: At(1)}); len(all) > 0 {
		t.Errorf("an incident is still where it began before: %+v", all[0])
	}
}

// entry is a request that ended so long after Start.
func entry(i int, end time.Duration, route string) *slowlog.Entry {
	return &slowlog.Entry{
		TraceID: trace.TraceID{1, byte(i)}, SpanID: trace.SpanID{2, byte(i)}, Method: "GET", Route: route, Kind: "http", Path: "/x", Status: 500, Outcome: slowlog.OutcomeServerError,
		Start: Start.Add(end - time.Second), Duration: time.Second, Reason: slowlog.ReasonFailed, SpikeID: "a", Error: slowlog.ErrorInfo{Type: "T", Message: "m\x00\u202e"},
		Dimensions: map[string]string{"tenant.id": "ü"},
		Anatomy:    &slowlog.Anatomy{},
	}
}

// requests: they come in the order of their ends, whole, and of one endpoint if asked for; the same one is stored once.
func requests(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	b := empty(0)
	for i := range 5 {
		b.Requests = append(b.Requests, entry(i, time.Duration(5-i)*50*time.Second, []string{"/a", "/b"}[i%2]))
	}
	Put(t, s, b)
	Put(t, s, b)
	ask := func(q history.Query) (all []*slowlog.Entry) {
		q.What = history.Requests
		for _, b := range Read(t, s, q) {
			for _, r := range b.Requests {
				if !r.End().Truncate(time.Minute).Equal(b.Time) {
					t.Errorf("a request that ended at %v is in the batch of %v", r.End(), b.Time)
				}
				all = append(all, r)
			}
		}
		return all
	}
	all := ask(history.Query{From: At(0), To: At(60)})
	if len(all) != 5 {
		t.Fatalf("%d requests, want 5", len(all))
	}
	for i, r := range all {
		want, err := json.Marshal(b.Requests[4-i])
		if err != nil {
			t.Fatal(err)
		}
		if _, named := b.Requests[4-i].Dimensions["service.instance.id"]; !named { // which a store of several instances adds
			r.Dimensions = maps.Clone(r.Dimensions)
			delete(r.Dimensions, "service.instance.id")
		}
		if got, err := json.Marshal(r); err != nil || string(got) != string(want) {
			t.Errorf("request %d is %s, want %s (%v)", i, got, want, err)
		}
	}
	if of := ask(history.Query{From: At(0), To: At(60), Endpoint: &conventions.Endpoint{Method: "GET", Route: "/b"}}); len(of) != 2 {
		t.Errorf("%d requests of /b, want 2", len(of))
	}
	if of := ask(history.Query{From: Start.Add(50 * time.Second), To: Start.Add(150 * time.Second)}); len(of) != 2 {
		t.Errorf("%d requests from 50 s to 150 s, want those at 50 s and at 100 s", len(of))
	}
}

// marksAndSignals: marks are as they were, one of each id and time; signals are added up.
func marksAndSignals(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	b := empty(7)
	b.Marks = []history.Mark{{ID: "m", Time: At(7).Add(3 * time.Second), Kind: "deploy", Text: "v2 \"ü\"", By: "ci"}}
	b.Signals = []history.Signal{{Name: "cpu", Mean: .25, Max: .5}, {Name: "heap ü", Mean: 1e9, Max: 2e9}}
	Put(t, s, b)
	b.Signals = nil
	Put(t, s, b)
	q := history.Query{What: history.Marks, From: At(0), To: At(10)}
	if all := Read(t, s, q); len(all) != 1 || !reflect.DeepEqual(all[0].Marks, b.Marks) {
		t.Errorf("marks are %+v", all)
	}
	q.What = history.Signals
	all := Read(t, s, q)
	if len(all) != 1 || len(all[0].Signals) != 2 {
		t.Fatalf("signals are %+v", all)
	}
	for _, got := range all[0].Signals {
		if want := (history.Signal{Name: "cpu", Mean: .25, Max: .5}); got.Name == "cpu" && got != want {
			t.Errorf("signal is %+v, want %+v", got, want)
		}
	}
	for i := range 20 {
		b := empty(10 + i)
		b.Signals = []history.Signal{{Name: "cpu", Mean: float32(i), Max: float32(2 * i)}}
		Put(t, s, b)
	}
	q = history.Query{What: history.Signals, From: Start.Add(13 * time.Minute), To: Start.Add(23 * time.Minute), Step: history.TenMinutes}
	if all = Read(t, s, q); len(all) != 1 || fmt.Sprint(all[0].Signals) != fmt.Sprint([]history.Signal{{Name: "cpu", Mean: 7.5, Max: 24}}) {
		t.Errorf("ten minutes are %+v, want the mean of the means and the largest", all)
	}
}

// state: the last one is stored, and nothing of those before.
func state(t *testing.T, subject Subject) {
	s := subject.open(t, history.Retention{})
	for i, text := range []string{"first", "second\x00\xff", "", "third"} {
		b := empty(100 * i)
		if text != "" {
			b.State = []byte(text)
		}
		Put(t, s, b)
		all := Read(t, s, history.Query{What: history.States, From: At(-10), To: At(1000)})
		want := text
		at := b.Time
		if text == "" {
			want, at = "second\x00\xff", At(100)
		}
		if len(all) != 1 || string(all[0].State) != want || !all[0].Time.Equal(at) {
			t.Errorf("after %q the states are %+v", text, all)
		}
	}
	b := empty(400)
	b.State = make([]byte, history.MaxState)
	Put(t, s, b)
	if all := Read(t, s, history.Query{What: history.States, From: At(-10), To: At(1000)}); len(all) != 1 || len(all[0].State) != history.MaxState {
		t.Error("the largest state is not stored")
	}
}

// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
)

func TestTrackEmitsEventWithTrace(t *testing.T) {
	tr, rec := newTracker(t)
	ctx, sc := spanContext(7)
	when := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	props := []attribute.KeyValue{attribute.Int("cart.items", 3), attribute.StringSlice("tags", []string{"a", "b"})}
	err := tr.Track(ctx, Event{Name: "cart.item_added", ID: "e1", Time: when, SessionID: "s1", UserID: "ann", Page: "/cart/{id}", Properties: props})
	if err != nil {
		t.Fatal(err)
	}
	props[0] = attribute.String("cart.items", "changed after the call")
	mustFlush(t, tr)
	all := rec.all()
	if len(all) != 1 {
		t.Fatalf("emitted %d records, want 1", len(all))
	}
	r := all[0]
	if r.EventName() != "cart.item_added" || !r.Timestamp().Equal(when) || r.ObservedTimestamp().IsZero() || r.Severity() != log.SeverityInfo {
		t.Errorf("record %q at %v, observed %v, severity %v", r.EventName(), r.Timestamp(), r.ObservedTimestamp(), r.Severity())
	}
	if r.span.TraceID() != sc.TraceID() || r.span.SpanID() != sc.SpanID() || !r.span.IsSampled() {
		t.Errorf("emitted with %v, want %v", r.span, sc)
	}
	a := r.attrs()
	if a["cart.items"].AsInt64() != 3 || a[keySession].AsString() != "s1" || a[keyTemplate].AsString() != "/cart/{id}" ||
		a[keySource].AsString() != sourceServer || a[keyEventID].AsString() != "e1" {
		t.Errorf("attributes %v", a)
	}
	if h := a[keyUserHash].AsString(); len(h) != 32 || strings.Contains(h, "ann") {
		t.Errorf("user.hash %q, want 32 hexadecimal digits", h)
	}
	recent := tr.Recent(-1)
	if len(recent) != 1 || recent[0].TraceID != sc.TraceID().String() || recent[0].UserID != "" {
		t.Errorf("recent %+v", recent)
	}
}

func TestRefusals(t *testing.T) {
	many := make([]attribute.KeyValue, maxProperties+1)
	for i := range many {
		many[i] = attribute.Int(fmt.Sprintf("k%d", i), i)
	}
	deep := attribute.Int("x", 1)
	for range maxDepth {
		deep = attribute.Map("x", deep)
	}
	prop := func(kv attribute.KeyValue) Event {
		return Event{Name: "a", Properties: []attribute.KeyValue{kv}}
	}
	tests := []struct {
		what  string
		event Event
		want  reason
	}{
		{"no name", Event{}, reasonName},
		{"capitals", Event{Name: "Button Clicked"}, reasonName},
		{"leading digit", Event{Name: "1a"}, reasonName},
		{"double dot", Event{Name: "a..b"}, reasonName},
		{"mixed delimiters", Event{Name: "a._b"}, reasonName},
		{"trailing delimiter", Event{Name: "a."}, reasonName},
		{"long name", Event{Name: strings.Repeat("a", maxNameLen+1)}, reasonName},
		{"reserved namespace", Event{Name: "otel.x"}, reasonReserved},
		{"session with space", Event{Name: "a", SessionID: "s 1"}, reasonID},
		{"long id", Event{Name: "a", ID: strings.Repeat("i", maxIDLen+1)}, reasonID},
		{"user not UTF-8", Event{Name: "a", UserID: "\xff"}, reasonID},
		{"year 1969", Event{Name: "a", Time: time.Unix(-1, 0).UTC()}, reasonTime},
		{"year 3000", Event{Name: "a", Time: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}, reasonTime},
		{"source", Event{Name: "a", Source: "My Worker"}, reasonSource},
		{"page with query", Event{Name: "a", Page: "/a?b=c"}, reasonPage},
		{"page with host", Event{Name: "a", Page: "//host/a"}, reasonPage},
		{"URL as page", Event{Name: "a", Page: "https://x/a"}, reasonPage},
		{"too many properties", Event{Name: "a", Properties: many}, reasonProperties},
		{"too many values", prop(attribute.Int64Slice("a", make([]int64, maxValues+1))), reasonProperties},
		{"too deep", prop(deep), reasonDepth},
		{"too large", prop(attribute.String("a", strings.Repeat("x", maxEventSize))), reasonSize},
		{"empty key", prop(attribute.Int("", 1)), reasonKey},
		{"unprintable key", prop(attribute.Int("a\n", 1)), reasonKey},
		{"repeated key", Event{Name: "a", Properties: []attribute.KeyValue{attribute.Int("a", 1), attribute.Int("a", 2)}}, reasonKey},
		{"repeated inner key", prop(attribute.Map("m", attribute.Int("a", 1), attribute.Int("a", 2))), reasonKey},
		{"our key", prop(attribute.String("session.id", "forged")), reasonReserved},
		{"NaN", prop(attribute.Float64("a", math.NaN())), reasonValue},
		{"infinity in a slice", prop(attribute.Float64Slice("a", []float64{math.Inf(1)})), reasonValue},
		{"string not UTF-8", prop(attribute.String("a", "\xff")), reasonValue},
	}
	tr, rec := newTracker(t)
	for _, tt := range tests {
		err := tr.Track(t.Context(), tt.event)
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || refused.Reason != tt.want.String() {
			t.Errorf("%s: %v, want reason %v", tt.what, err, tt.want)
		}
	}
	mustFlush(t, tr)
	s := tr.Stats()
	conserve(t, s, uint64(len(tests)))
	if s.Refused != uint64(len(tests)) || len(rec.all()) != 0 || len(tr.Recent(-1)) != 0 || len(s.Names) != 0 {
		t.Errorf("refused %d of %d; emitted %d, recent %d, names %v", s.Refused, len(tests), len(rec.all()), len(tr.Recent(-1)), s.Names)
	}
}

func TestWithinBoundsIsTaken(t *testing.T) {
	props := make([]attribute.KeyValue, maxProperties)
	for i := range props {
		props[i] = attribute.Int(fmt.Sprintf("k%d", i), i)
	}
	nested := attribute.Map("a", attribute.Map("b", attribute.Slice("c", attribute.BoolValue(true), attribute.Float64Value(1.5))))
	tr, _ := newTracker(t)
	for _, e := range []Event{
		{Name: "a"},
		{Name: "a1_b2.c3"},
		{Name: strings.Repeat("a", maxNameLen), ID: strings.Repeat("~", maxIDLen), Properties: props},
		{Name: "a", Properties: []attribute.KeyValue{nested, attribute.ByteSlice("d", []byte{0, 255}), attribute.BoolSlice("e", []bool{true})}},
		{Name: "a", Properties: []attribute.KeyValue{attribute.Int64Slice("a", make([]int64, maxValues)[:maxValues])}},
		{Name: "a", Time: time.Unix(0, 0).UTC(), Page: "/", Source: "worker_1"},
	} {
		if err := tr.Track(t.Context(), e); err != nil {
			t.Errorf("%.20s: %v", e.Name, err)
		}
	}
}

func TestTrackBatchSaysWhatBecameOfEach(t *testing.T) {
	tr, _ := newTracker(t)
	b := tr.TrackBatch(t.Context(), []Event{{Name: "a", ID: "1"}, {Name: "Bad"}, {Name: "a", ID: "1"}, {Name: "b", ID: "1", SessionID: "other"}})
	if b.Accepted != 2 || b.Refused != 1 || b.Dropped != 1 || b.SampledOut != 0 {
		t.Errorf("batch %+v", b)
	}
	if b.Items[1].Reason != "name" || b.Items[1].Index != 1 || !errors.Is(b.Items[2].Err, ErrDuplicate) || b.Items[3].Err != nil {
		t.Errorf("items %+v", b.Items)
	}
	conserve(t, tr.Stats(), 4)
}

func TestQueueFullDropsByNameAndCanBeSentAgain(t *testing.T) {
	release := make(chan struct{})
	rec := &recorder{emit: func(context.Context) { <-release }}
	tr := newTrackerOn(t, rec, WithQueueSize(4))
	var dropped []string
	for i := range 10 {
		id := fmt.Sprintf("id%d", i)
		switch err := tr.Track(t.Context(), Event{Name: "a", ID: id}); {
		case errors.Is(err, ErrQueueFull):
			dropped = append(dropped, id)
		case err != nil:
			t.Fatal(err)
		}
	}
	if len(dropped) < 5 || len(dropped) > 6 { // one may already be with the provider
		t.Errorf("dropped %d of 10 with a queue of 4", len(dropped))
	}
	s := tr.Stats()
	conserve(t, s, 10)
	if s.DroppedBy["queue_full"] != uint64(len(dropped)) || s.Names[0].Dropped != uint64(len(dropped)) {
		t.Errorf("stats %+v", s)
	}
	close(release)
	mustFlush(t, tr)
	if err := tr.Track(t.Context(), Event{Name: "a", ID: dropped[0]}); err != nil {
		t.Errorf("sending a dropped event again: %v", err)
	}
}

func TestQueueBoundsBytes(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	rec := &recorder{emit: func(context.Context) { <-release }}
	tr := newTrackerOn(t, rec, WithQueueSize(1<<16))
	big := []attribute.KeyValue{attribute.String("a", strings.Repeat("x", maxEventSize-10))}
	n := 0
	for ; n < 10_000; n++ {
		if err := tr.Track(t.Context(), Event{Name: "a", Properties: big}); err != nil {
			break
		}
	}
	if n > maxQueueBytes/maxEventSize+1 || n < maxQueueBytes/(maxEventSize+1024) {
		t.Errorf("the queue took %d events of 8 KiB, want about 2,000", n)
	}
	recent := 0
	for e := range tr.recent.newestFirst() {
		recent += e.size
	}
	if recent > maxRecentBytes || tr.recent.bytes != recent {
		t.Errorf("recent holds %d bytes and says %d; at most %d", recent, tr.recent.bytes, maxRecentBytes)
	}
}

func TestRecentIsNewestFirstAndBounded(t *testing.T) {
	tr, _ := newTracker(t, WithRecentSize(3))
	for i := range 5 {
		if err := tr.Track(t.Context(), Event{Name: fmt.Sprintf("e%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, r := range tr.Recent(10) {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "e4 e3 e2" {
		t.Errorf("recent %s, want e4 e3 e2", got)
	}
	if got := tr.Recent(1); len(got) != 1 || got[0].Name != "e4" {
		t.Errorf("Recent(1) = %v", got)
	}
}

func TestIdentityOptions(t *testing.T) {
	key := []byte("0123456789abcdef")
	keyed1, rec1 := newTracker(t, WithUserKey(key), WithHashedSessionID())
	keyed2, _ := newTracker(t, WithUserKey(key))
	random, _ := newTracker(t)
	raw, _ := newTracker(t, WithRawUserID())
	e := Event{Name: "a", UserID: "same", SessionID: "same"}
	for _, tr := range []*Tracker{keyed1, keyed2, random, raw} {
		if err := tr.Track(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	one, two, other, plain := keyed1.Recent(1)[0], keyed2.Recent(1)[0], random.Recent(1)[0], raw.Recent(1)[0]
	if one.UserHash != two.UserHash || one.UserHash == other.UserHash || one.SessionID == "same" || one.SessionID == one.UserHash {
		t.Errorf("keyed %+v %+v, random %+v", one, two, other)
	}
	if plain.UserID != "same" || plain.UserHash != "" {
		t.Errorf("raw %+v", plain)
	}
	mustFlush(t, keyed1)
	if r := rec1.all()[0]; r.attrs()[keySession].AsString() == "same" {
		t.Error("the session id was emitted unhashed")
	}
}

func TestStatsByMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr, _ := newTracker(t)
		for range 5 {
			_ = tr.Track(t.Context(), Event{Name: "a", SessionID: "s1"})
		}
		time.Sleep(time.Minute)
		_ = tr.Track(t.Context(), Event{Name: "b", SessionID: "s2"})
		s := tr.Stats()
		if len(s.Minutes) != 60 || s.Minutes[58].Count != 5 || s.Minutes[59].Count != 1 || s.Names[0].LastMinute != 5 {
			t.Errorf("minutes %v, names %+v", s.Minutes[58:], s.Names)
		}
		if s.Sessions.Total != 2 || s.Sessions.LastHour != 2 {
			t.Errorf("sessions %+v, want 2 and 2", s.Sessions)
		}
		time.Sleep(2 * time.Hour)
		s = tr.Stats()
		if s.Names[0].LastHour != 0 || s.Names[0].Count != 5 || s.Sessions.LastHour != 0 || s.Sessions.Total != 2 {
			t.Errorf("two hours later: %+v, sessions %+v", s.Names[0], s.Sessions)
		}
	})
}

func TestUniqueSessionsWithinError(t *testing.T) {
	s := newSessions()
	now := time.Now()
	const n = 20_000
	for i := range n {
		for range 2 {
			s.add(fmt.Sprintf("session-%d", i), now)
		}
	}
	total, hour := s.estimate(now)
	for _, got := range []struct {
		what     string
		estimate uint64
		sigma    float64
	}{{"total", total, 0.0081}, {"hour", hour, 0.0163}} {
		if off := math.Abs(float64(got.estimate)-n) / n; off > 5*got.sigma {
			t.Errorf("%s %d for %d sessions: %.1f %% off", got.what, got.estimate, n, 100*off)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	tr, _ := newTracker(t, WithHandler(HandlerOptions{Rate: -1}))
	h := tr.Handler()
	for i := range 300 {
		postJSON(h, "/track", fmt.Sprintf(`{"name":"junk%d"}`, i))
	}
	if err := tr.Track(t.Context(), Event{Name: "order.paid"}); err != nil {
		t.Fatal(err)
	}
	s := tr.Stats()
	rows := map[string]uint64{}
	for _, n := range s.Names {
		rows[n.Name] = n.Count
	}
	if len(rows) != maxPublicNames+2 || rows[otherName] != 200 || rows["order.paid"] != 1 {
		t.Errorf("%d names, (other) %d, order.paid %d; want 102, 200, 1", len(rows), rows[otherName], rows["order.paid"])
	}
	conserve(t, s, 301)
}

func TestTrackConcurrentSafe(t *testing.T) {
	tr, rec := newTracker(t, WithQueueSize(64), WithSampling(Sampling{Events: 0.5, Requests: 0.5, Exceptions: 1}))
	var wg sync.WaitGroup
	const workers, each = 8, 500
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				_ = tr.Track(t.Context(), Event{Name: "a", ID: fmt.Sprintf("%d-%d", w%4, i), SessionID: fmt.Sprint(i)})
				tr.Request(t.Context(), RequestEvent{Method: "GET", Route: "/x", SessionID: fmt.Sprint(w)})
				if i%100 == 0 {
					tr.Exception(t.Context(), ExceptionEvent{Type: "x"})
					_, _ = tr.Flush(t.Context())
					_, _ = tr.Stats(), tr.Recent(5)
					_ = tr.SetSampling(Sampling{Events: 0.5, Requests: 0.4, Exceptions: 1})
				}
			}
		})
	}
	wg.Wait()
	mustFlush(t, tr)
	s := tr.Stats()
	conserve(t, s, workers*each*2+workers*each/100)
	if got := uint64(len(rec.all())); got != s.Export.Emitted {
		t.Errorf("provider got %d records, stats say %d", got, s.Export.Emitted)
	}
}

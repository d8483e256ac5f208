// SPDX-License-Identifier: Apache-2.0

package mutes

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func set(t *testing.T, b *Book, endpoint string, d time.Duration) Mute {
	t.Helper()
	m, err := b.Set(Mute{Endpoint: endpoint, By: "ana", At: noon, Until: noon.Add(d)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func parts(endpoints ...string) (all []Part) {
	for _, e := range endpoints {
		all = append(all, Part{e, "latency"})
	}
	return all
}

// An incident is muted while all its parts are, until the first is no longer.
func TestMuted(t *testing.T) {
	var b Book
	set(t, &b, "GET /a/**", time.Hour)
	set(t, &b, "GET /b", 10*time.Minute)
	if _, err := b.Set(Mute{Endpoint: Everything, Matter: "failures", By: "ben", At: noon, Until: noon.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		open  []Part
		after time.Duration
		until time.Duration // 0: it is not muted
	}{
		{parts("GET /a/x/y"), 0, time.Hour}, {parts("GET /a/x", "GET /b"), 0, 10 * time.Minute}, {parts("GET /a/x", "GET /b"), 10 * time.Minute, 0},
		{parts("GET /a/x", "GET /c"), 0, 0}, {nil, 0, 0}, {parts("GET /a/x"), time.Hour, 0},
		{[]Part{{"GET /c", "failures"}}, 0, 2 * time.Hour}, {[]Part{{"GET /b", "failures"}}, 0, 2 * time.Hour},
	} {
		got := b.Muted(tt.open, noon.Add(tt.after))
		if (got != nil) != (tt.until > 0) || got != nil && !got.Until.Equal(noon.Add(tt.until)) {
			t.Errorf("%v after %v: %+v, want until %v", tt.open, tt.after, got, tt.until)
		}
	}
}

// What comes of a sequence of news.
func TestDecide(t *testing.T) {
	type step struct {
		after time.Duration
		news  News // Nothing: what the end of a mute brings
		how   How
		as    News
	}
	open := parts("GET /a")
	for name, tt := range map[string]struct {
		muted time.Duration
		acked bool
		steps []step
	}{
		"nobody said anything":     {0, false, []step{{0, Opened, Report, Opened}, {1, Grew, Report, Grew}, {2, Closed, Report, Closed}}},
		"acked":                    {0, true, []step{{0, Grew, NotAtAll, Grew}, {0, Explained, NotAtAll, Explained}, {1, Closed, Report, Closed}, {2, Reopened, Report, Reopened}, {3, Grew, Report, Grew}}},
		"muted from start to end":  {time.Hour, false, []step{{0, Opened, Quietly, Opened}, {1, Grew, Quietly, Opened}, {2, Closed, Quietly, Closed}, {3, Nothing, NotAtAll, Nothing}}},
		"open when the mute ends":  {time.Minute, false, []step{{0, Opened, Quietly, Opened}, {1, Nothing, NotAtAll, Nothing}, {time.Minute, Nothing, Report, Opened}, {time.Hour, Closed, Report, Closed}}},
		"news when the mute ended": {time.Minute, false, []step{{0, Opened, Quietly, Opened}, {time.Minute, Explained, Report, Opened}, {time.Hour, Nothing, NotAtAll, Nothing}}},
		"goes on after a restart":  {time.Minute, false, []step{{0, Resumed, Quietly, Resumed}, {1, Closed, Report, Closed}}},
		"back while muted":         {time.Minute, false, []step{{0, Reopened, Quietly, Reopened}, {1, Closed, Quietly, Closed}}},
		"acked and muted":          {time.Minute, true, []step{{0, Grew, NotAtAll, Grew}, {time.Minute, Nothing, NotAtAll, Nothing}}},
		"acked, start unreported":  {time.Minute, true, []step{{0, Opened, Quietly, Opened}, {1, Grew, Quietly, Opened}, {time.Minute, Nothing, Report, Opened}}},
	} {
		var b Book
		if tt.muted > 0 {
			set(t, &b, Everything, tt.muted)
		}
		if tt.acked {
			b.Ack("x", Ack{By: "ben"})
		}
		for i, s := range tt.steps {
			now := noon.Add(s.after)
			if s.news == Nothing {
				if got := b.Release("x", open, now); got != s.as {
					t.Errorf("%s, step %d: the end of the mute brings %d, want %d", name, i, got, s.as)
				}
				continue
			}
			how, as := b.Decide("x", s.news, open, now)
			if how != s.how || how == Report && as != s.as {
				t.Errorf("%s, step %d: reported %d as %d, want %d as %d", name, i, how, as, s.how, s.as)
			}
		}
	}
}

// All is bounded: as many mutes as there may be, the latest acks, and what was held last.
func TestBounds(t *testing.T) {
	var b Book
	for i := range 2 * MaxAcks {
		b.Ack(fmt.Sprintf("x-%03d", i), Ack{By: "ana", At: noon.Add(time.Duration(i))})
	}
	if b.Acked("x-000") != nil || b.Acked(fmt.Sprintf("x-%03d", 2*MaxAcks-1)) == nil || len(b.acks) != MaxAcks {
		t.Errorf("%d acks, want the last %d", len(b.acks), MaxAcks)
	}
	first := set(t, &b, Everything, time.Minute)
	for i := range MaxMutes - 1 {
		set(t, &b, fmt.Sprintf("GET /%d", i), time.Hour)
	}
	if _, err := b.Set(Mute{Endpoint: "GET /more", At: noon, Until: noon.Add(time.Hour)}); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
	if again := set(t, &b, Everything, 2*time.Minute); again.ID != first.ID || len(b.Mutes(noon)) != MaxMutes {
		t.Errorf("the same again is %+v of %d, want %s", again, len(b.Mutes(noon)), first.ID)
	}
	if _, err := b.Set(Mute{Endpoint: "GET /more", At: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}); err != nil {
		t.Errorf("one more when others have ended: %v", err)
	}
	for i := range 2 * MaxAcks {
		b.Decide(fmt.Sprintf("y-%03d", i), Opened, parts("GET /more"), noon.Add(time.Hour))
	}
	if held := b.Held(); len(held) != MaxAcks || held[0] != fmt.Sprintf("y-%03d", MaxAcks) {
		t.Errorf("%d are held, from %s on", len(held), held[0])
	}
}

// What is saved comes back; what cannot be is left out.
func TestSaved(t *testing.T) {
	var b, next Book
	if b.Save(noon) != nil {
		t.Error("an empty book is saved")
	}
	set(t, &b, "GET /a", time.Hour)
	b.Decide("x", Opened, parts("GET /a"), noon)
	b.Ack("x", Ack{By: "ben", Why: "on it", At: noon})
	saved := b.Save(noon)
	saved.Mutes = append(saved.Mutes, Mute{ID: "1", Endpoint: "GET /late", Until: noon.Add(8 * 24 * time.Hour)}, Mute{ID: "2", Endpoint: "", Until: noon.Add(time.Hour)},
		Mute{ID: "3", Endpoint: "GET /past", Until: noon}, Mute{ID: "4", Endpoint: "*", Matter: "weather", Until: noon.Add(time.Hour)})
	saved.Held["y"] = 99
	text, err := json.Marshal(saved)
	var read Saved
	if err = errors.Join(err, json.Unmarshal(text, &read)); err != nil {
		t.Fatal(err)
	}
	next.Load(&read, noon)
	if got := next.Mutes(noon); len(got) != 1 || got[0] != saved.Mutes[0] {
		t.Errorf("mutes are %+v, want the first alone", got)
	}
	if a := next.Acked("x"); a == nil || *a != (Ack{"ben", "on it", noon}) {
		t.Errorf("the ack is %+v", a)
	}
	if held := next.Held(); len(held) != 1 || next.Release("x", parts("GET /a"), noon.Add(time.Hour)) != Opened {
		t.Errorf("held are %v, want x, which is reported as opened", held)
	}
}

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{"ana": "ana", "a\x1b[31m\nb\u202e": "a [31m b", "\xff\xfe": "", "<b>": "<b>"} {
		if got := Plain(text); got != want {
			t.Errorf("Plain(%q) is %q, want %q", text, got, want)
		}
	}
}

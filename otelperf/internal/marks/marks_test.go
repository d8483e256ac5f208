// SPDX-License-Identifier: Apache-2.0

package marks

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRequest(t *testing.T) {
	at := func(d time.Duration) *time.Time { return new(noon.Add(d)) }
	for name, tc := range map[string]struct {
		r           Request
		field, text string
	}{
		"plain":          {Request{Text: "build 77"}, "", "build 77"},
		"of a kind":      {Request{Text: "flag on", Kind: "config"}, "", "flag on"},
		"an hour ago":    {Request{Text: "x", Time: at(-time.Hour)}, "", "x"},
		"hostile":        {Request{Text: "a\x1b[31m\u202e\nb\x00\xffc"}, "", "a [31m b c"},
		"markup":         {Request{Text: "<script>alert(1)</script>"}, "", "<script>alert(1)</script>"}, // text is text: who shows it escapes it
		"longest":        {Request{Text: strings.Repeat("x", MaxText)}, "", strings.Repeat("x", MaxText)},
		"none":           {Request{}, "text", ""},
		"nothing to see": {Request{Text: "\x00\u200b\n"}, "text", ""},
		"too long":       {Request{Text: strings.Repeat("x", MaxText+1)}, "text", ""},
		"kind of ours":   {Request{Text: "x", Kind: "reset"}, "kind", ""},
		"too old":        {Request{Text: "x", Time: at(-time.Hour - time.Second)}, "time", ""},
		"in the future":  {Request{Text: "x", Time: at(time.Second)}, "time", ""},
	} {
		m, err := tc.r.Mark("127.0.0.1", noon)
		if tc.field == "" {
			if err != nil || m.Text != tc.text {
				t.Errorf("%s: %q, %v, want %q", name, m.Text, err, tc.text)
			}
			continue
		}
		if e, ok := errors.AsType[*FieldError](err); !ok || e.Field != tc.field || e.Accepted == "" {
			t.Errorf("%s: %v, want an error of %s", name, err, tc.field)
		}
	}
}

func TestListIsBoundedAndSorted(t *testing.T) {
	var l List
	for i := range Max + 50 {
		l.Add(Mark{Time: noon.Add(time.Duration(i*37%150) * time.Second), Kind: Deploy, Text: strings.Repeat("é", i+1), By: "x"})
	}
	all, ids := l.All(), map[string]bool{}
	for i, m := range all {
		if ids[m.ID] = true; len(m.Text) > MaxText || i > 0 && m.Time.After(all[i-1].Time) {
			t.Errorf("mark %d is %+v", i, m)
		}
	}
	if len(all) != Max || len(ids) != Max {
		t.Errorf("%d marks with %d ids, want %d", len(all), len(ids), Max)
	}
}

// The last one before a time is named, never one after it, none of long ago, no reset, and a start for less long.
func TestAfter(t *testing.T) {
	var l List
	for at, m := range map[time.Duration]Mark{
		0: {Kind: Deploy, Text: "a"}, time.Minute: {Kind: Reset, Text: "r"}, 10 * time.Minute: {Kind: Version, Text: "version 2"}, 12 * time.Minute: {Kind: Start, Text: "start"},
	} {
		m.Time = noon.Add(at)
		l.Add(m)
	}
	for after, want := range map[time.Duration]string{
		-3 * time.Second: "", -2 * time.Second: "began within seconds of the deployment “a”", 0: "began within seconds of the deployment “a”", 42 * time.Second: "began about 40 s after the deployment “a”",
		2 * time.Minute: "began about 2 min after the deployment “a”", 10 * time.Minute: "began within seconds of version 2",
		13 * time.Minute: "began about 60 s after the start", 17*time.Minute + time.Second: "began about 7 min after version 2",
		25 * time.Minute: "began about 15 min after version 2", 25*time.Minute + time.Second: "",
	} {
		a := l.After(noon.Add(after), time.Time{})
		if a == nil && want != "" || a != nil && a.Sentence != want {
			t.Errorf("after %v: %+v, want %q", after, a, want)
		}
	}
}

// What has come back soon after a mark is put beside that; what it first began after is said, too.
func TestAfterAReturn(t *testing.T) {
	var l List
	l.Add(Mark{Time: noon, Kind: Deploy, Text: "a"})
	second := l.Add(Mark{Time: noon.Add(20 * time.Minute), Kind: Deploy, Text: "b"})
	for name, tt := range map[string]struct {
		start, returned time.Duration
		want            string
	}{
		"after another":        {time.Second, 21 * time.Minute, "came back about 60 s after the deployment “b”; first began within seconds of the deployment “a”"},
		"after the same":       {time.Second, 5 * time.Minute, "began within seconds of the deployment “a”"},
		"after one alone":      {-time.Minute, 20*time.Minute + time.Second, "came back within seconds of the deployment “b”"},
		"long after the first": {time.Second, 18 * time.Minute, "began within seconds of the deployment “a”"},
		"long after both":      {16 * time.Minute, 40 * time.Minute, ""},
	} {
		a := l.After(noon.Add(tt.start), noon.Add(tt.returned))
		if a == nil && tt.want != "" || a != nil && (a.Sentence != tt.want || name == "after another" && (a.Mark != second.ID || a.Seconds != 60)) {
			t.Errorf("%s: %+v, want %q", name, a, tt.want)
		}
	}
}

// What a state file holds is taken in as it was kept, and what nobody has kept is not.
func TestRestore(t *testing.T) {
	var before, after List
	kept := before.Add(Mark{Time: noon.Add(-time.Hour), Kind: Deploy, Text: "build 77", By: "10.0.0.1"})
	raw, err := json.Marshal(before.All())
	if err != nil {
		t.Fatal(err)
	}
	var saved []Mark
	if err := json.Unmarshal(raw, &saved); err != nil {
		t.Fatal(err)
	}
	saved = append(saved, []Mark{
		{ID: "a", Time: noon, Kind: "x", Text: "x"}, {ID: "b", Time: noon.Add(time.Hour), Kind: Deploy, Text: "x"}, {ID: "c\n", Time: noon, Kind: Deploy, Text: "x"},
		{ID: "d", Time: noon, Kind: Deploy}, {Time: noon, Kind: Deploy, Text: "x"}, {ID: "e", Kind: Deploy, Text: "x"}, saved[0],
		{ID: "f", Time: noon, Kind: Deploy, Text: strings.Repeat("x", MaxText+1)},
	}...)
	after.Restore(saved, noon)
	if all := after.All(); len(all) != 1 || all[0] != kept {
		t.Errorf("restored %+v, want %+v", all, kept)
	}
	if m := after.Add(Mark{Time: kept.Time, Kind: Deploy, Text: "next"}); m.ID == kept.ID {
		t.Errorf("two marks have the id %s", m.ID)
	}
}

func TestListConcurrentSafe(t *testing.T) {
	var l List
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 50 {
				l.Add(Mark{Time: noon, Kind: Deploy, Text: fmt.Sprint(i, j)})
				l.After(noon, time.Time{})
				l.All()
			}
		})
	}
	all.Wait()
	if n := len(l.All()); n != Max {
		t.Errorf("%d marks, want %d", n, Max)
	}
}

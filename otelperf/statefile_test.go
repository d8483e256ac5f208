// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var someBaselines = []savedBaseline{
	{Method: "GET", Route: "/a", At: midnight, State: []byte{1, 2, 3}},
	{Kind: 4, Method: "job", Route: "nightly \"x\"\n", At: midnight.Add(time.Second), State: bytes.Repeat([]byte{7}, 2000)},
}

func TestStateFileRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for range 2 { // the second replaces the first
		if err := writeState(path, stateHeader{Service: "shop", ServiceVersion: "1.0", Writer: "w", Written: midnight}, someBaselines); err != nil {
			t.Fatal(err)
		}
	}
	h, saved, err := readState(path)
	if err != nil {
		t.Fatal(err)
	}
	if h.Service != "shop" || h.ServiceVersion != "1.0" || !h.Written.Equal(midnight) {
		t.Errorf("header %+v", h)
	}
	if len(saved) != 2 || saved[1].endpoint() != someBaselines[1].endpoint() || !bytes.Equal(saved[1].State, someBaselines[1].State) {
		t.Errorf("read %+v, want what was written", saved)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left in the folder, want one", len(files))
	}
}

func TestStateFileThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if _, saved, err := readState(path); err != nil || saved != nil {
		t.Errorf("missing file: %v, %v; want nothing and no error", saved, err)
	}
	if err := writeState(path, stateHeader{}, someBaselines); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-10] ^= 1
	for name, content := range map[string][]byte{
		"empty": nil, "foreign": []byte("hello\nworld\n"), "json of another sort": []byte(`{"format":"x"}` + "\n"),
		"cut": good[:len(good)-5], "flipped bit": flipped, "newer": bytes.Replace(good, []byte(`"version":1`), []byte(`"version":9`), 1),
	} {
		if _, saved, err := parseState(content); !errors.Is(err, ErrStateFile) || saved != nil {
			t.Errorf("%s: got %d baselines and %v, want ErrStateFile", name, len(saved), err)
		}
	}
}

// Baselines of an earlier process stay in the file for endpoints that may come yet, for a week.
func TestStateFileKeepsWhatWasNotNeededForAWeek(t *testing.T) {
	e := newEngine(t)
	e.offer([]savedBaseline{{Method: "GET", Route: "/a", At: midnight, State: []byte{1}}, {Method: "GET", Route: "/b", At: midnight.Add(time.Hour), State: []byte{2}}}, "1.0")
	for _, tt := range []struct {
		age  time.Duration
		want int
	}{{time.Minute, 2}, {7*24*time.Hour - 1, 2}, {7 * 24 * time.Hour, 1}, {7*24*time.Hour + time.Hour - 1, 1}, {7*24*time.Hour + time.Hour, 0}} {
		saved := e.baselines(midnight.Add(tt.age))
		if len(saved) != tt.want {
			t.Errorf("after %v %d baselines are saved, want %d", tt.age, len(saved), tt.want)
		}
		for _, s := range saved {
			if s.At.After(midnight.Add(time.Hour)) {
				t.Errorf("after %v that of %s is from %v: saving has made it younger", tt.age, s.Route, s.At)
			}
		}
	}
}

func FuzzParseState(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state")
	if err := writeState(path, stateHeader{Service: "shop"}, someBaselines); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := parseState(b); err != nil && !errors.Is(err, ErrStateFile) {
			t.Errorf("error %v does not wrap ErrStateFile", err)
		}
	})
}

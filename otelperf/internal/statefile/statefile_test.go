// SPDX-License-Identifier: Apache-2.0

package statefile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

var someBaselines = []engine.Baseline{
	{
		Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}, At: midnight, State: []byte{1, 2, 3}, SpikingSince: midnight.Add(-time.Hour),
		Open: &engine.OpenPart{
			Incident: "20260301T230000-7", State: engine.Open, Start: midnight.Add(-time.Hour), At: midnight.Add(-time.Minute),
			Evidence: baseline.Event{Kind: baseline.Started, Level: baseline.P90, Threshold: time.Second, Above: 5, N: 7, Ratio: 3}, Cost: engine.Cost{Slow: 9},
		},
	},
	{Endpoint: conventions.Endpoint{Kind: conventions.KindJob, Method: "job", Route: "nightly \"x\"\n"}, At: midnight.Add(time.Second), State: bytes.Repeat([]byte{7}, 2000)},
}

var someBook = &mutes.Saved{
	Mutes: []mutes.Mute{{ID: "a1", Endpoint: "* /pay", By: "ana", At: midnight, Until: midnight.Add(time.Hour)}},
	Acks:  map[string]mutes.Ack{"x-1": {By: "ben", Why: "on it", At: midnight}}, Held: map[string]mutes.News{"x-2": mutes.Opened},
}

var someObjective = engine.SavedObjective{
	Name: "checkout", Pattern: "* /pay", Latency: 300 * time.Millisecond, Target: 0.999, At: midnight, Since: [3]time.Time{1: midnight}, State: []byte{4, 5},
}

func TestStateFileRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for range 2 { // the second replaces the first
		if err := Write(path, Header{Service: "shop", ServiceVersion: "1.0", Writer: "w", Written: midnight}, Content{Baselines: someBaselines, Book: someBook, Objectives: []engine.SavedObjective{someObjective}}); err != nil {
			t.Fatal(err)
		}
	}
	h, c, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c.Book, someBook) {
		t.Errorf("read the book %+v", c.Book)
	}
	if h.Service != "shop" || h.ServiceVersion != "1.0" || !h.Written.Equal(midnight) {
		t.Errorf("header %+v", h)
	}
	if len(c.Baselines) != 2 || c.Baselines[1].Endpoint != someBaselines[1].Endpoint || !bytes.Equal(c.Baselines[1].State, someBaselines[1].State) ||
		!c.Baselines[0].SpikingSince.Equal(midnight.Add(-time.Hour)) || !c.Baselines[1].SpikingSince.IsZero() {
		t.Errorf("read %+v, want what was written", c.Baselines)
	}
	if o := c.Baselines[0].Open; o == nil || *o != *someBaselines[0].Open || c.Baselines[1].Open != nil {
		t.Errorf("read the parts %+v and %+v", o, c.Baselines[1].Open)
	}
	if len(c.Objectives) != 1 || !reflect.DeepEqual(c.Objectives[0], someObjective) {
		t.Errorf("read the objectives %+v", c.Objectives)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left in the folder, want one", len(files))
	}
}

// A part of an incident with a number that JSON does not have is left out, and the baseline is saved.
func TestNumberThatJSONDoesNotHave(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	b := someBaselines[0]
	b.Open = &engine.OpenPart{Incident: "x", Evidence: baseline.Event{Ratio: math.Inf(1)}}
	if err := Write(path, Header{Writer: "w"}, Content{Baselines: []engine.Baseline{b}}); err != nil {
		t.Fatal(err)
	}
	if _, c, err := Read(path); err != nil || len(c.Baselines) != 1 || c.Baselines[0].Open != nil || len(c.Baselines[0].State) != 3 {
		t.Errorf("read %+v, %v", c.Baselines, err)
	}
}

// A file of an earlier version has neither.
func TestFileWithoutOpenSpikes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	body := `{"kind":0,"method":"GET","route":"/a","at":"2026-03-02T00:00:00Z","state":"AQID"}` + "\n"
	head := fmt.Sprintf(`{"format":"otelperf-baselines","version":1,"writer":"w","bytes":%d,"crc32":%d}`+"\n", len(body), crc32.ChecksumIEEE([]byte(body)))
	if err := os.WriteFile(path, []byte(head+body), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, c, err := Read(path); err != nil || len(c.Baselines) != 1 || c.Baselines[0].Open != nil || !c.Baselines[0].SpikingSince.IsZero() || c.Book != nil || c.Baselines[0].Endpoint.Route != "/a" {
		t.Errorf("read %+v, %v", c.Baselines, err)
	}
}

func TestStateFileThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if _, c, err := Read(path); err != nil || c.Baselines != nil {
		t.Errorf("missing file: %v, %v; want nothing and no error", c.Baselines, err)
	}
	if err := Write(path, Header{}, Content{Baselines: someBaselines}); err != nil {
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
		if _, c, err := Decode(content); !errors.Is(err, Err) || c.Baselines != nil {
			t.Errorf("%s: got %d baselines and %v, want Err", name, len(c.Baselines), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state")
	if err := Write(path, Header{Service: "shop"}, Content{Baselines: someBaselines}); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := Decode(b); err != nil && !errors.Is(err, Err) {
			t.Errorf("error %v does not wrap Err", err)
		}
	})
}

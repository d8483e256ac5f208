// SPDX-License-Identifier: Apache-2.0

package statefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

var someBaselines = []engine.Baseline{
	{Endpoint: conventions.Endpoint{Method: "GET", Route: "/a"}, At: midnight, State: []byte{1, 2, 3}, SpikingSince: midnight.Add(-time.Hour)},
	{Endpoint: conventions.Endpoint{Kind: conventions.KindJob, Method: "job", Route: "nightly \"x\"\n"}, At: midnight.Add(time.Second), State: bytes.Repeat([]byte{7}, 2000)},
}

func TestStateFileRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for range 2 { // the second replaces the first
		if err := Write(path, Header{Service: "shop", ServiceVersion: "1.0", Writer: "w", Written: midnight}, someBaselines); err != nil {
			t.Fatal(err)
		}
	}
	h, saved, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if h.Service != "shop" || h.ServiceVersion != "1.0" || !h.Written.Equal(midnight) {
		t.Errorf("header %+v", h)
	}
	if len(saved) != 2 || saved[1].Endpoint != someBaselines[1].Endpoint || !bytes.Equal(saved[1].State, someBaselines[1].State) ||
		!saved[0].SpikingSince.Equal(midnight.Add(-time.Hour)) || !saved[1].SpikingSince.IsZero() {
		t.Errorf("read %+v, want what was written", saved)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("%d files are left in the folder, want one", len(files))
	}
}

func TestStateFileThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if _, saved, err := Read(path); err != nil || saved != nil {
		t.Errorf("missing file: %v, %v; want nothing and no error", saved, err)
	}
	if err := Write(path, Header{}, someBaselines); err != nil {
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
		if _, saved, err := parse(content); !errors.Is(err, Err) || saved != nil {
			t.Errorf("%s: got %d baselines and %v, want Err", name, len(saved), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	path := filepath.Join(f.TempDir(), "state")
	if err := Write(path, Header{Service: "shop"}, someBaselines); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := parse(b); err != nil && !errors.Is(err, Err) {
			t.Errorf("error %v does not wrap Err", err)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"strings"
	"testing"
	"time"
)

func TestDefaultsAreAccepted(t *testing.T) {
	got, err := DefaultFlags().Config()
	want := Config{Listen: "127.0.0.1:8080", For: 30 * time.Second, Rate: 100}
	if err != nil || got != want {
		t.Errorf("Config() is %+v, %v, want %+v", got, err, want)
	}
}

func TestConfigValues(t *testing.T) {
	tests := []struct {
		change func(*Flags)
		ok     bool
	}{
		{func(f *Flags) { f.For = "0" }, true},
		{func(f *Flags) { f.For = "0s" }, true},
		{func(f *Flags) { f.For = "1s" }, true},
		{func(f *Flags) { f.For = "24h" }, true},
		{func(f *Flags) { f.For = "999ms" }, false},
		{func(f *Flags) { f.For = "24h1ns" }, false},
		{func(f *Flags) { f.For = "-5s" }, false},
		{func(f *Flags) { f.For = "" }, false},
		{func(f *Flags) { f.Rate = "1" }, true},
		{func(f *Flags) { f.Rate = "2000" }, true},
		{func(f *Flags) { f.Rate = "2001" }, false},
		{func(f *Flags) { f.Rate = "-1" }, false},
		{func(f *Flags) { f.Rate = "1e3" }, false},
		{func(f *Flags) { f.Metrics = "stdout" }, true},
		{func(f *Flags) { f.Metrics = "" }, false},
		{func(f *Flags) { f.Listen = ":0" }, true},
		{func(f *Flags) { f.Listen = "[::1]:80" }, true},
		{func(f *Flags) { f.Listen = "localhost" }, false},
		{func(f *Flags) { f.Listen = "localhost:http" }, false},
		{func(f *Flags) { f.Listen = "localhost:-1" }, false},
	}
	for _, tt := range tests {
		f := DefaultFlags()
		tt.change(&f)
		if _, err := f.Config(); (err == nil) != tt.ok {
			t.Errorf("%+v: error is %v, want none: %t", f, err, tt.ok)
		}
	}
}

// A story of a spike has its own time, unless another one is given: also the one that holds without a story.
func TestTimeOfASpike(t *testing.T) {
	f := DefaultFlags()
	f.Spike = true
	if c, err := f.Config(); err != nil || c.For != storyLength || storyLength.String() != SpikeLength {
		t.Errorf("without --for it takes %v, %v, want %s", c.For, err, SpikeLength)
	}
	for given, ok := range map[string]bool{"30s": false, "1m49s": false, "1m50s": true, "3m": true, "0": true} {
		f.For, f.ForGiven = given, true
		if c, err := f.Config(); (err == nil) != ok || ok && c.For.String() != map[string]string{"0": "0s"}[given] && c.For.String() != given && c.For.String() != given+"0s" {
			t.Errorf("--for %s is %v, %v, accepted: %t", given, c.For, err, ok)
		}
	}
}

func TestConfigNamesAllThatIsWrong(t *testing.T) {
	_, err := Flags{}.Config()
	if err == nil {
		t.Fatal("empty flags are accepted")
	}
	for _, want := range []string{"--listen", "--for", AcceptedFor, "--metrics", AcceptedMetrics, "--rate", AcceptedRate} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not have %q", err, want)
		}
	}
}

func TestReadableRates(t *testing.T) {
	for rate, want := range map[int]float64{1: 1, 2: 1, 100: 0.02, 2000: 0.001} {
		if got := (Config{Rate: rate}).lineShare(); got != want {
			t.Errorf("at %d/s a share of %v has lines, want %v", rate, got, want)
		}
	}
	for run, want := range map[time.Duration]time.Duration{
		0: 10 * time.Second, time.Second: time.Second, 20 * time.Second: 5 * time.Second, time.Hour: 10 * time.Second,
	} {
		if got := (Config{For: run}).progressEvery(); got != want {
			t.Errorf("in a run of %v there is progress every %v, want %v", run, got, want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build unix

package otelperf_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// stateFileCheck is the check of health of that name.
func stateFileCheck(mon *otelperf.Monitor) otelperf.HealthCheck {
	checks := mon.Health().Checks
	return checks[slices.IndexFunc(checks, func(c otelperf.HealthCheck) bool { return c.Name == "state_file" })]
}

// A path that leads to something of somebody else is refused, and what is there stays as it is.
func TestStateFileOfSomebodyElse(t *testing.T) {
	dir := t.TempDir()
	config, fifo := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "fifo")
	if err := errors.Join(os.WriteFile(config, []byte("listen: :8080\n"), 0o600), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", config, fifo, dir, os.DevNull, filepath.Join(dir, "no", "state"), filepath.Join(config, "state")} {
		if _, err := otelperf.New(otelperf.WithStateFile(path)); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), fmt.Sprintf("%q", path)) {
			t.Errorf("%q: %v, want ErrConfig that names it", path, err)
		}
	}
	if content, err := os.ReadFile(config); err != nil || string(content) != "listen: :8080\n" {
		t.Errorf("the config file holds %q, %v", content, err)
	}
}

// A state that a newer version has written is left alone. The Monitor works without it, and says so.
func TestStateFileOfANewerVersion(t *testing.T) {
	quietErrors(t)
	path := filepath.Join(t.TempDir(), "state")
	const newer = `{"format":"otelperf-baselines","version":2,"writer":"w"}` + "\nsomething new\n"
	if err := os.WriteFile(path, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithStateFile(path))
		s.run(20*time.Minute, 10, 20*time.Millisecond, "/")
		if c := stateFileCheck(s.mon); c.Status != "warn" || !strings.Contains(c.Detail, "newer version") {
			t.Errorf("health says %+v of a newer state file", c)
		}
		d := s.mon.Diagnostics()
		if !slices.ContainsFunc(d.Hints, func(h string) bool { return strings.Contains(h, "newer version") }) {
			t.Errorf("no hint speaks of a newer state file: %q", d.Hints)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	if content, err := os.ReadFile(path); err != nil || string(content) != newer {
		t.Errorf("the newer file holds %q, %v", content, err)
	}
}

// A save that fails is a warning until one succeeds, and the last one's error is Shutdown's.
func TestStateFileThatCannotBeSaved(t *testing.T) {
	quietErrors(t)
	dir := filepath.Join(t.TempDir(), "dir")
	path := filepath.Join(dir, "state")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithStateFile(path))
		step := func(change error, want string) {
			t.Helper()
			if change != nil {
				t.Fatal(change)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if c := stateFileCheck(s.mon); c.Status != want {
				t.Errorf("health says %+v, want %s", c, want)
			}
		}
		step(nil, "pass")
		step(os.RemoveAll(dir), "warn")
		step(os.Mkdir(dir, 0o700), "pass")
		step(os.WriteFile(path, []byte("listen: :8080\n"), 0o600), "warn") // somebody has put something else there
		if err := s.mon.Shutdown(t.Context()); !errors.Is(err, otelperf.ErrShutdown) || !strings.Contains(err.Error(), "something else") {
			t.Errorf("Shutdown: %v, want the error of the last save", err)
		}
	})
	if content, err := os.ReadFile(path); err != nil || string(content) != "listen: :8080\n" {
		t.Errorf("the file of somebody else holds %q, %v", content, err)
	}
}

// A state whose end was lost is reported, and replaced with the next save.
func TestStateFileThatIsDamaged(t *testing.T) {
	quietErrors(t)
	path := filepath.Join(t.TempDir(), "state")
	const damaged = `{"format":"otelperf-baselines","version":1,"writer":"w","bytes":100,"crc32":1}` + "\n"
	if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithStateFile(path))
		if c := stateFileCheck(s.mon); c.Status != "warn" || !strings.Contains(c.Detail, "damaged") {
			t.Errorf("health says %+v of a damaged state file", c)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if d := s.mon.Diagnostics(); d.StateFileConflict || d.StateFileError != "" {
			t.Errorf("after a save the diagnostics say %q, conflict %v", d.StateFileError, d.StateFileConflict)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The file has a bound, whatever routes each of many processes had: the most recent baselines are in it.
func TestStateFileIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	synctest.Test(t, func(t *testing.T) {
		for process := range 4 {
			s := newBubble(t, "1.0", otelperf.WithStateFile(path), otelperf.WithMaxEndpoints(2))
			s.run(15*time.Minute, 2, 20*time.Millisecond, fmt.Sprintf("/%d/a", process), fmt.Sprintf("/%d/b", process))
			if err := s.mon.Shutdown(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for process := range 4 {
		for _, route := range []string{"a", "b"} {
			if name := fmt.Sprintf("/%d/%s", process, route); strings.Contains(string(content), `"`+name+`"`) {
				in = append(in, name)
			}
		}
	}
	if got, want := strings.Join(in, " "), "/2/a /2/b /3/a /3/b"; got != want {
		t.Errorf("in the file are %s, want %s", got, want)
	}
}

// Shutdown names the state file once in the error of the last save.
func TestShutdownNamesTheStateFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	mon := newMonitor(t, otelperf.WithStateFile(path))
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mon.Shutdown(t.Context()); err == nil || strings.Count(err.Error(), "state file") != 1 || !strings.Contains(err.Error(), "\notelperf: state file: "+path) {
		t.Errorf("Shutdown: %v", err)
	}
}

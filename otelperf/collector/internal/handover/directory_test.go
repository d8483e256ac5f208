// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	d, err := OpenDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := d.Get(t.Context(), "none"); v != nil || err != nil {
		t.Errorf("what is not there is %q, %v", v, err)
	}
	var all sync.WaitGroup
	for i := range 8 { // several collectors write one value, and what is read is whole
		all.Go(func() {
			text := strings.Repeat(string(rune('a'+i)), 100_000)
			for range 20 {
				if err := d.Set(t.Context(), "key", []byte(text)); err != nil {
					t.Error(err)
				}
				v, err := d.Get(t.Context(), "key")
				if err != nil || len(v) != 100_000 || strings.Trim(string(v), string(v[0])) != "" {
					t.Errorf("read are %d bytes, %v", len(v), err)
				}
			}
		})
	}
	all.Wait()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left are %v, %v", entries, err)
	}
}

// TestDirectoryIsSwept: what nobody writes any more is removed, and nothing of others.
func TestDirectoryIsSwept(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{
		"old.otelperf": 9 * 24 * time.Hour, "new.otelperf": time.Hour, "other": 90 * 24 * time.Hour, "1.otelperf.tmp": 2 * time.Hour, "2.otelperf.tmp": time.Minute,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenDirectory(dir); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 3 {
		t.Errorf("left are %q", left)
	}
}

func TestOpenDirectoryReports(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "x"), filepath.Join(t.TempDir(), "none")} {
		if _, err := OpenDirectory(path); err == nil {
			t.Errorf("%s is taken for a directory", path)
		}
	}
}

// TestADirectoryThatCannotBeWrittenTo: is named, and not the file that was to be made in it.
func TestADirectoryThatCannotBeWrittenTo(t *testing.T) {
	const path = "/proc" // in which not even root makes files
	if runtime.GOOS != "linux" {
		t.Skip("there is none that root cannot write to")
	}
	if _, err := OpenDirectory(path); err == nil || !strings.HasPrefix(err.Error(), path+" cannot be written to: ") || strings.Contains(err.Error(), temporary) {
		t.Error(err)
	}
}

// TestKeys: each service has a name of its own, that a file may have.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range []fleet.Name{{}, {Name: "a/b"}, {Namespace: "a", Name: "b"}, {Name: "../x"}, {Name: "..\\x"}, {Name: "日本"}, {Name: "日木"}, {Name: strings.Repeat("x", 300)}, {Name: "A"}, {Name: "a"}} {
		key := Key("otelperf/b", n)
		if seen[key] || len(key) > 200 || key != filepath.Base(key) || strings.HasPrefix(key, ".") || strings.ContainsAny(key, `\:*?"<>|`) {
			t.Errorf("the key of %v is %q", n, key)
		}
		seen[key] = true
	}
}

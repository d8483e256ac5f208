// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// unzip returns the files of an archive.
func unzip(t *testing.T, content []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestBundleOfASpike(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBundleDir(dir), otelperf.WithAuthorizer(func(*http.Request) bool { return true }))
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout", "/items")
		s.run(20*time.Second, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		sp := s.spikes()[0]

		w := testrig.Call(s.mon.Handler(), http.MethodGet, "/spikes/"+sp.ID+"/bundle")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/zip" ||
			!strings.Contains(w.Header().Get("Content-Disposition"), "spike-"+sp.ID+".zip") {
			t.Fatalf("answer %d %v", w.Code, w.Header())
		}
		files := unzip(t, w.Body.Bytes())
		var spike otelperf.Spike
		var requests []map[string]any
		if err := errors.Join(json.Unmarshal(files["spike.json"], &spike), json.Unmarshal(files["requests.json"], &requests)); err != nil {
			t.Fatal(err)
		}
		if spike.ID != sp.ID || len(requests) == 0 || len(requests) > 50 {
			t.Errorf("spike %s with %d requests, want %s with 1 to 50", spike.ID, len(requests), sp.ID)
		}
		for _, name := range []string{"series.json", "runtime.json", "active.json", "errors.json", "diagnostics.json"} {
			if !json.Valid(files[name]) || !strings.Contains(string(files["README.txt"]), name) {
				t.Errorf("%s is no JSON, or README.txt lacks it: %s", name, files[name])
			}
		}
		if readme := string(files["README.txt"]); !strings.Contains(readme, spike.Reason) || !strings.Contains(readme, sp.ID+" of shop") {
			t.Errorf("README.txt: %s", readme)
		}
		if w := testrig.Call(s.mon.Handler(), http.MethodGet, "/spikes/none/bundle"); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"id"`) {
			t.Errorf("of no spike: %d %s", w.Code, w.Body)
		}

		path := filepath.Join(dir, "otelperf-shop-spike-"+sp.ID+".zip")
		early, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(unzip(t, early)["spike.json"], []byte(`"state": "ended"`)) {
			t.Error("the file says that the spike has ended")
		}
		s.run(3*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		late, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(unzip(t, late)["spike.json"], []byte(`"state": "ended"`)) {
			t.Errorf("after the end, the file does not say so: %v", err)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Of many bundles the latest stay; files that are not bundles of the service do, too.
func TestBundleDirIsBounded(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-24 * 365 * time.Hour)
	write := func(name string) {
		if err := errors.Join(os.WriteFile(filepath.Join(dir, name), nil, 0o600), os.Chtimes(filepath.Join(dir, name), old, old)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		write("otelperf-shop-spike-" + string(rune('a'+i%26)) + strings.Repeat("x", i/26) + ".zip")
	}
	write("otelperf-cart-spike-a.zip")
	write("notes.txt")
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBundleDir(dir))
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(20*time.Second, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	shops, err := filepath.Glob(filepath.Join(dir, "otelperf-shop-spike-*.zip"))
	others, err2 := filepath.Glob(filepath.Join(dir, "*"))
	if errors.Join(err, err2) != nil || len(shops) != 20 || len(others) != 22 {
		t.Errorf("%d bundles of %d files, want 20 of 22: %v", len(shops), len(others), others)
	}
	fresh := 0
	for _, path := range shops {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("%d bundles were written, want 1", fresh)
	}
}

func TestBundleDirThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundles")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", otelperf.WithBundleDir(dir))
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		s.run(15*time.Minute, 10, 20*time.Millisecond, "/checkout")
		s.run(20*time.Second, 10, 75*time.Millisecond, "/checkout")
		synctest.Wait()
		if !strings.Contains(checkOf(s.mon, "bundles").Detail, dir) {
			t.Errorf("health says %+v", s.mon.Health())
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		s.run(3*time.Minute, 10, 20*time.Millisecond, "/checkout")
		synctest.Wait()
		if c := checkOf(s.mon, "bundles"); c.Status != "pass" {
			t.Errorf("once it can be written to, health says %+v", c)
		}
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBundleDirIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "none")} {
		if _, err := otelperf.New(otelperf.WithBundleDir(dir)); !errors.Is(err, otelperf.ErrConfig) || !strings.Contains(err.Error(), "bundle directory") {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func checkOf(m *otelperf.Monitor, name string) otelperf.HealthCheck {
	for _, c := range m.Health().Checks {
		if c.Name == name {
			return c
		}
	}
	return otelperf.HealthCheck{}
}

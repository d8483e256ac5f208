// SPDX-License-Identifier: Apache-2.0

//go:build unix

package statefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

// stateAt writes a state file and returns its path.
func stateAt(t *testing.T, path string) string {
	t.Helper()
	if err := Write(path, Header{Writer: "w"}, Content{Baselines: someBaselines}); err != nil {
		t.Fatal(err)
	}
	return path
}

// What is neither absent, empty nor a state is not to be replaced, and nothing but a regular file is opened.
func TestLookAtWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	ours := stateAt(t, in("ours"))
	content, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mkfifo(in("fifo"), 0o600), os.Mkdir(in("folder"), 0o700), os.Symlink("ours", in("link")), os.Symlink("link", in("link to link")),
		os.Symlink("absent", in("dangling")), os.Symlink("nowhere/absent", in("dangling far")), os.Symlink("round", in("round")), os.Symlink("fifo", in("link to fifo"))); err != nil {
		t.Fatal(err)
	}
	looks := map[string]string{
		in("absent"): "", write(t, in("empty"), ""): "", ours: "w", in("link"): "w", in("link to link"): "w", in("dangling"): "",
		write(t, in("config"), "listen: :8080\n"):                                  "something else",
		write(t, in("one line"), "no line at all"):                                 "something else",
		write(t, in("json"), "{\"format\":\"x\"}\n"):                               "something else",
		write(t, in("long"), strings.Repeat("x", 1<<20)):                           "something else",
		write(t, in("zero"), strings.Replace(string(content), `n":1`, `n":0`, 1)):  "something else",
		write(t, in("newer"), strings.Replace(string(content), `n":1`, `n":2`, 1)): "newer version",
		in("folder"): "no regular file", in("fifo"): "no regular file", in("link to fifo"): "no regular file", os.DevNull: "no regular file",
		in("dangling far"): "no such file", in("nowhere/state"): "no such file", in("round"): "symbolic links",
	}
	if status := "/proc/self/status"; runtime.GOOS == "linux" {
		looks[status] = "something else" // its size is 0
	}
	for path, want := range looks {
		h, err := Look(path)
		if err == nil && h.Writer != want || err != nil && (!strings.Contains(err.Error(), want) || want == "" || !errors.Is(err, Err)) {
			t.Errorf("%s: written by %q, error %v; want %q", path, h.Writer, err, want)
		}
		if errors.Is(err, ErrNewer) != (path == in("newer")) {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

// A link stays a link, with the file it leads to replaced, and permissions stay what they were.
func TestWriteFollowsLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	link, file := filepath.Join(dir, "link"), write(t, filepath.Join(other, "state"), "")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	stateAt(t, link)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	info, err := os.Lstat(file)
	if err != nil || info.Size() == 0 || info.Mode() != 0o640 {
		t.Errorf("the file is %v, %v; want it written, with its permissions", info, err)
	}
	if _, c, err := Read(link); err != nil || len(c.Baselines) != len(someBaselines) {
		t.Errorf("read %d baselines, %v", len(c.Baselines), err)
	}
}

// The header is readable whatever a resource holds.
func TestLongNamesLeaveTheHeaderReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	long := strings.Repeat("x", 1<<20)
	if err := Write(path, Header{Service: long, ServiceVersion: long, Instance: long, Writer: "w"}, Content{}); err != nil {
		t.Fatal(err)
	}
	if h, err := Look(path); err != nil || h.Writer != "w" {
		t.Errorf("header %+v, error %v", h, err)
	}
}

// Of a damaged file the header is still known, so that its writer may replace it.
func TestHeaderOfADamagedFile(t *testing.T) {
	path := stateAt(t, filepath.Join(t.TempDir(), "state"))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(bytes.TrimSpace(content)))
	if h, c, err := Read(path); !errors.Is(err, Err) || h.Writer != "w" || c.Baselines != nil {
		t.Errorf("header %+v, %d baselines, error %v", h, len(c.Baselines), err)
	}
}

// What a killed process was writing goes away in time; what has another name, or is young, or is no file, stays.
func TestSweepTakesOurLeftoversAlone(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		".otelperf-state-1.tmp": time.Hour, ".otelperf-state-2.tmp": 59 * time.Minute, "state.123.tmp": 48 * time.Hour, ".otelperf-state-3": 48 * time.Hour, "state": 48 * time.Hour,
	} {
		path := write(t, filepath.Join(dir, name), "")
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".otelperf-state-4.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Sweep(filepath.Join(dir, "state"), now); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got, want := strings.Join(left, " "), ".otelperf-state-2.tmp .otelperf-state-3 .otelperf-state-4.tmp state state.123.tmp"; got != want {
		t.Errorf("left are %s, want %s", got, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build unix

package top

import (
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The same on a terminal of tmux: what Bubble Tea writes leads to what the model draws.
func TestCapturesOfTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		if slices.Contains(strings.FieldsFunc(os.Getenv("OTELPERF_REQUIRE"), func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }), "tmux") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	for fd := range openFiles(t) {
		syscall.CloseOnExec(fd) // a server of tmux stays as long as its program, and would keep what this process was given, such as a lock
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "tmux.conf")
	if err := os.WriteFile(config, []byte("set -g status off\nset -g default-terminal screen-256color\nset -s escape-time 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := ""
	run := func(args ...string) ([]byte, error) {
		return exec.Command(tmux, append([]string{"-S", socket, "-f", config}, args...)...).CombinedOutput()
	}
	in := func(args ...string) string {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("tmux %q: %v: %s", args, err, out)
		}
		return string(out)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// waitFor has the terminal show a capture.
	waitFor := func(name string) {
		t.Helper()
		want, err := os.ReadFile(filepath.Join("testdata", "tmux", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for deadline := time.Now().Add(2 * time.Minute); got != string(want) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			got = trimmed(in("capture-pane", "-p"))
		}
		if got != string(want) {
			t.Fatalf("%s: tmux shows\n%s\nwant\n%s", name, got, want)
		}
	}
	t.Cleanup(func() { _, _ = run("kill-server") }) // of a test that has failed
	s := largeService(t)
	for i, size := range captures {
		socket = filepath.Join(dir, fmt.Sprint(i)) // a server of its own
		name := fmt.Sprintf("%dx%d-", size.width, size.height)
		in("new-session", "-d", "-x", fmt.Sprint(size.width), "-y", fmt.Sprint(size.height), "-e", "LC_ALL=C.UTF-8", "-e", topURL+"="+s.URL, self)
		for _, screen := range shown {
			waitFor(name + "list") // Escape and a key that follow each other at once are another key
			for _, key := range screen.keys {
				in("send-keys", key)
			}
			waitFor(name + screen.name)
			if screen.keys != nil {
				in("send-keys", "Escape")
			}
		}
		in("kill-server")
	}
}

// trimmed is text without spaces at the ends of its lines.
func trimmed(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// openFiles are the descriptors of this process but for the first three.
func openFiles(t *testing.T) iter.Seq[int] {
	t.Helper()
	return func(yield func(int) bool) {
		entries, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Log(err)
		}
		for _, e := range entries {
			if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 && !yield(fd) {
				return
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bolt

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hinderedProcess names what is in the way of a process of TestProcessInTheWay.
const hinderedProcess = "OTELPERF_TEST_HISTORY_HINDERED"

// fullFrom is where the files of a process whose disk is full end: a new history fits, and little more.
const fullFrom = 40 << 10

// A disk that is full and a file that may not be written are said, and what is in memory waits until they are better. Both are made in a
// process of their own.
func TestProcessInTheWay(t *testing.T) {
	for _, way := range []string{"full", "read-only"} {
		t.Run(way, func(t *testing.T) {
			if way == "read-only" && os.Getuid() != 0 {
				t.Skip("only root can become another user, who may not write")
			}
			dir, err := os.MkdirTemp("", "otelperf") // others may enter it
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			file := filepath.Join(dir, "shop.db")
			if way == "read-only" {
				if err := open(t, file).Close(); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(file, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			child := exec.Command(os.Args[0], "-test.run=^TestHinderedProcess$", "-test.v")
			child.Env = append(os.Environ(), hinderedProcess+"="+way+"="+file)
			out, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestHinderedProcess") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestHinderedProcess is the process of TestProcessInTheWay.
func TestHinderedProcess(t *testing.T) {
	way, file, ok := strings.Cut(os.Getenv(hinderedProcess), "=")
	if !ok {
		t.Skip("is started by TestProcessInTheWay")
	}
	var want string
	var free func() error
	limit := func(n uint64) error {
		var l syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			return err
		}
		l.Cur = min(n, l.Max)
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
	}
	switch way {
	case "full":
		signal.Ignore(syscall.SIGXFSZ) // else it ends the process
		want, free = "file too large", func() error { return limit(1 << 40) }
		if err := limit(fullFrom); err != nil {
			t.Fatal(err)
		}
	case "read-only":
		want = "permission denied"
		if err := syscall.Setuid(65534); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		store := open(t, file)
		s := begin(t, store)
		if free == nil {
			s.run(10*time.Minute, 10, usual, "/checkout")
			s.live(t, "meanwhile")
			if got := s.check("history"); !strings.HasPrefix(got, "warn") || !strings.Contains(got, want) {
				t.Errorf("health says %q", got)
			}
			_ = s.mon.Shutdown(t.Context()) // says so, too
			return
		}
		s.run(10*time.Minute, 10, usual, "/checkout")
		during, after := inTheWay(t, s, func() {
			if err := free(); err != nil {
				t.Fatal(err)
			}
		}, 13*time.Minute)
		if !strings.HasPrefix(during, "warn") || !strings.Contains(during, want) {
			t.Errorf("meanwhile: %s", during)
		}
		if !strings.HasPrefix(after, "pass") || !strings.Contains(after, "Lost:0") {
			t.Errorf("afterwards: %s", after)
		}
		s.stop(t)
		s.checkRows(t, store, time.Now().Add(time.Hour))
		if st, err := store.Stats(t.Context()); err != nil || st.SetAside != "" || st.Skipped > 0 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

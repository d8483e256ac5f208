// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// server is a real redis-server, which a test starts and ends. It listens on a socket in a folder of its own, which no other program can
// take, however often it is started again.
type server struct {
	t       *testing.T
	dir     string
	args    []string
	running *exec.Cmd
}

// start starts a redis-server. Where there is none the test is skipped, or fails if OTELPERF_REQUIRE has redis.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if strings.Contains(os.Getenv("OTELPERF_REQUIRE"), "redis") {
			t.Fatalf("OTELPERF_REQUIRE has redis, which cannot be used: %v", err)
		}
		t.Skip("redis-server is not installed")
	}
	dir, err := os.MkdirTemp("", "redis-") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &server{t: t, dir: dir, args: args}
	s.begin()
	t.Cleanup(s.kill)
	return s
}

func (s *server) begin() {
	s.t.Helper()
	s.running = exec.Command("redis-server", append([]string{"--port", "0", "--unixsocket", s.socket(), "--save", "", "--appendonly", "no", "--dir", s.dir}, s.args...)...)
	s.running.Stdout, s.running.Stderr = io.Discard, io.Discard
	if err := s.running.Start(); err != nil {
		s.t.Fatal(err)
	}
	testrig.Eventually(s.t, "redis answers", func() bool {
		c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket(), MaxRetries: -1})
		defer func() { _ = c.Close() }()
		return c.Ping(s.t.Context()).Err() == nil
	})
}

func (s *server) socket() string { return filepath.Join(s.dir, "redis.sock") }

func (s *server) kill() {
	if s.running != nil {
		_ = s.running.Process.Kill()
		_ = s.running.Wait()
		s.running = nil
	}
}

// client is one of the server, which ends with the test.
func (s *server) client() *redis.Client {
	c := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket(), ContextTimeoutEnabled: true})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

func (s *server) store() *Store {
	s.t.Helper()
	store, err := New(s.client())
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// long is for how long is stored what is to stay for the test, however slow the machine is.
const long = 20 * time.Minute

func put(t *testing.T, s *Store, service, instance, blob string, ttl time.Duration) {
	t.Helper()
	if err := s.Put(t.Context(), fleet.Key{Service: service, Instance: instance}, []byte(blob), ttl); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, s *Store, service string) (blobs []string, more int) {
	t.Helper()
	entries, more, err := s.All(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		blobs = append(blobs, string(e.Blob))
	}
	return blobs, more
}

// wait lets a millisecond pass, by which what is put later is told from what was put before.
func wait() { time.Sleep(2 * time.Millisecond) }

func TestStore(t *testing.T) {
	server := start(t)
	s, other := server.store(), server.store()
	put(t, s, "shop", "a", "1", long)
	wait()
	put(t, other, "shop", "b", "2", long)
	wait()
	put(t, other, "admin", "a", "3", long)
	put(t, s, "shop", "a", "4", long/2)
	if got, more := all(t, other, "shop"); fmt.Sprint(got) != "[4 2]" || more != 0 {
		t.Errorf("there is %v, and %d more", got, more)
	}
	entries, _, err := s.All(t.Context(), "shop")
	if err != nil || entries[0].Left > long/2 || entries[0].Left < long/4 {
		t.Errorf("%v left, %v", entries[0].Left, err)
	}
	if err := other.Remove(t.Context(), fleet.Key{Service: "shop", Instance: "a"}); err != nil {
		t.Fatal(err)
	}
	put(t, s, "shop", "c", "5", 10*time.Millisecond)
	testrig.Eventually(t, "c is gone", func() bool { got, _ := all(t, s, "shop"); return fmt.Sprint(got) == "[2]" })
	if got, _ := all(t, s, "nobody"); len(got) != 0 {
		t.Errorf("of no service there is %v", got)
	}
	for _, k := range []fleet.Key{{}, {Service: "shop"}, {Service: strings.Repeat("x", 256), Instance: "a"}} {
		if err := s.Put(t.Context(), k, nil, long); !errors.Is(err, fleet.ErrName) {
			t.Errorf("%v is put: %v", k, err)
		}
	}
	if _, err := New(nil); !errors.Is(err, ErrClient) {
		t.Error(err)
	}
}

// Everything has a time to live, and there is no more of it than is said.
func TestBounds(t *testing.T) {
	server := start(t)
	s, c := server.store(), server.client()
	for i := range maxNames + 20 {
		put(t, s, "shop", fmt.Sprintf("i%04d", i), "x", long)
	}
	got, more := all(t, s, "shop")
	if len(got) != fleet.MaxInstances || more != maxNames-fleet.MaxInstances {
		t.Errorf("%d are read, and there are %d more", len(got), more)
	}
	for _, key := range c.Keys(t.Context(), "*").Val() {
		if ttl := c.PTTL(t.Context(), key).Val(); ttl <= 0 || ttl > 2*long {
			t.Fatalf("%s lives for %v", key, ttl)
		}
	}
	large := strings.Repeat("x", fleet.MaxBlob+100)
	for i := range 40 {
		put(t, s, "large", fmt.Sprint(i), large, long)
	}
	got, more = all(t, s, "large")
	if len(got) != 31 || len(got[0]) != fleet.MaxBlob+1 || more != 9 {
		t.Errorf("%d of %d bytes are read, and there are %d more", len(got), len(got[0]), more)
	}
}

// A key that somebody else has is said, and read as nothing of ours.
func TestWrongType(t *testing.T) {
	server := start(t)
	s, c := server.store(), server.client()
	put(t, s, "shop", "a", "1", long)
	wait()
	put(t, s, "shop", "b", "2", long)
	c.Del(t.Context(), value("shop", "b"))
	c.LPush(t.Context(), value("shop", "b"), "not ours")
	if got, _ := all(t, s, "shop"); fmt.Sprintf("%q", got) != `["\x00" "1"]` {
		t.Errorf("there is %q", got)
	}
	put(t, s, "shop", "b", "3", long)
	if got, _ := all(t, s, "shop"); fmt.Sprint(got) != "[3 1]" {
		t.Errorf("there is %v", got)
	}
	c.Set(t.Context(), set("shop"), "not ours", 0)
	_, _, err := s.All(t.Context(), "shop")
	if err == nil || !strings.Contains(err.Error(), `"otelperf:fleet:{shop}"`) || !redis.HasErrorPrefix(err, "WRONGTYPE") {
		t.Errorf("read: %v", err)
	}
	err = s.Put(t.Context(), fleet.Key{Service: "shop", Instance: "a"}, []byte("1"), long)
	if err == nil || !strings.Contains(err.Error(), `"otelperf:fleet:{shop}"`) {
		t.Errorf("put: %v", err)
	}
}

func TestFull(t *testing.T) {
	s := start(t, "--maxmemory", "2mb", "--maxmemory-policy", "noeviction").store()
	var err error
	for i := 0; err == nil && i < 50; i++ {
		err = s.Put(t.Context(), fleet.Key{Service: "shop", Instance: fmt.Sprint(i)}, make([]byte, 500_000), long)
	}
	if !redis.HasErrorPrefix(err, "OOM") {
		t.Errorf("a full store says %v", err)
	}
}

// A server that is gone, paused or back: each call ends with its context, and what comes later works.
func TestGoneSlowAndBack(t *testing.T) {
	server := start(t)
	s := server.store()
	put(t, s, "shop", "a", "1", long)
	within := func(d time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		_, _, err := s.All(ctx, "shop")
		return err
	}
	server.client().Do(t.Context(), "CLIENT", "PAUSE", "600000", "ALL")
	if err := within(100 * time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a server that does not answer: %v", err)
	}
	server.kill()
	if err := within(time.Second); err == nil {
		t.Error("a server that is gone answers")
	}
	server.begin()
	testrig.Eventually(t, "it is back", func() bool { return within(time.Second) == nil })
	put(t, s, "shop", "a", "2", long)
	if got, _ := all(t, s, "shop"); fmt.Sprint(got) != "[2]" {
		t.Errorf("there is %v", got)
	}
}

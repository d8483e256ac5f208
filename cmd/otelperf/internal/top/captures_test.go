// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Captures are what a terminal shows: testdata/tmux has them, and
//
//	go test ./internal/top -run Captures -update
//
// makes them anew, with tmux where there is one. OTELPERF_REQUIRE=tmux fails where there is none.
var captures = []struct{ width, height int }{{80, 24}, {120, 40}, {200, 60}}

// shown are the screens of each size, by the keys that lead there from the list.
var shown = []struct {
	name string
	keys []string
}{{"list", nil}, {"why", []string{"Enter"}}, {"help", []string{"?"}}}

// largeService has routes that differ at their ends alone, and minutes of all.
func largeService(t *testing.T) *service {
	s := newService(t, "a")
	s.mu.Lock() // who asks may be another process
	defer s.mu.Unlock()
	for i, end := range []string{"comments", "labels", "assignees", "timeline", "attachments", "reactions", "milestone", "subscribers", "links", "history", "events", "locks"} {
		r := s.summary.Endpoints[2]
		r.Route = "/api/v2/organizations/{organization}/projects/{project}/issues/{issue}/" + end
		r.Rate, r.Count, r.Impact = new(6-float64(i)/2), uint64(60-4*i), 20-float64(i)
		s.summary.Endpoints = append(s.summary.Endpoints, r)
	}
	s.trends = map[string][]*float64{}
	for _, rows := range [][]otelperf.EndpointRow{s.summary.Endpoints, s.summary.Dependencies} {
		for i := range rows {
			if r := &rows[i]; r.P99Ms != nil {
				usual := *r.BaselineP99Ms
				s.trends[r.Name()] = append(slices.Repeat([]*float64{&usual, new(usual * 0.8)}, 13), r.P99Ms, r.P99Ms)
			}
		}
	}
	return s
}

func TestCaptures(t *testing.T) {
	for _, size := range captures {
		s := newScreen(t, size.width, size.height, largeService(t))
		for _, screen := range shown {
			t.Run(fmt.Sprintf("%dx%d-%s", size.width, size.height, screen.name), func(t *testing.T) {
				for _, key := range screen.keys {
					if cmd := s.press(strings.ToLower(key)); cmd != nil {
						s.run(cmd)
					}
				}
				s.golden(strings.ReplaceAll(t.Name(), "TestCaptures", "tmux"))
				s.press("esc")
			})
		}
	}
}

// topURL is the variable by which this test binary becomes the program that tmux runs.
const topURL = "OTELPERF_TEST_TOP_URL"

// runTop shows the service at a URL until it is ended, or the test is, however that ends: by a connection to the test it knows.
func runTop(url string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return 1
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	go func() {
		_, _ = io.Copy(io.Discard, conn) // until it ends, by an error or without one
		cancel()
	}()
	c, err := client.New(url, client.Options{Timeout: time.Minute})
	if err != nil {
		return 1
	}
	defer c.Close()
	config := Config{Clients: []*client.Client{c}, Window: otelperf.Window5m, Every: 500 * time.Millisecond, By: "ben"}
	if err := Run(ctx, config, os.Stdin, os.Stdout); err != nil {
		return 1
	}
	return 0
}

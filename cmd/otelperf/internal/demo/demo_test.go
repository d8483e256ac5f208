// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// What the client counted is what the summary says, endpoint by endpoint, although nine in ten traces are not sampled.
func TestSummaryAgreesWithTheClient(t *testing.T) {
	t.Parallel()
	d, err := start(Config{Listen: "127.0.0.1:0", Rate: 300, Slack: 10 * time.Minute}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for d.load.sent.snapshot().total() < 600 && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		interrupt()
	}()
	d.run(ctx)
	res, err := d.end(ctx)
	if err != nil {
		t.Fatal(err)
	}
	checkAgreement(t, res)
	sampled := res.exported.traces
	for _, n := range res.summary.Diagnostics.Processor.Rescued {
		sampled -= int(n)
	}
	if sampled <= 0 || sampled > int(res.summary.TotalRequests)/4 {
		t.Errorf("%d of %d traces were sampled, want about a tenth", sampled, res.summary.TotalRequests)
	}
}

func checkAgreement(t *testing.T, res result) {
	t.Helper()
	s := res.summary
	if s.TotalRequests != res.sent.total() || s.TotalRequests < 600 {
		t.Errorf("%d requests were counted, %d sent", s.TotalRequests, res.sent.total())
	}
	if len(s.Endpoints) != len(res.sent.by) {
		t.Errorf("%d endpoints were seen, %d asked", len(s.Endpoints), len(res.sent.by))
	}
	for i := range s.Endpoints {
		row := &s.Endpoints[i]
		want := res.sent.by[row.Name()]
		// A panic breaks the connection: the client has no reply.
		if failed := want.failed + want.noReply; row.Count != want.count || row.ErrorCount != failed {
			t.Errorf("%s: %d counted and %d failed, the client has %d and %d", row.Name(), row.Count, row.ErrorCount, want.count, failed)
		}
		if stream := row.Name() == "GET /events"; stream != (row.StreamCount == row.Count) || stream != (row.P99Ms == nil) {
			t.Errorf("%s: %d of %d are streams, p99 is %s ms", row.Name(), row.StreamCount, row.Count, number(row.P99Ms))
		}
	}
}

// An interrupted run ends like one whose time is over.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	time.AfterFunc(300*time.Millisecond, interrupt)
	if err := Run(ctx, Config{Listen: "127.0.0.1:0", Rate: 200, Slack: 10 * time.Minute}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\nMETHOD ") || !strings.Contains(out.String(), "\ntraces ") {
		t.Errorf("no table in\n%s", out.String())
	}
}

func TestAddressTaken(t *testing.T) {
	t.Parallel()
	d, err := start(Config{Listen: "127.0.0.1:0", Rate: 1, Slack: 10 * time.Minute}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := d.end(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if err := Run(t.Context(), Config{Listen: d.shop.address, Rate: 1}, io.Discard); !errors.Is(err, ErrListen) {
		t.Errorf("a second demo at %s: %v, want ErrListen", d.shop.address, err)
	}
}

func TestNumber(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	tests := []struct {
		in   *float64
		want string
	}{
		{nil, "-"}, {value(0), "0.00"}, {value(1.234), "1.23"}, {value(45.23), "45.2"}, {value(1234.5), "1234"},
	}
	for _, tt := range tests {
		if got := number(tt.in); got != tt.want {
			t.Errorf("number is %q, want %q", got, tt.want)
		}
	}
}

// A summary of nothing has a table, too.
func TestReportOfNothing(t *testing.T) {
	var out strings.Builder
	result{summary: &otelperf.Summary{}}.write(&out)
	if !strings.Contains(out.String(), "\nall                0       0       -       -") {
		t.Errorf("report of nothing is\n%s", out.String())
	}
}

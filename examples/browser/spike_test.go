// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/baseline"
)

// spiking is a site that learns a steady 20 ms, and whose endpoint becomes slow when it is told to.
type spiking struct {
	*site
	took  atomic.Int64 // what a request takes, in ns
	known chan time.Time
}

// newSpiking has a baseline after some seconds: some hundred requests come instead of a minute of them.
func newSpiking(t *testing.T, opts ...otelperf.Option) *spiking {
	t.Helper()
	s := &spiking{known: make(chan time.Time, 4)}
	s.took.Store(int64(20 * time.Millisecond))
	s.site = newSite(t, append(opts, otelperf.WithBaseline(baseline.Config{Grace: time.Second}), otelperf.WithOnSpike(func(otelperf.Spike) {
		select {
		case s.known <- time.Now():
		default:
		}
	}))...)
	background(t, func(ctx context.Context) {
		s.steady(ctx, "/checkout", 200, func() time.Duration { return time.Duration(s.took.Load()) })
	})
	return s
}

// spike makes the endpoint six times slower once it is known, and returns when that began and when it was detected.
func (s *spiking) spike(t *testing.T) (began, known time.Time) {
	t.Helper()
	s.settle(t)
	s.took.Store(int64(120 * time.Millisecond))
	began = time.Now()
	select {
	case known = <-s.known:
	case <-time.After(exampletest.Patience):
		t.Fatal("no spike")
	}
	return began, known
}

// settle waits until the baseline is known, and of so many requests that it is worth something.
func (s *spiking) settle(t *testing.T) {
	t.Helper()
	const enough = 400
	var known uint64
	exampletest.Eventually(t, "the baseline is known, of enough", func() bool {
		rows := s.mon.Summary(otelperf.WindowAll).Endpoints
		i := slices.IndexFunc(rows, func(row otelperf.EndpointRow) bool { return row.Route == "/checkout" && row.State == "normal" })
		if i >= 0 && known == 0 {
			known = rows[i].Count
		}
		return i >= 0 && rows[i].Count >= known+enough
	})
}

// After a restart nothing is judged for a while, though it is known what is usual: the page does not say that all is well.
func TestPageAfterARestart(t *testing.T) {
	file := otelperf.WithStateFile(filepath.Join(t.TempDir(), "baselines"))
	before := newSpiking(t, file)
	before.settle(t)
	if err := before.mon.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, file)
	background(t, func(ctx context.Context) {
		s.steady(ctx, "/checkout", 50, func() time.Duration { return 20 * time.Millisecond })
	})
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.getElementById("headline").textContent === "Cannot tell yet"`)
	tb.until(`/^GET .checkout is not judged for another [12].min.*, after a start or a silence\.$/.test(document.getElementById("headline-detail").textContent)`)
	tb.until(row("/checkout") + `.querySelector(".badge.learning")`)
	tb.quiet(s.base)
}

// A spike shows up on the page, with its reason, marked in the table and in the chart.
func TestSpikeShowsUp(t *testing.T) {
	s := newSpiking(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(live)
	s.settle(t)
	tb.until(row("/checkout") + `.querySelector(".badge.normal")`)
	tb.until(`document.getElementById("headline").textContent === "Nothing is wrong"`)
	began, known := s.spike(t)
	tb.until(`document.getElementById("spikes").innerText.includes("/checkout")`)
	t.Logf("detected %v after the first slow request, on the page %v later", known.Sub(began).Round(time.Millisecond), time.Since(known).Round(time.Millisecond))
	tb.until(`document.getElementById("headline").textContent === "GET /checkout has left its usual latency"`)
	tb.until(`document.querySelector("#spikes .reason").textContent.length > 20 && /since .*s/.test(document.querySelector("#spikes .since").textContent)`)
	tb.until(row("/checkout") + `.classList.contains("spiking")`)
	tb.until(`document.title.startsWith("\u25b2")`)
	if gap := value[float64](tb, `document.querySelector(".spike .gauge").getBoundingClientRect().top - document.querySelector(".spike .spike-head").getBoundingClientRect().bottom`); gap > 24 {
		t.Errorf("between the head of a spike and its bars are %.0f empty pixels", gap)
	}
	tb.until(`document.querySelector("#chart svg")`)
	tb.until(`document.getElementById("history-empty").textContent === "None has ended: one is open, see above." && ` + chartName + `.includes("/checkout")`)
	tb.quiet(s.base)
}

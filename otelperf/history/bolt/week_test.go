// SPDX-License-Identifier: Apache-2.0

//go:build unix

package bolt

import (
	"context"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// week fills a store with seven days of 200 endpoints, 200 requests a second in all, and returns its path, the CPU time and the wall time
// that the appends took. The minutes of three hours are used again and again, since drawing 120 million durations takes its time.
func week(tb testing.TB, days int) (file string, cpu, wall time.Duration) {
	file = path(tb)
	shop := historytest.NewShop(200, 200)
	first := start.Truncate(time.Hour)
	var minutes []*history.Batch
	for i := range 180 {
		minutes = append(minutes, shop.Minute(first.Add(time.Duration(i)*time.Minute)))
	}
	s := open(tb, file)
	for i := range days*24*60 + 30 {
		b := *minutes[i%len(minutes)]
		b.Time = first.Add(time.Duration(i) * time.Minute)
		before, began := cpuTime(), time.Now()
		historytest.Put(tb, s, &b)
		cpu += cpuTime() - before
		wall += time.Since(began)
	}
	st, err := s.Stats(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Logf("%d days: file %.1f MB, in use %.1f MB; %.2f ms of CPU for a minute: %.4f %% of a core; %.2f ms by the clock",
		days, float64(st.FileBytes)/1e6, float64(st.UsedBytes)/1e6, cpu.Seconds()*1e3/float64(days*24*60), 100*cpu.Seconds()/float64(days*24*3600), wall.Seconds()*1e3/float64(days*24*60))
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return file, cpu, wall
}

func BenchmarkWeek(b *testing.B) {
	file, _, _ := week(b, 7)
	began := time.Now()
	s := open(b, file)
	b.Logf("open: %v", time.Since(began))
	shop := historytest.NewShop(200, 200)
	end := start.Truncate(time.Hour).Add(7*24*time.Hour + 30*time.Minute)
	queries := map[string]history.Query{
		"chart of one, 24 h by ten minutes":    {From: end.Add(-24 * time.Hour), To: end, Step: history.TenMinutes, Endpoint: &shop.Endpoints[3]},
		"chart of one, 24 h by minutes":        {From: end.Add(-24 * time.Hour), To: end, Endpoint: &shop.Endpoints[3]},
		"chart of one, 7 days by hours":        {From: end.Add(-7 * 24 * time.Hour), To: end, Step: history.Hour, Endpoint: &shop.Endpoints[3]},
		"summary of all, 24 h":                 {From: end.Add(-24 * time.Hour).Truncate(time.Hour), To: end, Step: history.Hour},
		"summary of all, 24 h from any minute": {From: end.Add(-24*time.Hour + 7*time.Minute), To: end, Step: history.Hour},
		"summary of all, 7 days":               {From: end.Add(-7 * 24 * time.Hour).Truncate(time.Hour), To: end, Step: history.Hour},
	}
	for name, q := range queries {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				rows, err := history.Sum(context.Background(), s, q)
				if err != nil || len(rows) == 0 {
					b.Fatal(len(rows), err)
				}
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// pairSeq yields key, value, key, value, ...
func classIf(isSlow bool) int {
	if isSlow {
		return classSlow
	}
	return classOrdinary
}

func pairSeq(kvs ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for kv := range slices.Chunk(kvs, 2) {
			if !yield(kv[0], kv[1]) {
				return
			}
		}
	}
}

var contrastStart = time.Unix(1_700_000_100, 0) // on a multiple of five minutes

func TestContrastTellsWhatIsDifferent(t *testing.T) {
	var c contrast
	for i := range 1000 { // the method is the same for all, one in ten ordinary requests is acme's
		tenant := fmt.Sprint("tenant", i%9)
		if i%10 == 0 {
			tenant = "acme"
		}
		c.observe(classOrdinary, 100, pairSeq("method", "GET", "tenant", tenant, "peer", fmt.Sprint(i)), time.Millisecond, contrastStart)
	}
	for i := range 50 { // four of five slow ones are
		tenant := fmt.Sprint("tenant", i%9)
		if i%5 != 0 {
			tenant = "acme"
		}
		c.observe(classSlow, 1, pairSeq("tenant", tenant, "method", "GET", "peer", fmt.Sprint(5000+i)), time.Second, contrastStart)
	}
	got := c.differences(contrastStart)
	if len(got) != 1 {
		t.Fatalf("got %+v, want tenant acme alone", got)
	}
	d := got[0]
	if d.Key != "tenant" || d.Value != "acme" || d.SlowCount != 40 || d.SlowTotal != 50 || d.Count != 100 || d.Total != 1000 || d.Share != 0.8 {
		t.Errorf("got %+v, want tenant acme with 40 of 50 and 100 of 1000", d)
	}
	if d.Lift < 7.5 || d.Lift > 8.5 || d.LiftLow >= d.Lift || d.LiftLow < 5 {
		t.Errorf("got lift %.2f from %.2f, want about 8 from above 5", d.Lift, d.LiftLow)
	}
}

func TestContrastRanksByWhatIsCertain(t *testing.T) {
	var c contrast
	for i := range 1000 {
		c.observe(classOrdinary, 1, pairSeq("status", "200", "country", []string{"DE", "FR"}[min(i%10, 1)]), time.Millisecond, contrastStart)
	}
	for i := range 200 { // 503 explains few, DE most
		c.observe(classSlow, 1, pairSeq("status", []string{"503", "200"}[min(i/6, 1)], "country", []string{"FR", "DE"}[min(i/10, 1)]), time.Second, contrastStart)
	}
	got := c.differences(contrastStart)
	if len(got) != 2 || got[0].Value != "DE" || got[1].Value != "503" || got[1].Lift < got[0].Lift {
		t.Errorf("got %+v, want DE before 503, though the lift of 503 is higher", got)
	}
}

func TestContrastWantsEvidence(t *testing.T) {
	for _, tt := range []struct {
		name                     string
		slow, of, ordinary, from int
		want                     bool
	}{
		{"two requests", 2, 2, 0, 1000, false},
		{"no ordinary ones", 10, 10, 0, 0, false},
		{"the same share", 50, 100, 500, 1000, false},
		{"less than usual", 10, 100, 500, 1000, false},
		{"could be chance", 4, 10, 200, 1000, false},
		{"certain, but nearly the same", 2000, 2000, 1900, 2000, false},
		{"clear", 9, 10, 200, 1000, true},
		{"never seen otherwise", 5, 10, 0, 1000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c contrast
			add := func(isSlow bool, with, of int) {
				for i := range of {
					c.observe(classIf(isSlow), 1, pairSeq("k", []string{"v", ""}[min(i/max(with, 1), 1)]), time.Second, contrastStart)
				}
			}
			add(true, tt.slow, tt.of)
			if tt.ordinary == 0 {
				for range tt.from {
					c.observe(classOrdinary, 1, pairSeq(), time.Second, contrastStart)
				}
			} else {
				add(false, tt.ordinary, tt.from)
			}
			if got := c.differences(contrastStart); (len(got) == 1) != tt.want {
				t.Errorf("got %+v, want a difference: %v", got, tt.want)
			}
		})
	}
}

// Where nothing is different, next to nothing may be told: one answer in a hundred is the design.
func TestContrastFalseAlarms(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alarms := 0
	const endpoints = 150
	for range endpoints {
		var c contrast
		for i := range 400 {
			c.observe(classIf(i%4 == 0), 1, pairSeq("status", fmt.Sprint(200+r.IntN(3)), "tenant", fmt.Sprint(r.IntN(12)), "country", fmt.Sprint(r.IntN(200))), time.Millisecond, contrastStart)
		}
		if len(c.differences(contrastStart)) > 0 {
			alarms++
		}
	}
	if alarms > 6 {
		t.Errorf("%d of %d endpoints show a difference that is not there, want one or two", alarms, endpoints)
	}
}

func TestContrastForgets(t *testing.T) {
	fill := func(c *contrast, at time.Time) {
		for i := range 40 {
			c.observe(classSlow, 1, pairSeq("k", "v"), time.Second, at)
			c.observe(classOrdinary, 1, pairSeq("k", fmt.Sprint(i%8)), time.Second, at)
		}
	}
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  uint64 // slow requests that count
	}{
		{"at once", 0, 40},
		{"in the same five minutes", 5*time.Minute - 1, 40},
		{"in the next", 10*time.Minute - 1, 40},
		{"ten minutes later", 10 * time.Minute, 0},
		{"a day later", 24 * time.Hour, 0},
		{"a second earlier", -time.Second, 40},
		{"an hour earlier", -time.Hour, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c contrast
			fill(&c, contrastStart)
			var got uint64
			if d := c.differences(contrastStart.Add(tt.after)); len(d) > 0 {
				got = d[0].SlowCount
			}
			if got != tt.want {
				t.Errorf("%d slow requests count, want %d", got, tt.want)
			}
			if rows := c.byDimension("k", contrastStart.Add(tt.after)); (len(rows) > 0) != (tt.want > 0) {
				t.Errorf("got rows %+v, want some: %v", rows, tt.want > 0)
			}
		})
	}
}

// bytes returns the memory that c holds.
func (c *contrast) bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		return 0
	}
	bytes := int(unsafe.Sizeof(*c.data))
	for _, k := range c.data.keys {
		if k == nil {
			break
		}
		bytes += int(unsafe.Sizeof(*k)) + len(k.key)
		for i := range k.cells {
			bytes += len(k.cells[i].value)
		}
	}
	return bytes
}

func TestContrastMemoryIsBounded(t *testing.T) {
	var c contrast
	if n := c.bytes(); n != 0 {
		t.Errorf("an unused contrast holds %d bytes", n)
	}
	for i := range 2500 {
		kvs := make([]string, 0, 40)
		for k := range 20 {
			kvs = append(kvs, fmt.Sprintf("key%02d", (k+i)%20)+strings.Repeat("k", 1000), fmt.Sprintf("%08d", i)+strings.Repeat("v", 1000))
		}
		c.observe(classIf(i%3 == 0), 1, pairSeq(kvs...), time.Duration(i), contrastStart.Add(time.Duration(i)*time.Second))
	}
	n := c.bytes()
	if n > 26<<10 || n < 20<<10 {
		t.Errorf("a full contrast holds %d bytes, want at most %d (and the test to fill it)", n, 26<<10)
	}
	for _, k := range c.data.keys {
		if len(k.key) > maxContrastString {
			t.Errorf("key of %d bytes", len(k.key))
		}
	}
}

func TestContrastConcurrentSafe(t *testing.T) {
	var c contrast
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				now := contrastStart.Add(time.Duration(i) * time.Second)
				c.observe(classIf(w == 0), 1, maps.All(map[string]string{"k": fmt.Sprint(i % 30), "w": "x"}), time.Millisecond, now)
				if i%50 == 0 {
					c.differences(now)
					c.byDimension("k", now)
					c.bytes()
				}
			}
		})
	}
	wg.Wait()
	if got := c.data.totals.class(classSlow) + c.data.totals.class(classOrdinary); got != 1200 {
		t.Errorf("counted %d requests, want 1200", got)
	}
}

func BenchmarkContrast(b *testing.B) {
	ids := make([]string, 1<<12)
	for i := range ids {
		ids[i] = fmt.Sprint("user", i)
	}
	var c contrast
	for _, values := range []int{10, len(ids)} {
		b.Run(fmt.Sprintf("observe/values=%d", values), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				v := ids[i*7%values]
				c.observe(classIf(i%8 == 0), 1, pairSeq("status", "200", "method", "GET", "tenant", v, "country", v), time.Millisecond, contrastStart)
			}
		})
	}
	b.Run("differences", func(b *testing.B) {
		for b.Loop() {
			c.differences(contrastStart)
		}
	})
	b.Run("byDimension", func(b *testing.B) {
		for b.Loop() {
			c.byDimension("tenant", contrastStart)
		}
	})
}

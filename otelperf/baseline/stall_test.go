// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"testing"
	"time"
)

// stalls lets requests pile up once a minute for some seconds: those that end meanwhile take up to as long.
func (b *bench) stalls(minutes, length int) {
	for range minutes {
		for second := range 60 {
			delta := b.src.second()
			if second < length {
				b.src.tally.Reset()
				for i := range b.src.rate {
					left := float64(length-second) - float64(i)/float64(b.src.rate)
					b.src.tally.Add(time.Duration((b.src.median+left)*1e9), false)
				}
				delta = b.src.tally.Buckets()
			}
			b.step(delta)
		}
	}
}

// Stalls of one to five seconds once a minute are one spike, which ends when several minutes have been without.
func TestStallsOncePerMinute(t *testing.T) {
	for _, rate := range []int{2, 10, 100} {
		for length := 1; length <= 5; length++ {
			b := newBench(t, Config{})
			b.src.rate = rate
			b.run(1800)
			b.stalls(20, length)
			ended := b.now
			b.run(900)
			if got := b.kinds(); got != "started ended" {
				t.Errorf("%d/s, stalls of %d s: %q", rate, length, got)
				continue
			}
			if took := b.events[1].At.Sub(ended); took < time.Minute || took > 6*time.Minute {
				t.Errorf("%d/s, stalls of %d s: ended %v after the last minute with one", rate, length, took)
			}
		}
	}
}

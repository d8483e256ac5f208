// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"
)

// TestConstantMemory replays a million requests of ten endpoints over 83 minutes from a pipe, and looks at the heap on the
// way: from the first half to the second it must not grow.
func TestConstantMemory(t *testing.T) {
	const (
		seconds   = 5000
		perSecond = 200
		most      = 12 << 20
	)
	r, w := io.Pipe()
	heaps := make(chan uint64, 2)
	go func() {
		err := writeSeconds(w, seconds/2, perSecond, 0)
		heaps <- liveBytes()
		err = errors.Join(err, writeSeconds(w, seconds-seconds/2, perSecond, seconds/2))
		heaps <- liveBytes()
		_ = w.CloseWithError(err)
	}()
	before := liveBytes()
	var stdout bytes.Buffer
	c := config(t, "-")
	c.JSON, c.Stdin, c.Stdout = false, r, &stdout
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	half, full := <-heaps, <-heaps
	if !bytes.Contains(stdout.Bytes(), []byte(grouped(seconds*perSecond)+" requests of 10 endpoints")) {
		t.Errorf("not all requests were read: %s", stdout.String())
	}
	t.Logf("heap in KiB: %d before, %d in the middle, %d at the end", before>>10, half>>10, full>>10)
	if full > before+most || full > half+1<<20 {
		t.Errorf("the heap is %d KiB before, %d in the middle and %d at the end of %d requests", before>>10, half>>10, full>>10, seconds*perSecond)
	}
}

// liveBytes returns the bytes of live objects.
func liveBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// writeSeconds writes the lines of n seconds, all seconds with the same requests.
func writeSeconds(w io.Writer, n, perSecond, from int) error {
	const layout = "2006-01-02T15:04:05Z"
	raw, err := io.ReadAll(&traffic{lines: perSecond, rate: 1e9, endpoints: 10})
	if err != nil {
		return err
	}
	var block []byte
	var starts []int
	for line := range bytes.Lines(raw) {
		starts = append(starts, len(block))
		block = append(append(block, layout...), line[bytes.IndexByte(line, ','):]...)
	}
	for s := range n {
		stamp := monday.Add(time.Duration(from+s) * time.Second).Format(layout)
		for _, at := range starts {
			copy(block[at:], stamp)
		}
		if _, err := w.Write(block); err != nil {
			return err
		}
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Bounds of a contrast.
const (
	contrastKeys    = 8
	contrastSamples = 512
	contrastHalf    = 5 * time.Minute
)

// contrast compares an endpoint's slow requests with its ordinary ones by their attribute values: status, method, peer,
// database operation, dimensions of the user's. It looks back over the running five minutes and the five before.
//
// The two classes may be sampled at different rates, all slow requests and one in a hundred of the ordinary ones,
// say: [contrast.differences] compares shares within each class, and [contrast.byDimension] weighs each request with
// the number of requests that it stands for.
//
// Memory: at most 24 KiB: 8 keys (the first eight that are seen) with 16 values of 64 bytes each, and 512 samples of 16
// bytes. The zero value is ready to use and holds nothing before the first request; a key takes its 0.9 KiB when it is
// first seen.
//
// All methods are safe for concurrent use. They lock, and observe is not meant for the goroutine of a request.
type contrast struct {
	mu   sync.Mutex // guards data
	data *contrastData
}

type contrastData struct {
	half    int64                    // number of the running five minutes; its parity is the index of its counts
	totals  classCounts              // requests
	keys    [contrastKeys]*topValues // nil from the first unused one on
	next    int                      // where in samples the next one goes
	samples [contrastSamples]contrastSample
}

// contrastSample is one request: what byDimension needs of it.
type contrastSample struct {
	at     uint32 // Unix seconds; 0: none
	bucket uint16
	weight uint16
	cells  [contrastKeys]uint8 // of the key's value
}

// observe adds a request that took d and stands for weight requests of its class, 1 to 65535: 100 if one in a
// hundred is observed. values yields its keys and values; a key without a value, a second value of a key, and keys
// beyond the eighth are left out. values runs outside the lock.
func (c *contrast) observe(isSlow bool, weight int, values iter.Seq2[string, string], d time.Duration, now time.Time) {
	var pairs [2 * contrastKeys][2]string
	n := 0
	for k, v := range values {
		if n == len(pairs) {
			break
		}
		if k != "" && v != "" {
			pairs[n] = [2]string{k, v}
			n++
		}
	}
	class := classOrdinary
	if isSlow {
		class = classSlow
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		c.data = &contrastData{half: halfOf(now)}
	}
	c.data.advance(now)
	s := contrastSample{
		at: uint32(now.Unix()), bucket: uint16(latency.Bucket(d)), weight: uint16(min(max(weight, 1), 1<<16-1)),
	}
	c.data.observe(class, pairs[:n], s)
}

func (t *contrastData) observe(class int, pairs [][2]string, s contrastSample) {
	half := int(t.half & 1)
	t.totals.add(half, class)
	for i := range s.cells {
		s.cells[i] = noCell
	}
	for _, kv := range pairs {
		k := t.key(kv[0])
		if k < 0 {
			continue
		}
		if s.cells[k] != noCell {
			continue
		}
		cell, lost := t.keys[k].observe(kv[1], half, class, &t.totals)
		if lost {
			t.unlink(k, uint8(cell))
		}
		s.cells[k] = uint8(cell)
	}
	t.samples[t.next] = s
	t.next = (t.next + 1) % contrastSamples
}

// key returns the index of a key, which it adds if there is room; else -1.
func (t *contrastData) key(name string) int {
	name = name[:min(len(name), maxContrastString)]
	for i, k := range t.keys {
		if k == nil {
			t.keys[i] = &topValues{key: strings.Clone(name)}
			return i
		}
		if k.key == name {
			return i
		}
	}
	return -1
}

// unlink tells the samples that a value has lost its cell.
func (t *contrastData) unlink(key int, cell uint8) {
	for i := range t.samples {
		if t.samples[i].cells[key] == cell {
			t.samples[i].cells[key] = otherCell
		}
	}
}

func halfOf(now time.Time) int64 { return now.Unix() / int64(contrastHalf/time.Second) }

// advance forgets what is older than the five minutes before the running ones. A clock that goes back a little stays in
// the running ones; one that goes back further starts anew.
func (t *contrastData) advance(now time.Time) {
	half := halfOf(now)
	switch {
	case half == t.half || half == t.half-1:
		return
	case half == t.half+1:
		t.forget(int(half & 1))
	default:
		t.forget(0)
		t.forget(1)
		t.samples = [contrastSamples]contrastSample{}
	}
	t.half = half
}

func (t *contrastData) forget(half int) {
	t.totals[half] = [numClasses]uint32{}
	for k, values := range t.keys {
		if values == nil {
			break
		}
		had := values.taken()
		values.forget(half)
		for cell := range uint8(contrastValues) {
			if had&^values.taken()>>cell&1 == 1 {
				t.unlink(k, cell)
			}
		}
	}
}

// taken returns the set of cells that hold a value.
func (t *topValues) taken() (set uint32) {
	for i := range t.cells {
		if t.cells[i].value != "" {
			set |= 1 << i
		}
	}
	return set
}

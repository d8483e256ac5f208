// SPDX-License-Identifier: Apache-2.0

package stacks

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/site"
	"github.com/otelperf/otelperf-go/slowlog/order"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Bounds of half an hour's counts: at most about 7 MiB, and usually some ten KiB. What is beyond counts for Others.
const (
	halfSpan     = 30 * time.Minute
	maxStacks    = 4096 // of all endpoints
	maxEndpoints = 256
	maxFrames    = 1 << 14 // different ones
)

// Others stands for stacks for which there was no room.
var Others = site.Frame{Func: "(other)"}

// apart is put between the frames of a request's goroutine and those of one that it started.
var apart = site.Frame{Func: "(goroutine that it started)"}

// half is what was counted in half an hour.
type half struct {
	began     time.Time
	frames    []site.Frame
	ids       map[site.Frame]uint32
	endpoints map[conventions.Endpoint]map[stackKey]*counted
	stacks    int
}

// stackKey is a stack's frames by number, four bytes each, the outermost first.
type stackKey struct {
	frames string
	state  causes.State
}

type counted struct {
	line    causes.Place
	samples int
	time    time.Duration
}

func newHalf(now time.Time) *half {
	return &half{
		began: now, frames: []site.Frame{Others}, ids: map[site.Frame]uint32{Others: 0},
		endpoints: map[conventions.Endpoint]map[stackKey]*counted{},
	}
}

// halfAt is the half that counts now. The caller holds mu.
func (s *Sampler) halfAt(now time.Time) *half {
	switch h := s.halves[0]; {
	case h == nil:
		s.halves = [2]*half{newHalf(now)}
	case now.Sub(h.began) >= 2*halfSpan:
		s.halves = [2]*half{newHalf(now)}
	case now.Sub(h.began) >= halfSpan:
		s.halves = [2]*half{newHalf(now), h}
	}
	return s.halves[0]
}

// count adds the time that a sample of a request stands for. Where it waits for goroutines that it started, they share that time.
// The caller holds mu.
func (s *Sampler) count(h *half, r *Request, g *goroutines, seen *Seen, stands time.Duration) {
	own := s.shown(g.own)
	n := 0
	for _, c := range g.children {
		n += c.count
	}
	if n == 0 {
		h.add(r.Endpoint, seen.State, seen.Line, stands, own)
		return
	}
	for _, c := range g.children {
		state, line := s.place(c.frames)
		h.add(r.Endpoint, state, line, stands*time.Duration(c.count)/time.Duration(n), slices.Concat(s.shown(c.frames), []site.Frame{apart}, own))
	}
}

func (h *half) add(e conventions.Endpoint, state causes.State, line causes.Place, d time.Duration, frames []site.Frame) {
	of := h.endpoints[e]
	if of == nil {
		if len(h.endpoints) >= maxEndpoints {
			return
		}
		of = map[stackKey]*counted{}
		h.endpoints[e] = of
	}
	key := stackKey{h.key(frames), state}
	if of[key] == nil {
		if h.stacks >= maxStacks {
			key, line = stackKey{string([]byte{0, 0, 0, 0}), causes.Unknown}, causes.Place{}
		}
		if of[key] == nil { // that of the others is beyond the bound: one an endpoint
			of[key] = &counted{line: line}
			h.stacks++
		}
	}
	of[key].samples++
	of[key].time += d
}

// key numbers the frames, of which the innermost come first.
func (h *half) key(frames []site.Frame) string {
	var b []byte
	for _, f := range slices.Backward(frames[:min(len(frames), 2*maxDepth)]) {
		id, ok := h.ids[f]
		if !ok && len(h.frames) < maxFrames {
			id = uint32(len(h.frames))
			h.ids[f] = id
			h.frames = append(h.frames, f)
		}
		b = binary.LittleEndian.AppendUint32(b, id)
	}
	return string(b)
}

// Counted is a stack, and how much time it stands for.
type Counted struct {
	State   causes.State
	Line    causes.Place // of the program's own code, else of a library
	Frames  []site.Frame // the outermost first
	Samples int
	Time    time.Duration
}

// Counts are the stacks of an endpoint's slow requests in the last half to one hour, or since Forget.
type Counts struct {
	Since  time.Time
	Stacks []Counted // those of most time first
}

// Counts returns the stacks of an endpoint.
func (s *Sampler) Counts(e conventions.Endpoint, now time.Time) (c Counts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halfAt(now)
	at := map[string]int{}
	for _, h := range s.halves {
		if h == nil {
			continue
		}
		c.Since = h.began.UTC()
		for key, n := range h.endpoints[e] {
			frames := h.framesOf(key)
			same := fmt.Sprint(key.state, frames)
			i, ok := at[same]
			if !ok {
				i = len(c.Stacks)
				at[same] = i
				c.Stacks = append(c.Stacks, Counted{State: key.state, Line: n.line, Frames: frames})
			}
			c.Stacks[i].Samples += n.samples
			c.Stacks[i].Time += n.time
		}
	}
	order.By(c.Stacks, func(a, b *Counted) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), slices.CompareFunc(a.Frames, b.Frames, compareFrames))
	})
	return c
}

func (h *half) framesOf(key stackKey) (frames []site.Frame) {
	for b := []byte(key.frames); len(b) > 0; b = b[4:] {
		frames = append(frames, h.frames[binary.LittleEndian.Uint32(b)])
	}
	return frames
}

func compareFrames(a, b site.Frame) int {
	return cmp.Or(cmp.Compare(a.Func, b.Func), cmp.Compare(a.File, b.File), a.Line-b.Line)
}

// Forget drops what was counted.
func (s *Sampler) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halves, s.recent = [2]*half{}, recent{}
}

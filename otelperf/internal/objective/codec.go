// SPDX-License-Identifier: Apache-2.0

package objective

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
)

const (
	stateMark    = "opob"
	stateVersion = 1

	// MaxStateSize is the most bytes that AppendState appends and that Restore looks at.
	MaxStateSize = 64 << 10

	mostSeconds = 1 << 40
)

// AppendState appends the counts and which alerts are open: some 5 bytes for each step with requests.
func (b *Budget) AppendState(state []byte) []byte {
	begin := len(state)
	state = statecodec.Begin(state, stateMark, stateVersion)
	state = binary.AppendUvarint(state, uint64(b.seconds))
	var open byte
	for i, is := range b.open {
		if is {
			open |= 1 << i
		}
	}
	state = append(state, open)
	for i := range b.rings {
		state = b.rings[i].appendTo(state)
	}
	return statecodec.End(state, begin)
}

// appendTo appends the steps that are not empty, newest first: how many empty ones lie before each, plus 1, and its counts; then 0.
func (r *ring) appendTo(state []byte) []byte {
	next := r.now
	for s := r.now; s >= max(0, r.now-int64(len(r.cells))+1); s-- {
		c := r.at(s)
		if c.total == 0 {
			continue
		}
		state = binary.AppendUvarint(state, uint64(next-s)+1)
		state = binary.AppendUvarint(state, c.total)
		state = binary.AppendUvarint(state, c.bad)
		next = s - 1
	}
	return append(state, 0)
}

// Restore takes over what AppendState wrote age ago; what b has counted is forgotten. The period may be another one: what is older
// than it is left out. Time that has passed moves the windows on; a negative age counts as 0. The caller sees to it that the state is one of the
// same objective, in particular of the same notion of bad.
//
// The error wraps statecodec.ErrState; the budget is unchanged then. Any bytes are safe to pass.
func (b *Budget) Restore(state []byte, age time.Duration) error {
	fresh, err := New(b.config)
	if err != nil {
		return err
	}
	in := statecodec.Open(state, stateMark, stateVersion, MaxStateSize)
	seconds := in.Uvarint()
	in.Check(seconds < mostSeconds, "time out of range")
	open := in.Byte()
	in.Check(open < 1<<Pairs, "alert out of range")
	if !in.Failed() {
		fresh.advance(0)
		fresh.seconds = int64(seconds)
	}
	for i := range fresh.rings {
		fresh.rings[i].advance(fresh.seconds)
		fresh.rings[i].restore(in)
	}
	if err := in.Close(); err != nil {
		return fmt.Errorf("objective: %w", err)
	}
	fresh.seconds += int64(min(max(age, 0), 2*b.config.Period) / time.Second)
	fresh.advance(0)
	for i := range fresh.open {
		fresh.open[i] = open&(1<<i) != 0
	}
	*b = *fresh
	return nil
}

func (r *ring) restore(in *statecodec.Reader) {
	next := r.now
	for {
		skip := in.Uvarint()
		if skip == 0 || in.Failed() {
			return
		}
		in.Check(skip <= uint64(next)+1, "step before the beginning")
		c := cell{total: in.Uvarint(), bad: in.Uvarint()}
		in.Check(c.total > 0 && c.total <= most && c.bad <= c.total, "counts out of range")
		if in.Failed() {
			return
		}
		s := next - int64(skip) + 1
		if s > r.now-int64(len(r.cells)) {
			*r.at(s) = c
		}
		next = s - 1
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package generations shortens an execution trace to the newest of its generations, which are parts of about a second. The header
// and any number of the last ones are a trace of their own.
package generations

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// ErrFormat is wrapped where bytes are not a trace of a format that is known.
var ErrFormat = errors.New("not an execution trace of a known format")

const (
	headerBytes = 16
	oldest      = 25 // the minor version of Go with the first flight recorder

	// The types of batches, as internal/trace/tracev2 has them.
	eventBatch        = 1
	endOfGeneration   = 52
	experimentalBatch = 49
	maxBatchBytes     = 64 << 10
)

// Version returns the minor version of Go that a trace's format is of, as its header says.
func Version(trace []byte) (int, error) {
	var minor int
	if len(trace) < headerBytes {
		return 0, fmt.Errorf("%w: %d bytes are too short for a header", ErrFormat, len(trace))
	}
	if _, err := fmt.Sscanf(string(trace[:headerBytes]), "go 1.%d trace\x00\x00\x00", &minor); err != nil || minor < oldest {
		header := strings.TrimRight(string(trace[:headerBytes]), "\x00")
		return 0, fmt.Errorf("%w: header %q, want go 1.%d or later", ErrFormat, header, oldest)
	}
	return minor, nil
}

// Last returns the header and the newest generations, as many as fit into limit bytes, at least one. It reads the headers of batches
// only, and returns the trace itself where it is short enough. dropped is the number of generations that were left out.
func Last(trace []byte, limit int) (last []byte, dropped int, err error) {
	if _, err := Version(trace); err != nil {
		return nil, 0, err
	}
	if len(trace) <= limit {
		return trace, 0, nil
	}
	starts, err := starts(trace)
	if err != nil {
		return nil, 0, err
	}
	for i, s := range starts {
		if headerBytes+len(trace)-s <= limit || i == len(starts)-1 {
			dropped = i
			break
		}
	}
	if dropped == 0 {
		return trace, 0, nil
	}
	return slices.Concat(trace[:headerBytes], trace[starts[dropped]:]), dropped, nil
}

// starts returns where generations begin.
func starts(trace []byte) (all []int, err error) {
	generation := uint64(0)
	for b, err := range batches(trace) {
		if err != nil {
			return nil, err
		}
		if b.generation != generation || all == nil {
			generation = b.generation
			all = append(all, b.begin)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("%w: there is nothing in it", ErrFormat)
	}
	return all, nil
}

// batch is a part of a trace that one thread has written.
type batch struct {
	generation uint64
	begin      int    // of its header
	data       []byte // of the trace
	experiment bool
}

// batches are those of a trace. An error is the last of them.
func batches(trace []byte) iter.Seq2[batch, error] {
	return func(yield func(batch, error) bool) {
		for at := headerBytes; at < len(trace); {
			b := batch{begin: at}
			switch trace[at] {
			case endOfGeneration:
				at++
				continue
			case experimentalBatch:
				at += 2 // the experiment follows
				b.experiment = true
			case eventBatch:
				at++
			default:
				yield(b, fmt.Errorf("%w: a batch of type %d at byte %d", ErrFormat, trace[at], at))
				return
			}
			var h [4]uint64 // generation, thread, time, size
			for i := range h {
				v, n := binary.Uvarint(trace[min(at, len(trace)):])
				if n <= 0 {
					yield(b, fmt.Errorf("%w: the batch at byte %d has no whole header", ErrFormat, b.begin))
					return
				}
				h[i], at = v, at+n
			}
			if h[3] > maxBatchBytes {
				yield(b, fmt.Errorf("%w: the batch at byte %d is %d bytes long, want at most %d", ErrFormat, b.begin, h[3], maxBatchBytes))
				return
			}
			end := at + int(h[3])
			b.generation, b.data = h[0], trace[min(at, len(trace)):min(end, len(trace))]
			if at = end; !yield(b, nil) {
				return
			}
		}
	}
}

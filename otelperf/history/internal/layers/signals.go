// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// MinuteSignals writes the signals of a minute; no bytes for none.
func MinuteSignals(signals []history.Signal) []byte { return writeSignals([][]history.Signal{signals}) }

// writeSignals writes the signals of steps, compressed and with a checksum: the number of steps and of names, and for each its name and
// the mean and the largest of each step; not a number where there was none.
func writeSignals(steps [][]history.Signal) []byte {
	var names []string
	at := map[string]int{}
	for _, step := range steps {
		for _, s := range step {
			if _, ok := at[s.Name]; !ok {
				at[s.Name] = len(names)
				names = append(names, s.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	nan := float32(math.NaN())
	values := make([]float32, 2*len(names)*len(steps))
	for i := range values {
		values[i] = nan
	}
	for i, step := range steps {
		for _, s := range step {
			v := 2 * (at[s.Name]*len(steps) + i)
			values[v], values[v+1] = s.Mean, s.Max
		}
	}
	raw := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(steps))), uint64(len(names)))
	for i, n := range names {
		raw = append(binary.AppendUvarint(raw, uint64(len(n))), n...)
		for _, v := range values[2*i*len(steps) : 2*(i+1)*len(steps)] {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
	}
	return pack(raw)
}

// readSignals reads what writeSignals wrote, of so many steps; nothing of no bytes.
func readSignals(data []byte, steps int) ([][]history.Signal, error) {
	out := make([][]history.Signal, steps)
	if len(data) == 0 {
		return out, nil
	}
	raw, err := unpack(data)
	if err != nil {
		return nil, err
	}
	next := func() uint64 {
		n, size := binary.Uvarint(raw)
		if size <= 0 {
			raw = nil
			return math.MaxUint64
		}
		raw = raw[size:]
		return n
	}
	if next() != uint64(steps) {
		return nil, damaged("signals of other steps")
	}
	for range min(next(), history.MaxSignals*HourMinutes) {
		n := next()
		if n > uint64(len(raw)) || uint64(len(raw))-n < uint64(8*steps) {
			return nil, damaged("signals that are cut")
		}
		name := string(raw[:n])
		raw = raw[n:]
		for i := range steps {
			s := history.Signal{
				Name: name,
				Mean: math.Float32frombits(binary.LittleEndian.Uint32(raw)), Max: math.Float32frombits(binary.LittleEndian.Uint32(raw[4:])),
			}
			raw = raw[8:]
			if s.Mean == s.Mean { // there is one
				out[i] = append(out[i], s)
			}
		}
	}
	return out, nil
}

// mergeSignals makes one step of several: the mean of the means, the largest of the largest.
func mergeSignals(steps [][]history.Signal) (out []history.Signal) {
	times, at := []float32(nil), map[string]int{}
	for _, step := range steps {
		for _, s := range step {
			i, ok := at[s.Name]
			if !ok {
				i = len(out)
				at[s.Name] = i
				out, times = append(out, history.Signal{Name: s.Name, Max: s.Max}), append(times, 0)
			}
			times[i]++
			out[i].Mean += s.Mean
			out[i].Max = max(out[i].Max, s.Max)
		}
	}
	for i := range out {
		out[i].Mean /= times[i]
	}
	order.By(out, func(a, b *history.Signal) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// signalsOf reads the signals of an hour, with those that are not in layers yet. by is how finely they are known: the steps are 60, 6 or 1.
func signalsOf(at int64, s *Stored, most Depth) (steps [][]history.Signal, by Depth, err error) {
	for d, data := range s.Signals {
		if Depth(d) > most || data == nil {
			continue
		}
		by = Depth(d)
		if steps, err = readSignals(data, by.steps()); err != nil {
			return nil, by, err
		}
	}
	if steps == nil {
		by = most
		steps = make([][]history.Signal, most.steps())
	}
	minutes := make([][][]history.Signal, len(steps))
	for _, r := range s.Recent {
		if r.Minute/HourMinutes != at {
			continue
		}
		one, err := readSignals(r.Signals, 1)
		if err != nil {
			return nil, by, err
		}
		i := int(r.Minute%HourMinutes) * len(steps) / HourMinutes
		minutes[i] = append(minutes[i], one[0])
	}
	for i, more := range minutes {
		if len(more) > 0 {
			steps[i] = mergeSignals(append(more, steps[i]))
		}
	}
	return steps, by, nil
}

// Signals makes layers of the signals of an hour: by minutes, by ten minutes and as a whole, as finely as they are known.
func Signals(at int64, s *Stored) (layers [NumDepths][]byte, err error) {
	steps, by, err := signalsOf(at, s, ByMinute)
	if err != nil {
		return layers, err
	}
	for d := by; ; d-- {
		layers[d] = writeSignals(steps)
		if d == ByHour {
			return layers, nil
		}
		var coarser [][]history.Signal
		for part := range slices.Chunk(steps, len(steps)/(d-1).steps()) {
			coarser = append(coarser, mergeSignals(part))
		}
		steps = coarser
	}
}

// SignalRows reads the signals that a query asks for of an hour.
func SignalRows(q *history.Query, at int64, s *Stored) (batches Batches, err error) {
	r := reading{q, at}
	values, known, err := signalsOf(at, s, Needs(q, at))
	if err != nil {
		return nil, ofHour(at, err)
	}
	for _, s := range r.plan(known) {
		these := mergeSignals(values[s.i*len(values)/s.depth.steps() : (s.i+1)*len(values)/s.depth.steps()])
		if len(these) > 0 {
			batches = append(batches, func() *history.Batch {
				return &history.Batch{Time: r.time(s), Step: s.depth.length(), Signals: these}
			})
		}
	}
	return batches, nil
}

// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// MinuteSignals writes the signals of a minute, and when an instance has observed it; no bytes for neither.
func MinuteSignals(b *history.Batch, instance string) []byte {
	p := presence{known: b.Observed != nil}
	for _, o := range b.Observed {
		p.of = append(p.of, history.Observed{Instance: instance, Spans: o.Spans})
	}
	return writeSignals([][]history.Signal{b.Signals}, &p, b.Time, p.known)
}

// writeSignals writes the signals of steps from a time on, compressed and with a checksum: the number of steps and of names, and for each its name
// and the mean and the largest of each step; not a number where there was none. Behind them is, as far as it is known, who has observed it. Without a
// name it is no bytes, unless it is to be there all the same.
func writeSignals(steps [][]history.Signal, p *presence, from time.Time, anyway bool) []byte {
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
	if len(names) == 0 && !anyway {
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
	return pack(p.append(raw, from))
}

// readSignals reads what writeSignals wrote, of so many steps from a time on; nothing of no bytes.
func readSignals(data []byte, steps int, from time.Time) (out [][]history.Signal, p presence, err error) {
	out = make([][]history.Signal, steps)
	if len(data) == 0 {
		return out, p, nil
	}
	raw, err := unpack(data)
	if err != nil {
		return nil, p, err
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
		return nil, p, damaged("signals of other steps")
	}
	for range min(next(), history.MaxSignals*HourMinutes) {
		n := next()
		if n > uint64(len(raw)) || uint64(len(raw))-n < uint64(8*steps) {
			return nil, p, damaged("signals that are cut")
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
	p, err = readPresence(raw, from, time.Duration(HourSeconds)*time.Second)
	return out, p, err
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

// known is what is known of an hour beside its rows.
type known struct {
	steps [][]history.Signal // 60, 6 or 1
	by    Depth              // of the steps
	seen  presence
}

// signalsOf reads the signals of an hour down to a depth, with those that are not in layers yet, and who has observed it.
func signalsOf(at int64, s *Stored, most Depth) (k known, err error) {
	from := hourTime(at)
	for d, data := range s.Signals {
		if Depth(d) > most || data == nil {
			continue
		}
		var p presence
		k.by = Depth(d)
		if k.steps, p, err = readSignals(data, k.by.steps(), from); err != nil {
			return k, err
		}
		if d == int(ByHour) {
			k.seen = p
		}
	}
	if k.steps == nil {
		k.by = most
		k.steps = make([][]history.Signal, most.steps())
	} else if !k.seen.known { // it was written before that was known: steps with signals count as a whole
		k.seen.fill(k.steps, from, k.by.length())
	}
	minutes := make([][][]history.Signal, len(k.steps))
	for _, r := range s.Recent {
		if r.Minute/HourMinutes != at {
			continue
		}
		minute := time.Unix(r.Minute*MinuteSeconds, 0).UTC()
		one, p, err := readSignals(r.Signals, 1, minute)
		if err != nil {
			return k, err
		}
		if !p.known {
			p.fill(one, minute, time.Minute)
		}
		k.seen.add(&p)
		i := int(r.Minute%HourMinutes) * len(k.steps) / HourMinutes
		minutes[i] = append(minutes[i], one[0])
	}
	for i, more := range minutes {
		if len(more) > 0 {
			k.steps[i] = mergeSignals(append(more, k.steps[i]))
		}
	}
	k.seen.bound()
	return k, nil
}

// Signals makes layers of the signals of an hour: by minutes, by ten minutes and as a whole, as finely as they are known. Who has observed it is in
// the layer that is stored the longest.
func Signals(at int64, s *Stored) (layers [NumDepths][]byte, err error) {
	k, err := signalsOf(at, s, ByMinute)
	if err != nil {
		return layers, err
	}
	for d := k.by; d > ByHour; d-- { // also where a service that is judged elsewhere has no signals: by them it is known how finely the hour is
		layers[d] = writeSignals(k.steps, new(presence), hourTime(at), k.seen.known)
		var coarser [][]history.Signal
		for part := range slices.Chunk(k.steps, len(k.steps)/(d-1).steps()) {
			coarser = append(coarser, mergeSignals(part))
		}
		k.steps = coarser
	}
	layers[ByHour] = writeSignals(k.steps, &k.seen, hourTime(at), k.seen.known)
	return layers, nil
}

// SignalRows reads the signals that a query asks for of an hour, and who has observed each step.
func SignalRows(q *history.Query, at int64, s *Stored) (batches Batches, err error) {
	r := reading{q, at}
	k, err := signalsOf(at, s, Needs(q, at))
	if err != nil {
		return nil, ofHour(at, err)
	}
	for _, s := range r.plan(k.by) {
		from, length := r.time(s), s.depth.length()
		these := mergeSignals(k.steps[s.i*len(k.steps)/s.depth.steps() : (s.i+1)*len(k.steps)/s.depth.steps()])
		seen := k.seen.within(from, from.Add(length))
		if len(these) > 0 || len(seen) > 0 {
			batches = append(batches, func() *history.Batch {
				return &history.Batch{Time: from, Step: length, Signals: these, Observed: seen}
			})
		}
	}
	return batches, nil
}

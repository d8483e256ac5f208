// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// maxUnpacked bounds what compressed bytes become.
const maxUnpacked = 32 << 20

// appendSignals appends the signals of steps, compressed and with a checksum: the number of steps and of names, and for each its name and
// the mean and the largest of each step; not a number where there was none.
func appendSignals(dst []byte, steps [][]history.Signal) []byte {
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
		return dst
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
	return append(dst, pack(raw)...)
}

// readSignals reads what appendSignals wrote, of so many steps; nothing of no bytes.
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
		return nil, fmt.Errorf("%w: signals of other steps", errDamaged)
	}
	for range min(next(), history.MaxSignals*hourMinutes) {
		n := next()
		if n > uint64(len(raw)) || uint64(len(raw))-n < uint64(8*steps) {
			return nil, fmt.Errorf("%w: signals that are cut", errDamaged)
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
	times := map[string]int{}
	for _, step := range steps {
		for _, s := range step {
			i := slices.IndexFunc(out, func(o history.Signal) bool { return o.Name == s.Name })
			if i < 0 {
				i = len(out)
				out = append(out, history.Signal{Name: s.Name, Max: s.Max})
			}
			times[s.Name]++
			out[i].Mean += s.Mean
			out[i].Max = max(out[i].Max, s.Max)
		}
	}
	for i := range out {
		out[i].Mean /= float32(times[out[i].Name])
	}
	slices.SortFunc(out, func(a, b history.Signal) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// signalsOf reads the signals of an hour by minutes, with those that are not in layers yet. by is how finely they are known: the steps are
// 60, 6 or 1.
func signalsOf(tx *bbolt.Tx, at int64, most depth) (steps [][]history.Signal, by depth, err error) {
	key := key32(at)
	for d, b := range [][]byte{byHour: signalHours, byTenMinutes: signalTens, byMinute: signalMinutes} {
		data := tx.Bucket(b).Get(key)
		if depth(d) > most || data == nil {
			continue
		}
		by = depth(d)
		if steps, err = readSignals(data, stepsOf(by)); err != nil {
			return nil, by, err
		}
	}
	if steps == nil {
		by = most
		steps = make([][]history.Signal, stepsOf(most))
	}
	minutes := make([][][]history.Signal, len(steps))
	c := tx.Bucket(recentBucket).Cursor()
	for k, v := c.Seek(key32(at * hourMinutes)); k != nil && number(k) < (at+1)*hourMinutes; k, v = c.Next() {
		_, data, err := recentValue(v)
		if err != nil {
			return nil, by, err
		}
		one, err := readSignals(data, 1)
		if err != nil {
			return nil, by, err
		}
		i := int(number(k)-at*hourMinutes) * len(steps) / hourMinutes
		minutes[i] = append(minutes[i], one[0])
	}
	for i, more := range minutes {
		if len(more) > 0 {
			steps[i] = mergeSignals(append(more, steps[i]))
		}
	}
	return steps, by, nil
}

func stepsOf(d depth) int {
	return [...]int{byHour: 1, byTenMinutes: hourTens, byMinute: hourMinutes}[d]
}

// sealSignals stores the signals of an hour three times: by minutes, by ten minutes and as a whole.
func sealSignals(tx *bbolt.Tx, at int64) error {
	steps, by, err := signalsOf(tx, at, byMinute)
	if err != nil {
		return nil //nolint:nilerr // what is damaged is left out
	}
	for d := by; ; d-- {
		if data := appendSignals(nil, steps); len(data) > 0 {
			if err := put(tx, [][]byte{signalHours, signalTens, signalMinutes}[d], at, data); err != nil {
				return err
			}
		}
		if d == byHour {
			return nil
		}
		var coarser [][]history.Signal
		for part := range slices.Chunk(steps, len(steps)/stepsOf(d-1)) {
			coarser = append(coarser, mergeSignals(part))
		}
		steps = coarser
	}
}

// pack compresses; unpack finds out if what it is given is damaged.
func pack(raw []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(raw) // a Buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func unpack(data []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return raw, nil
}

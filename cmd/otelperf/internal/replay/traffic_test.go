// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// traffic is a stream of CSV made while it is read: lines of some endpoints at a rate, the first endpoint slower for a while.
type traffic struct {
	lines     int
	rate      float64 // a second, of all endpoints
	endpoints int
	slowFrom  time.Duration
	slowTo    time.Duration
	times     float64 // slower

	rnd  *rand.Rand
	made int
	at   time.Duration
	buf  []byte
	rest []byte
}

func (t *traffic) Read(p []byte) (int, error) {
	if t.rnd == nil {
		t.rnd = rand.New(rand.NewPCG(1, 2))
	}
	if len(t.rest) == 0 {
		if t.made >= t.lines {
			return 0, io.EOF
		}
		t.buf = t.buf[:0]
		for len(t.buf) < 32<<10 && t.made < t.lines {
			t.buf = t.line(t.buf)
		}
		t.rest = t.buf
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

func (t *traffic) line(to []byte) []byte {
	t.made++
	t.at += time.Duration(float64(time.Second) / t.rate)
	endpoint := t.rnd.IntN(t.endpoints)
	ms := 20 + 40*t.rnd.Float64()*t.rnd.Float64()
	if t.rnd.IntN(50) == 0 {
		ms *= 4
	}
	if endpoint == 0 && t.at >= t.slowFrom && t.at < t.slowTo {
		ms *= t.times
	}
	to = monday.Add(t.at).AppendFormat(to, "2006-01-02T15:04:05.000Z")
	to = append(to, ",/endpoint/"...)
	to = strconv.AppendInt(to, int64(endpoint), 10)
	to = append(to, ',')
	to = strconv.AppendFloat(to, ms, 'f', 3, 64)
	if t.rnd.IntN(100) == 0 {
		return append(to, ",500\n"...)
	}
	return append(to, ",200\n"...)
}

// SPDX-License-Identifier: Apache-2.0

package baseline

import "math"

// week remembers what an endpoint was like in each hour of the last week, and what it was last accepted to be.
type week struct {
	marks   [weekHours]mark
	current int64 // number of the running hour since 1970
	started bool

	accepted     marks // of the last new normal
	acceptedHour int64 // in which it was accepted
	isAccepted   bool

	usual [marked]float64 // seconds: the largest of the last hours and of this hour of other days; 0: not known
	today [marked]float64 // seconds: the same of this hour of other days or, on the first, of hours before; 0: not known
	times float64         // how many times that is as usual
}

// The quantiles that are marked, by their upper ranks: between two modes a quantile jumps from one to the other.
const (
	mark99 = iota
	mark90
	mark50
	marked
)

var markRanks = [marked]float64{0.99, 0.93, 0.60}

// marks are quantiles, as indexes of input buckets.
type marks [marked]int16

// mark is one hour of the week.
type mark struct {
	q    marks
	week uint16 // number of the week, from 1, around 65,535; 0: never seen
}

const (
	weekHours     = 168
	recentHours   = 6      // hours before the running one in which what was usual still is
	settleHours   = 6      // hours after a new normal in which none is marked
	acceptedHours = 8 * 24 // hours for which it is accepted
	markEffective = 100    // effective requests that are worth a mark
	firstDayAge   = 3      // hours: marks of the first day are compared with if they are older
	firstDayMarks = 2      // and there are as many
	firstDayTimes = 1.1    // and this much is allowed, since the day has its course
)

// unseen is below every index.
const unseen = math.MinInt16

func (m *marks) of(b *shape) {
	for i, q := range markRanks {
		m[i] = int16(Index(b.quantile(q)))
	}
}

// raise makes m the larger ones of both.
func (m *marks) raise(o *marks) {
	for i := range m {
		m[i] = max(m[i], o[i])
	}
}

// place returns the mark of an hour since 1970, and the number of its week as it is stored. Hours before 1970 have a
// place, too.
func (w *week) place(hour int64) (*mark, uint16) {
	at := (hour%weekHours + weekHours) % weekHours
	number := (hour - at) / weekHours
	return &w.marks[at], uint16((number%65535+65535)%65535) + 1
}

// collect raises m by the marks of an hour, if there are any, and tells whether.
func (w *week) collect(m *marks, hour int64) bool {
	e, number := w.place(hour)
	if e.week != number {
		return false
	}
	m.raise(&e.q)
	return true
}

// hourOf returns the number of an hour since 1970.
func hourOf(unix int64) int64 {
	h := unix / int64(hour)
	if unix < h*int64(hour) {
		h--
	}
	return h
}

// over tells whether the running hour is over, or the clock has gone back behind it.
func (w *week) over(unix int64) bool {
	into := unix - w.current*int64(hour)
	return !w.started || into >= int64(hour) || into < 0
}

// enter begins an hour and marks the one that has passed. trusted: the baseline is what is usual, not what an incident
// left.
func (w *week) enter(unix int64, b *shape, trusted bool) {
	h := hourOf(unix)
	settling := w.isAccepted && h-w.acceptedHour < settleHours
	if w.started && h > w.current && trusted && !settling && b.effective() >= markEffective {
		e, number := w.place(w.current)
		e.q.of(b)
		e.week = number
	}
	w.started, w.current = true, h
	if w.isAccepted {
		w.acceptedHour = min(w.acceptedHour, h) // a clock that has gone back
		isBack := b.sum > 0 && Index(b.quantile(markRanks[mark50])) < int32(w.accepted[mark50])-perOctave
		w.isAccepted = h-w.acceptedHour <= acceptedHours && !isBack
	}
	w.compare(b)
}

// accept remembers a new normal, which is slower than this hour of other days.
func (w *week) accept(b *shape) {
	w.accepted.of(b)
	w.acceptedHour, w.isAccepted = w.current, true
	w.compare(b)
}

// withdraw forgets the marks since an hour, in which began what the endpoint has come back from, now that it is like b.
func (w *week) withdraw(since int64, b *shape) {
	for h := max(since, w.current-weekHours+1); h <= w.current; h++ {
		if e, number := w.place(h); e.week == number {
			e.week = 0
		}
	}
	w.isAccepted = false
	w.compare(b)
}

// day raises m by the marks from the begin of the hour before this one to the end of the hour after it, some days ago, if
// there are any, and tells whether: what has its hour comes an hour later when clocks change. They count from the one on
// that is not much slower than now: a day on which the endpoint was slower all along says nothing about today.
func (w *week) day(m *marks, ago int64, b *shape) (known bool) {
	like := false
	for h := min(24*ago+2, weekHours); h >= 24*ago-1; h-- {
		e, number := w.place(w.current - h)
		seen := e.week == number
		like = like || !seen || !e.q.slowerThan(b)
		if seen && like {
			m.raise(&e.q)
			known = true
		}
	}
	return known
}

// slowerThan tells whether a baseline is much faster than marks, all but that of the p99.
func (m *marks) slowerThan(b *shape) bool {
	for _, i := range [...]int{mark90, mark50} {
		if x := b.quantile(markRanks[i]); x == 0 || x > muchFaster*Bound(int32(m[i])) {
			return false
		}
	}
	return true
}

// compare works out what the running hour is compared with.
func (w *week) compare(b *shape) {
	days := marks{unseen, unseen, unseen}
	known := false
	for d := int64(1); d <= 7; d++ {
		known = w.day(&days, d, b) || known
	}
	usual := days
	for ago := int64(1); ago <= recentHours; ago++ {
		w.collect(&usual, w.current-ago)
	}
	w.times = 1
	if !known {
		w.times = firstDayTimes
		n := 0
		for ago := int64(firstDayAge); ago <= 24; ago++ {
			if w.collect(&days, w.current-ago) {
				n++
			}
		}
		known = n >= firstDayMarks
	}
	if w.isAccepted {
		days.raise(&w.accepted)
	}
	for i := range w.usual {
		w.usual[i], w.today[i] = upperBound(usual[i]), 0
		if known {
			w.today[i] = upperBound(days[i])
		}
	}
}

// limit returns up to which duration in seconds a marked quantile is usual at this time of the day; 0 if not known.
func (w *week) limit(mark int) float64 { return w.today[mark] * w.times }

// shareAbove returns which share at most is above a duration at this time of the day, by the marks.
func (w *week) shareAbove(seconds float64) float64 {
	for i, q := range markRanks {
		if seconds >= w.today[i] {
			return 1 - q
		}
	}
	return 1
}

// quantile returns a quantile at this time of the day, by the mark next above it.
func (w *week) quantile(q float64) float64 {
	for i := marked - 1; i > 0; i-- {
		if q <= markRanks[i] {
			return w.today[i]
		}
	}
	return w.today[mark99]
}

// upperBound returns the upper bound in seconds of a marked bucket; 0 if there is none.
func upperBound(index int16) float64 {
	if index == unseen {
		return 0
	}
	return Bound(int32(index) + 1)
}

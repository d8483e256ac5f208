// SPDX-License-Identifier: Apache-2.0

package timeline

// ring keeps the sealed aggregates of the last few spans of equal length. A span is known by its number since 1970, so
// gaps, however long, need no clearing: an old number is simply not asked for.
type ring struct {
	numbers []int32 // 0: none yet
	items   []sealed
}

func newRing(n int) ring {
	return ring{numbers: make([]int32, n), items: make([]sealed, n)}
}

func (r *ring) index(number int64) int {
	n := int64(len(r.items))
	return int((number%n + n) % n)
}

func (r *ring) get(number int64) sealed {
	if i := r.index(number); r.numbers[i] == int32(number) {
		return r.items[i]
	}
	return nil
}

// put seals t as the span with this number, at most limit bytes.
func (r *ring) put(number int64, t *Aggregate, limit int, scratch *[]byte) {
	i := r.index(number)
	r.items[i] = t.seal(r.items[i], limit, scratch)
	r.numbers[i] = int32(number)
}

// addRange adds the spans from, from+1, ..., to-1 to t.
func (r *ring) addRange(from, to int64, t *Aggregate) {
	for n := from; n < to; n++ {
		r.get(n).addTo(t)
	}
}

// absorb adds the spans of o, which is as long, to those of r. What is older than r reaches back is left out.
func (r *ring) absorb(o *ring, limit int, x *Scratch) {
	for i, number := range o.numbers {
		if number == 0 || len(o.items[i]) == 0 || r.numbers[i] > number {
			continue
		}
		x.Aggregate.Reset()
		r.get(int64(number)).addTo(&x.Aggregate)
		o.items[i].addTo(&x.Aggregate)
		r.put(int64(number), &x.Aggregate, limit, &x.buf)
	}
}

func (r *ring) clear() {
	for i := range r.items {
		r.numbers[i] = 0
		r.items[i] = r.items[i][:0]
	}
}

// shift renumbers all spans, for a clock that was set.
func (r *ring) shift(by int64) {
	old := *r
	*r = newRing(len(old.items))
	for i, number := range old.numbers {
		if number != 0 {
			at := r.index(int64(number) + by)
			r.numbers[at], r.items[at] = number+int32(by), old.items[i]
		}
	}
}

func (r *ring) bytes() int {
	n := len(r.items) * (4 + 24)
	for _, s := range r.items {
		n += cap(s)
	}
	return n
}

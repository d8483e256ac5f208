// SPDX-License-Identifier: Apache-2.0

package latency

// Counts of neighbouring cells are close to each other, and in the tails most are zero. So a cell is coded as its
// distance from a running mean of those before it; when the two cells before are empty, as the length of the
// run of empty cells and then the count that ends it. All three kinds of number take Rice codes,
// each with a parameter that follows its own mean. (JPEG-LS codes pixels like this; Weinberger et al., 2000.)
//
// The model is the same on both sides, so its constants are part of the format.

// model is what writer and reader know of the cells so far.
type model struct {
	level, run, lone rice
	mean             uint64 // of the cells so far, ×meanScale, the last ones weigh most
	zeros            int    // empty cells at the end, counted to 2
}

const (
	meanScale = 16
	meanShift = 2       // the last cell's weight in the mean is 1/4
	meanLimit = 1 << 40 // larger counts move the mean no further
)

func newModel() model { return model{zeros: 2, run: rice{sum: 4 << riceShift}} }

// expected is the count that the model expects next.
func (m *model) expected() uint64 { return (m.mean + meanScale/2) / meanScale }

// saw takes note of a cell.
func (m *model) saw(n uint64) {
	if n == 0 {
		m.zeros++
	} else {
		m.zeros = 0
	}
	m.mean += (min(n, meanLimit)*meanScale)>>meanShift - m.mean>>meanShift
}

// inRun reports whether a run of empty cells is coded next.
func (m *model) inRun() bool { return m.zeros >= 2 }

// fold maps n, a count where e is expected, to a number that is small when n is close to e.
func fold(n, e uint64) uint64 {
	switch {
	case n >= e && n-e <= e:
		return (n - e) * 2
	case n < e:
		return (e-n)*2 - 1
	default:
		return n
	}
}

// unfold is the inverse of fold.
func unfold(v, e uint64) uint64 {
	switch {
	case v > 2*e:
		return v
	case v&1 == 0:
		return e + v/2
	default:
		return e - (v+1)/2
	}
}

// cellWriter encodes cells in ascending order; empty ones between them come by themselves.
type cellWriter struct {
	model
	bits bitWriter
	next int
}

func newCellWriter(buf []byte) cellWriter {
	return cellWriter{model: newModel(), bits: bitWriter{buf: buf}}
}

// put encodes n > 0 for cell c.
func (w *cellWriter) put(c int, n uint64) {
	for ; w.next < c && !w.inRun(); w.next++ {
		w.level.put(&w.bits, fold(0, w.expected()))
		w.saw(0)
	}
	if w.inRun() {
		w.run.put(&w.bits, uint64(c-w.next))
		w.lone.put(&w.bits, n-1)
		w.mean = 0 // nothing near: the mean of before the run would mislead
	} else {
		w.level.put(&w.bits, fold(n, w.expected()))
	}
	w.saw(n)
	w.next = c + 1
}

// cellReader is the other side of cellWriter.
type cellReader struct {
	model
	bits bitReader
}

func newCellReader(buf []byte) cellReader {
	return cellReader{model: newModel(), bits: bitReader{buf: buf}}
}

// next returns the next count and how many empty cells come before it, which is more than limit at most by one. A count may be 0.
func (r *cellReader) next(limit int) (skip int, n uint64) {
	if r.inRun() {
		skip = int(min(r.run.get(&r.bits), uint64(limit)+1))
		n = r.lone.get(&r.bits) + 1
		r.mean = 0
	} else {
		n = unfold(r.level.get(&r.bits), r.expected())
	}
	r.saw(n)
	return skip, n
}

// SPDX-License-Identifier: Apache-2.0

package latency

// alignedShift is the largest shift at which buckets of a lower scale begin where groups of ours do: FirstIndex is a multiple of 1<<8.
const alignedShift = 8

// MergeCounts adds the counts of a base-2 exponential histogram of seconds from elsewhere, of any OpenTelemetry scale: counts[i]
// durations lie in (2^((offset+i)/2^scale), 2^((offset+i+1)/2^scale)] seconds. From a scale of at least [Scale] on it is exact, by integer
// shifts. Of a lower one, whole buckets of h make up one of theirs; its counts are spread evenly over them, and h answers with an error
// bound of that scale from then on. As with MergeBucket the sum stays as it was, the extremes are bounds of buckets, and what lies
// outside the range of h counts in its first or last bucket.
func (h *Histogram) MergeCounts(scale, offset int32, counts []uint64) {
	fine := uint(max(int64(scale)-Scale, 0))
	wide := uint8(min(max(Scale-int64(scale), 0), 32)) // from 12 on nothing changes but what is out of range
	for i, n := range counts {
		if n == 0 {
			continue
		}
		index := int64(offset) + int64(i)
		if wide == 0 {
			h.MergeBucket(clamped(index>>min(fine, 63)-FirstIndex), n)
			continue
		}
		h.mergeWide(index<<wide-FirstIndex, wide, n)
	}
}

// mergeWide adds n counts of the 1<<wide buckets from first on.
func (h *Histogram) mergeWide(first int64, wide uint8, n uint64) {
	last := first + 1<<wide - 1
	if last < 0 || first >= NumBuckets {
		h.MergeBucket(clamped(first), n)
		return
	}
	n = min(n, maxCount-h.count)
	if n == 0 {
		return
	}
	from, to := clamped(first), clamped(last)
	h.loose = true
	lo := floorPower(from + FirstIndex)
	if from == 0 {
		lo = 0
	}
	h.widen(lo, UpperDuration(to))
	if wide > alignedShift {
		wide = maxShift
	}
	h.grain = max(h.grain, wide)
	h.count += n
	from, to = from>>h.shift, to>>h.shift
	h.spread(from, to-from+1, n)
}

func clamped(b int64) int { return int(min(max(b, 0), NumBuckets-1)) }

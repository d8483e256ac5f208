// SPDX-License-Identifier: Apache-2.0

package events

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

const (
	maxPages     = 100
	noPage       = "(none)"
	vitalWindow  = 1 << 15 // ids remembered at least
	vitalBuckets = 320
	vitalGrowth  = 1.05 // of a bucket to the next: its middle is at most 2.5 % off
)

// vitalKind is a web vital with the thresholds published for it (web.dev/articles/vitals).
type vitalKind struct {
	name       string
	unit       string
	good, poor float64 // good: at most; poor: above
	least      float64 // where the buckets begin; what is below counts as 0
	limit      float64 // larger values are refused
}

var vitalKinds = [...]vitalKind{
	{"cls", "1", 0.1, 0.25, 0.001, 1000},
	{"inp", "ms", 200, 500, 1, 3.6e6},
	{"lcp", "ms", 2500, 4000, 1, 3.6e6},
	{"fcp", "ms", 1800, 3000, 1, 3.6e6},
	{"ttfb", "ms", 800, 1800, 1, 3.6e6},
}

const kinds = len(vitalKinds)

func vitalIndex(name string) int {
	return slices.IndexFunc(vitalKinds[:], func(k vitalKind) bool { return k.name == name })
}

type rating uint8

const (
	ratingGood rating = iota
	ratingMiddling
	ratingPoor
)

var ratingNames = [...]string{"good", "needs-improvement", "poor"}

func (r rating) String() string { return ratingNames[r] }

func (k *vitalKind) rate(v float64) rating {
	switch {
	case v <= k.good:
		return ratingGood
	case v <= k.poor:
		return ratingMiddling
	default:
		return ratingPoor
	}
}

func (k *vitalKind) bucket(v float64) uint16 {
	if v < k.least {
		return 0
	}
	i := 1 + math.Floor(math.Log(v/k.least)/math.Log(vitalGrowth))
	return uint16(min(i, vitalBuckets-1))
}

// middle returns the geometric middle of a bucket.
func (k *vitalKind) middle(i int) float64 {
	if i == 0 {
		return 0
	}
	return k.least * math.Pow(vitalGrowth, float64(i)-0.5)
}

// vitalCell has the values of one vital on one page. Each page load counts once, with its latest value.
type vitalCell struct {
	buckets [vitalBuckets]uint32
	ratings [3]uint32
}

func (c *vitalCell) count() (n uint64) {
	for _, r := range c.ratings {
		n += uint64(r)
	}
	return n
}

// p75 is the middle of the bucket in which the value of rank ⌈0.75 n⌉ lies.
func (c *vitalCell) p75(k *vitalKind) float64 {
	rank := (3*c.count() + 3) / 4
	var seen uint64
	for i, n := range c.buckets {
		if seen += uint64(n); seen >= rank {
			return k.middle(i)
		}
	}
	return 0
}

// place is where a page load's latest value was counted.
type place struct {
	cell   *vitalCell
	bucket uint16
	rating rating
}

// vitals are the web vitals by page, of at most 100 pages; the rest share one row.
type vitals struct {
	mu    sync.Mutex // guards what follows
	pages map[string]*[kinds]*vitalCell
	last  *lastSeen[place]
}

func newVitals() *vitals {
	return &vitals{pages: map[string]*[kinds]*vitalCell{}, last: newLastSeen[place](vitalWindow)}
}

// observe counts a value. Vitals such as CLS are reported again when they have grown: a value with an
// id that was seen before takes the former value's place.
func (v *vitals) observe(page, session, id string, kind int, value float64) {
	k := &vitalKinds[kind]
	v.mu.Lock()
	defer v.mu.Unlock()
	p := place{v.cellLocked(page, kind), k.bucket(value), k.rate(value)}
	if old, found := v.last.put(v.last.key(session+"\x00"+k.name, id), p); found {
		old.cell.buckets[old.bucket]--
		old.cell.ratings[old.rating]--
	}
	p.cell.buckets[p.bucket]++
	p.cell.ratings[p.rating]++
}

func (v *vitals) cellLocked(page string, kind int) *vitalCell {
	if page == "" {
		page = noPage
	}
	row := v.pages[page]
	if row == nil && len(v.pages) >= maxPages {
		page = otherName
		row = v.pages[page]
	}
	if row == nil {
		row = &[kinds]*vitalCell{}
		v.pages[page] = row
	}
	if row[kind] == nil {
		row[kind] = &vitalCell{}
	}
	return row[kind]
}

// WebVital is one vital on one page, over all page loads since the start.
type WebVital struct {
	// Page is the path template; "(none)" where none was given, "(other)" beyond 100 pages.
	Page string `json:"page"`
	// Name is cls, inp, lcp, fcp or ttfb.
	Name string `json:"name"`
	// Unit is that of P75, Good and Poor: ms, or 1 for cls.
	Unit string `json:"unit"`
	// Count is the number of page loads that reported the vital.
	Count uint64 `json:"count"`
	// P75 is the 75th percentile over page loads, each with its latest value: at most 2.5 % off.
	P75 float64 `json:"p75"`
	// Rating is that of P75: good, needs-improvement or poor.
	Rating string `json:"rating"`
	// Good is the threshold up to which a value is good, as web.dev publishes it.
	Good float64 `json:"good"`
	// Poor is the threshold above which a value is poor.
	Poor float64 `json:"poor"`
	// GoodCount is the number of page loads with a good value.
	GoodCount uint32 `json:"good_count"`
	// MiddlingCount is the number of page loads with a value between the thresholds.
	MiddlingCount uint32 `json:"needs_improvement_count"`
	// PoorCount is the number of page loads with a poor value.
	PoorCount uint32 `json:"poor_count"`
}

// rows returns the vitals sorted by page, in the order of vitalKinds.
func (v *vitals) rows() []WebVital {
	rows := []WebVital{}
	v.mu.Lock()
	defer v.mu.Unlock()
	for page, cells := range v.pages {
		for i, c := range cells {
			if c == nil || c.count() == 0 {
				continue
			}
			k := &vitalKinds[i]
			p75 := c.p75(k)
			rows = append(rows, WebVital{
				Page: page, Name: k.name, Unit: k.unit, Count: c.count(), P75: p75, Rating: k.rate(p75).String(),
				Good: k.good, Poor: k.poor,
				GoodCount: c.ratings[ratingGood], MiddlingCount: c.ratings[ratingMiddling], PoorCount: c.ratings[ratingPoor],
			})
		}
	}
	slices.SortFunc(rows, func(a, b WebVital) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(vitalIndex(a.Name), vitalIndex(b.Name)))
	})
	return rows
}

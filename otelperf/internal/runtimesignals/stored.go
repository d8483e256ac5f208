// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/units"
)

// StoredName is the name of a signal in a history, which Stored takes apart.
func (r *Reading) StoredName() string {
	if r.Pool == "" {
		return r.Name
	}
	return r.Name + " " + r.Pool
}

// Stored is a signal that is known by its name in a history, of which now, what is usual and the limit are not. peaks says that its largest
// values tell, and not its means; order is its place among all. Of a name that is not known any more there is no unit.
func Stored(name string) (r Reading, peaks bool, order int) {
	name, pool, _ := strings.Cut(name, " ")
	r = Reading{Name: name, Pool: pool}
	all := append(kinds[:len(kinds):len(kinds)], ofPool[:]...)
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return r, false, len(all)
	}
	r.Unit = all[i].unit
	return r, all[i].digest != average, i
}

// Between leaves of a series the steps that lie between two times, without what was usual later.
func (s *Series) Between(from, to time.Time) {
	step := time.Duration(s.StepSeconds) * time.Second
	first := max(0, int((from.Sub(s.Start)+step-1)/step))
	for i := range s.Signals {
		l := &s.Signals[i]
		last := min(len(l.Values), max(0, int((to.Sub(s.Start)+step-1)/step)))
		l.Values = l.Values[min(first, last):last]
		l.OfThen(l.Values)
	}
	s.Start = s.Start.Add(time.Duration(first) * step)
}

// OfThen makes of a reading one of a past time, whose values these are: their mean, without what was usual.
func (r *Reading) OfThen(values []*float64) {
	sum, n := 0.0, 0
	for _, v := range values {
		if v != nil {
			sum, n = sum+*v, n+1
		}
	}
	r.Now, r.Usual, r.Limit = nil, nil, nil
	if n > 0 {
		r.Now = units.Number(sum / float64(n))
	}
}

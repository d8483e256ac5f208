// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"fmt"
	"strings"
)

// line is one signal: its hour and its normal.
type line struct {
	*kind
	pool   *poolLine // nil for the process's
	least  float64
	ring   *ring
	normal normal
}

func newLine(k *kind, p *poolLine) *line {
	return &line{kind: k, pool: p, least: k.least, ring: newRing(), normal: normal{unknown, unknown}}
}

// poolName is "" for the process's.
func (l *line) poolName() string {
	if l.pool == nil {
		return ""
	}
	return l.pool.Name
}

// limit is what the signal exceeds when it has left its normal; NaN while that is not known. A pool has room until all its connections
// are in use.
func (l *line) limit() float64 {
	if l.pool == nil || l.kind != &ofPool[poolInUse] || l.pool.stats.MaxOpenConnections == 0 {
		return l.normal.limit(l.least)
	}
	full := float64(l.pool.stats.MaxOpenConnections)
	if l.normal.upper >= .9*full {
		return full // which it cannot exceed: full is its normal
	}
	return l.normal.upper + max(.5, .9*full-l.normal.upper)
}

// excess says how far a value is beyond the limit, 1 being as far from the usual as the limit; 0 for what is within, or not known.
func (l *line) excess(now float64) float64 {
	limit := l.limit()
	if !(now > limit) {
		return 0
	}
	return (now - l.normal.usual) / (limit - l.normal.usual)
}

// sentence says what the signal is and what it usually is.
func (l *line) sentence(now float64) string {
	is := l.show(now)
	if l.pool != nil && l.kind == &ofPool[poolInUse] && l.pool.stats.MaxOpenConnections > 0 {
		is += fmt.Sprintf(" of %d", l.pool.stats.MaxOpenConnections)
	}
	return strings.NewReplacer("{now}", is, "{usual}", l.show(l.normal.usual), "{pool}", l.poolName()).Replace(l.text)
}

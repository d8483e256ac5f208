// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "github.com/otelperf/otelperf-go/slowlog"

const (
	// maxUsualCalls bounds the dependencies of which it is learned what an ordinary request of an endpoint does with them: the first ones.
	maxUsualCalls = 8
	// usualCallsMemory is how many requests a mean reaches back over, as that of [slowlog.Usual].
	usualCallsMemory = 64
)

// callNames are the dependencies of an endpoint, in the order in which they were first seen.
type callNames struct {
	names []string // at most maxUsualCalls
	more  bool     // there were others, of which nothing is known
}

// callMeans are what an ordinary request does with each of callNames, 96 bytes.
type callMeans [maxUsualCalls]callMean

// callMean is of one dependency, for a request.
type callMean struct{ count, total, busy float32 } // milliseconds

// index of a name, which is added if there is room; else -1.
func (c *callNames) index(name string) int {
	for i, n := range c.names {
		if n == name {
			return i
		}
	}
	if len(c.names) == maxUsualCalls {
		c.more = true
		return -1
	}
	c.names = append(c.names, name)
	return len(c.names) - 1
}

// observe takes in the n-th ordinary request.
func (m *callMeans) observe(names *callNames, calls map[string]slowlog.CallTime, n int) {
	weight := 1 / float32(min(max(n, 1), usualCallsMemory))
	for name := range calls {
		names.index(name)
	}
	for i, name := range names.names {
		c, now := calls[name], &m[i]
		now.count += weight * (float32(c.Count) - now.count)
		now.total += weight * (float32(c.TotalMs) - now.total)
		now.busy += weight * (float32(c.BusyMs) - now.busy)
	}
}

// SPDX-License-Identifier: Apache-2.0

package engine

import "time"

// UsualSlow is from which duration on a request of an endpoint is slower than is usual: its threshold of the p99.
type UsualSlow struct {
	Limit time.Duration // which is taken for slow
	Share float64       // of the requests that the baseline was learned of, how many took longer, 0 to 1
}

// UsualSlow returns that of the endpoint that has this id in deltas; ok is false while it is not known.
func (e *Engine) UsualSlow(id int) (u UsualSlow, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id < 0 || id >= len(e.endpoints) || e.endpoints[id] == nil {
		return u, false
	}
	u.Limit, u.Share, ok = e.endpoints[id].detector.Slow()
	return u, ok
}

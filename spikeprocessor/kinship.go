// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import "go.opentelemetry.io/otel/trace"

// kinship is a small set of span ids that are known to descend from a root. Beyond its size it forgets the oldest, which only
// ever means that a span is taken for a stranger and swept later.
type kinship struct {
	ids  [maxPerRequest + 1]trace.SpanID
	n    int
	last trace.SpanID // found last
}

func (k *kinship) add(id trace.SpanID) {
	if k.n < len(k.ids) {
		k.ids[k.n] = id
		k.n++
	}
}

func (k *kinship) has(id trace.SpanID) bool {
	if id == k.last {
		return true
	}
	for i := k.n - 1; i >= 0; i-- {
		if k.ids[i] == id {
			k.last = id
			return true
		}
	}
	return false
}

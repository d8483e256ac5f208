// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

func TestPanicStacks(t *testing.T) {
	var p panicStacks
	if _, _, _, ok := p.find(trace.SpanID{}); ok {
		t.Error("found a panic before there was one")
	}
	for i := range uint64(100) {
		p.note(spanID(i), fmt.Sprint("type", i), "message", "stack")
	}
	for _, tt := range []struct {
		span uint64
		ok   bool
	}{{0, false}, {35, false}, {36, true}, {99, true}, {100, false}} {
		typ, message, stack, ok := p.find(spanID(tt.span))
		if ok != tt.ok || ok && (typ != fmt.Sprint("type", tt.span) || message != "message" || stack != "stack") {
			t.Errorf("span %d: got %q, %q, %q, %v; want found: %v", tt.span, typ, message, stack, ok, tt.ok)
		}
	}
	p.note(spanID(99), "again", strings.Repeat("m", 1<<20), strings.Repeat("s", 1<<20))
	typ, message, stack, _ := p.find(spanID(99))
	if typ != "again" || len(message) != maxErrorMessage || len(stack) != maxErrorStack {
		t.Errorf("got type %q, a message of %d and a stack of %d bytes; want the latest one, clipped", typ, len(message), len(stack))
	}
}

func TestPanicStacksConcurrentSafe(t *testing.T) {
	var p panicStacks
	var wg sync.WaitGroup
	for w := range uint64(8) {
		wg.Go(func() {
			for i := range uint64(200) {
				id := spanID(w<<32 | i)
				p.note(id, fmt.Sprint(id), "m", "s")
				if typ, _, _, ok := p.find(id); ok && typ != fmt.Sprint(id) {
					t.Errorf("found %s for span %s", typ, id)
				}
			}
		})
	}
	wg.Wait()
}

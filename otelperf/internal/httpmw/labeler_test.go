// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// The Labeler of a context is found by otelhttp's key and without it; where there is none, none is made.
func TestLabelerIn(t *testing.T) {
	if labelerKey == nil {
		t.Fatal("the key of otelhttp's Labeler is not known")
	}
	known := labelerKey
	defer func() { labelerKey = known }()
	l := new(otelhttp.Labeler)
	none, with := t.Context(), otelhttp.ContextWithLabeler(t.Context(), l)
	for _, labelerKey = range []any{known, nil} {
		if got := labelerIn(with); got != l {
			t.Errorf("with the key %v: got %p, want %p", labelerKey, got, l)
		}
		if got := labelerIn(none); got != nil {
			t.Errorf("with the key %v: got a Labeler where there is none", labelerKey)
		}
	}
	labelerKey = known
	if n := testing.AllocsPerRun(100, func() { labelerIn(none) }); n != 0 {
		t.Errorf("%v allocations where there is none", n)
	}
}

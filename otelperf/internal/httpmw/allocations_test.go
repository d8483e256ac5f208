// SPDX-License-Identifier: Apache-2.0

//go:build !race

package httpmw

import "testing"

func TestAllocations(t *testing.T) {
	bare := testing.AllocsPerRun(200, request(userMux()))
	plain := testing.AllocsPerRun(200, request(New(Config{})(userMux())))
	headers := testing.AllocsPerRun(200, request(New(Config{Headers: true})(userMux())))
	t.Logf("allocations: mux %v, with middleware %v, with its headers %v", bare, plain, headers)
	// The exchange, the request's copy, and the Labeler that otelhttp makes when it is
	// asked for one and there is none.
	if got := plain - bare; got > 3 {
		t.Errorf("%v allocations more, want at most 3", got)
	}
	labelled := testing.AllocsPerRun(200, request(New(Config{Goroutines: NewGoroutines()})(userMux())))
	if labelled != plain {
		t.Errorf("%v allocations with labels, want %v as without", labelled, plain)
	}
	if got := headers - plain; got > 0 {
		t.Errorf("%v allocations for the headers, want none", got)
	}
}

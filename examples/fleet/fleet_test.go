// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestMergedHistogramsAreRightAveragesAreNot(t *testing.T) {
	var out strings.Builder
	rows, err := run(t.Context(), 200, &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + out.String())
	if len(rows) != len(endpoints) {
		t.Fatalf("%d rows, want %d", len(rows), len(endpoints))
	}
	for i, r := range rows {
		want := uint64(180*endpoints[i].requests + 20*(endpoints[i].requests/4))
		if r.requests != want {
			t.Errorf("%s: %d requests arrived, want %d", r.route, r.requests, want)
		}
		if r.bound > 0.0055 || !(r.off(r.merged) <= r.bound) {
			t.Errorf("%s: the merged p99 is %v, exactly %v: off by more than %.2f %%", r.route, r.merged, r.exact, 100*r.bound)
		}
		if r.off(r.averaged) < 0.1 {
			t.Errorf("%s: the average of p99s is %v, exactly %v: the simulation shows nothing", r.route, r.averaged, r.exact)
		}
	}
}

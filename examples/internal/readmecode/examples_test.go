// SPDX-License-Identifier: Apache-2.0

package readmecode

import "testing"

// All Go code in the READMEs of the examples compiles, in the module that they belong to.
func TestReadmesOfExamples(t *testing.T) {
	found := 0
	for _, module := range []string{"../..", "../../browser", "../../bench"} {
		blocks, err := Blocks(module)
		if err != nil {
			t.Fatal(err)
		}
		found += len(blocks)
		if len(blocks) == 0 {
			continue
		}
		if _, err := Build(module, t.TempDir(), blocks); err != nil {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Error("there is no Go in any README, at least that of expvar should have some")
	}
}

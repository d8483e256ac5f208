// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// answerOfStore is what an instance answers, with numbers of these instances as JSON.
func answerOfStore(t *testing.T, instance string, n int, whose string) Answer {
	t.Helper()
	a := answerOf(1, &latency.Histogram{}, load{instance: instance, route: "/x", n: n, median: 10 * time.Millisecond})
	text := fmt.Sprintf(`{"window": "24h", "slow_queries_count": 7, "stored": {"instances": %s}, "spikes": [{"id": "20260302T021000-k7qd-1", "instance": "a"}]}`, whose)
	if err := json.Unmarshal([]byte(text), a.Summary); err != nil {
		t.Fatal(err)
	}
	return a
}

// What several instances have stored together is taken once, what each has alone is added, and what is neither is refused.
func TestSharedStoreIsCountedOnce(t *testing.T) {
	const both = `["a", "b"]`
	for name, tt := range map[string]struct {
		whose           [3]string // of the instances a, b and c
		count, requests uint64
		refused         int
	}{
		"all of one store":     {[3]string{both, both, both}, 120, 360, 0},
		"two of one store":     {[3]string{both, both, `["c"]`}, 240, 360, 0},
		"each alone":           {[3]string{`["a"]`, `["b"]`, `["c"]`}, 360, 360, 0},
		"nothing is said":      {[3]string{`[]`, `[]`, `[]`}, 360, 360, 0},
		"one is in both":       {[3]string{both, `["b"]`, `["c"]`}, 120, 120, 2},
		"each is in another":   {[3]string{both, `["b", "c"]`, `["c", "a"]`}, 0, 0, 3},
		"a store and a memory": {[3]string{both, both, `[]`}, 240, 360, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var answers []Answer
			for i, whose := range tt.whose {
				answers = append(answers, answerOfStore(t, string(rune('a'+i)), 120, whose))
			}
			refuseOverlaps(answers)
			refused := 0
			for _, a := range answers {
				if a.Err != nil {
					refused++
					if text := a.Err.Error(); !strings.Contains(text, "cannot be added up") || !strings.Contains(text, "give one of them") {
						t.Error(text)
					}
				}
			}
			v := Merge(answers)
			if v.Count != tt.count || v.TotalRequests != tt.requests || refused != tt.refused {
				t.Errorf("%d requests of %d, %d refused, want %d of %d, %d", v.Count, v.TotalRequests, refused, tt.count, tt.requests, tt.refused)
			}
			if want := 7 * tt.count / 120; v.SlowQueriesCount != want || want > 0 && v.SlowText() != fmt.Sprint(want) {
				t.Errorf("%s were slow, want %d in the time", v.SlowText(), want)
			}
			if tt.whose[0] == both && tt.whose[1] == both {
				if len(v.Spikes) != 1 || v.Instances[1].StoredAs != answers[0].URL || !v.Instances[1].Counted() {
					t.Errorf("spikes are %v, the second instance is %+v", v.Spikes, v.Instances[1])
				}
			}
		})
	}
}

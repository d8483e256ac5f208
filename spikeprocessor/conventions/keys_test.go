// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelperf/otelperf-go/slowlog"
)

// TestSlowLogWritesOurKeys: the slow log, which stands below this package, exports spans with the attributes that exported spans get
// from the processor.
func TestSlowLogWritesOurKeys(t *testing.T) {
	entry := &slowlog.Entry{
		Method: "GET", Route: "/a", Kind: "server", Start: time.Now(), Duration: time.Second, Outcome: slowlog.OutcomePanic,
		Reason: slowlog.ReasonThreshold, BaselineP99: time.Millisecond, Ratio: 1000, SpikeID: "s1", Rescued: true,
	}
	text, err := slowlog.OTLP(slices.Values([]*slowlog.Entry{entry}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`"key":"(otelperf\.[^"]*|http\.route)"`).FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[1])
	}
	want := []string{"otelperf.reason"} // which is the slow log's alone
	for _, k := range []attribute.Key{RouteKey, OutcomeKey, SlowKey, BaselineP99Key, BaselineRatioKey, SpikeIDKey, RescuedKey} {
		want = append(want, string(k))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the slow log writes %v, want %v", got, want)
	}
}

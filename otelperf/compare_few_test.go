// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// Where too few minutes are there to tell a change by, both sides are said all the same, and bounds of shares are shares.
func TestFewMinutesSayBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		s.run(time.Until(time.Now().Truncate(time.Minute).Add(3*time.Minute)), 10, 8*time.Millisecond, "/a")
		at := time.Now()
		s.run(2*time.Minute, 10, 80*time.Millisecond, "/a")
		body := testrig.Call(s.mon.Handler(), http.MethodGet, "/compare?"+url.Values{"endpoint": {"GET /a"}, "from": {at.UTC().Format(time.RFC3339)}}.Encode()).Body.String()
		c := object(t, body)
		sentence := c["p50"].(map[string]any)["sentence"].(string)
		if !strings.HasPrefix(sentence, "p50 ") || !strings.Contains(sentence, " ms before it and ") || !strings.Contains(sentence, "since: cannot tell by ") {
			t.Errorf("it says %q", sentence)
		}
		if errors := c["errors"].(map[string]any); !strings.HasPrefix(errors["sentence"].(string), "errors 0 % before it and 0 % since: ") {
			t.Errorf("it says %q", errors["sentence"])
		}
		for _, side := range []string{"before", "since"} {
			if rate := c[side].(map[string]any)["error_rate"].(map[string]any); rate["low"] != 0.0 || rate["high"].(float64) > 0.02 {
				t.Errorf("%s: the share of failures is %v", side, rate)
			}
		}
		_ = s.mon.Shutdown(t.Context())
	})
}

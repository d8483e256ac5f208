// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// What an answer cannot be of is refused, by the name of the parameter, and not left out in silence: a time that is still to come, all instances
// where it is of one, and a fixed time where it is of now.
func TestWhatAnAnswerCannotBeOfIsRefused(t *testing.T) {
	s := newRig(t, plan{}, everybody, otelperf.WithHistory(&testrig.History{}))
	now := time.Now()
	refused := func(path, field, word string) {
		t.Helper()
		r := testrig.Call(s.mon.Handler(), http.MethodGet, path)
		if body := r.Body.String(); r.Code != http.StatusBadRequest || !strings.Contains(body, `"field":"`+field+`"`) || !strings.Contains(body, word) {
			t.Errorf("%s: %d %s, want 400 of %s", path, r.Code, body, field)
		}
	}
	future := fmt.Sprintf("?from=%d&to=%d&method=GET&route=/a", now.Add(time.Hour).Unix(), now.Add(2*time.Hour).Unix())
	for _, path := range []string{
		"summary", "metrics", "endpoints", "dependencies", "endpoints/series", "endpoints/distribution", "endpoints/heatmap", "spikes", "slow", "marks",
		"slow/0af7651916cd43dd8448eb211c80319c", "slow/0af7651916cd43dd8448eb211c80319c/otlp",
	} {
		refused("/"+path+future, "from", "still to come")
	}
	refused("/compare?endpoint=GET+/a&from="+url.QueryEscape(now.Add(time.Hour).Format(time.RFC3339)), "from", "still to come")
	for _, path := range []string{"slow", "runtime", "marks", "errors", "active", "endpoints/series?route=/a"} {
		with := "?"
		if strings.Contains(path, "?") {
			with = "&"
		}
		refused("/"+path+with+"scope=fleet", "scope", "of one instance")
		refused("/"+path+with+"scope=all", "scope", "accepted are instance, fleet")
	}
	for _, path := range []string{"summary", "endpoints", "slow", "spikes", "marks", "runtime", "endpoints/series", "slow/0af7651916cd43dd8448eb211c80319c"} {
		refused("/"+path+"?method=GET&route=/a&from=", "from", "from is empty")
		refused("/"+path+"?method=GET&route=/a&from=1000&to=", "to", "to is empty")
	}
	for _, path := range []string{"/errors", "/active"} {
		refused(path+"?from=1000&to=2000", "from", "not of a fixed time")
		refused(path+"?to=2000", "to", "not of a fixed time")
	}
	for _, path := range []string{
		"/slow?scope=instance", "/runtime?scope=instance", "/errors?scope=instance", "/marks?scope=instance",
		fmt.Sprintf("/spikes?from=%d&to=%d", now.Add(-time.Hour).Unix(), now.Add(time.Hour).Unix()),
	} {
		if r := testrig.Call(s.mon.Handler(), http.MethodGet, path); r.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.Code, r.Body)
		}
	}
}

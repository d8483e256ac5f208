// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// A slow request that no spike names is found by its id alone, however long ago it was, and the list of a time counts those of that time.
func TestTraceOfAHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &testrig.History{}
		s := newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
		began := time.Now()
		s.run(2*time.Second, 1, 900*time.Millisecond, "/a")
		if err := s.mon.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, later := range []time.Duration{time.Hour, 10 * 24 * time.Hour, 300 * 24 * time.Hour} {
			time.Sleep(time.Until(began.Add(later)))
			s = newBubble(t, "1.0", everybody, otelperf.WithHistory(store))
			s.run(5*time.Second, 1, 900*time.Millisecond, "/b")
			a := asker{t, s.mon.Handler()}
			then := fmt.Sprintf("?from=%d&to=%d", began.Unix(), began.Add(time.Minute).Unix())
			list := a.ask("/slow", "%s", then)
			all := listOf(list, "slow")
			if len(all) != 2 || list["count"] != 2.0 || list["stored"] != 2.0 {
				t.Fatalf("after %v the list of then has %d, count %v, stored %v; want 2 of each", later, len(all), list["count"], list["stored"])
			}
			path := "/slow/" + all[0]["trace_id"].(string)
			for _, query := range []string{"", "?window=24h", then} {
				if found := listOf(a.ask(path, "%s", query), "requests"); len(found) != 1 || found[0]["route"] != "/a" {
					t.Errorf("after %v %s is %v", later, query, found)
				}
			}
			if r := a.call(path+"/otlp", ""); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), all[0]["trace_id"].(string)) {
				t.Errorf("after %v as OTLP: %d %s", later, r.Code, r.Body)
			}
			for of, want := range map[string]string{
				path + fmt.Sprintf("?from=%d&to=%d", began.Add(time.Minute).Unix(), began.Add(time.Hour).Unix()): "Without from and to",
				"/slow/0af7651916cd43dd8448eb211c80319c":                                                         "nor in the history",
			} {
				if r := testrig.Call(s.mon.Handler(), http.MethodGet, of); r.Code != http.StatusNotFound || !strings.Contains(r.Body.String(), want) {
					t.Errorf("%s: %d %s, want 404 with %q", of, r.Code, r.Body, want)
				}
			}
			if r := testrig.Call(s.mon.Handler(), http.MethodGet, path+"?window=24"); r.Code != http.StatusBadRequest {
				t.Errorf("a window that is none: %d %s", r.Code, r.Body)
			}
			if err := s.mon.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

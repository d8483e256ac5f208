// SPDX-License-Identifier: Apache-2.0

package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/notify"
)

// A Monitor whose spikes go to Alertmanager.
func Example() {
	alertmanager := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { fmt.Println(r.Method, r.URL.Path) }))
	defer alertmanager.Close()
	n, err := notify.New(notify.Alertmanager(alertmanager.URL), notify.WithBaseURL("https://shop.example.com/debug/otelperf/"))
	if err != nil {
		fmt.Println(err)
		return
	}
	mon, err := otelperf.New(otelperf.WithNotifier(n))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mon.Shutdown(context.Background())

	for _, r := range n.Test(context.Background(), "shop", "shop-1") {
		fmt.Println(r.Kind, r.Err)
	}
	// Output:
	// POST /api/v2/alerts
	// POST /api/v2/alerts
	// firing <nil>
	// resolved <nil>
}

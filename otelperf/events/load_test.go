// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
)

// go test -run TestLoad -v ./otelperf/events -load 20s
var loadTime = flag.Duration("load", time.Second, "how long TestLoad sends 50,000 events a second")

// countingProvider keeps nothing.
type countingProvider struct {
	embedded.LoggerProvider
	n atomic.Uint64
}

type countingLogger struct {
	embedded.Logger
	n *atomic.Uint64
}

func (p *countingProvider) Logger(string, ...log.LoggerOption) log.Logger {
	return countingLogger{n: &p.n}
}
func (l countingLogger) Emit(context.Context, log.Record)                    { l.n.Add(1) }
func (l countingLogger) Enabled(context.Context, log.EnabledParameters) bool { return true }

const (
	loadClients = 50
	loadEvery   = 100 * time.Millisecond // a batch of 100 from each client: 50,000 a second
)

func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	provider := &countingProvider{}
	tr, err := New(WithLoggerProvider(provider), WithSampling(Sampling{Events: 0.8}))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/t/", http.StripPrefix("/t", NewHandler(tr, HandlerOptions{Rate: -1})))
	mux.HandleFunc("/own", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	srv := httptest.NewServer(mux)
	defer srv.Close()
	srv.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 2 * loadClients

	quiet := probe(t, srv, *loadTime/4)
	before := heap()
	var wg sync.WaitGroup
	clients := make([]BatchResult, loadClients)
	for c := range clients {
		wg.Go(func() { clients[c] = loadClient(t, srv, c) })
	}
	busy := probe(t, srv, *loadTime)
	wg.Wait()
	mustFlush(t, tr)
	grown := heap() - before

	s := tr.Stats()
	var sum BatchResult
	for _, c := range clients {
		sum.Accepted += c.Accepted
		sum.Refused += c.Refused
		sum.SampledOut += c.SampledOut
		sum.Dropped += c.Dropped
	}
	sent := sum.Accepted + sum.Refused + sum.SampledOut + sum.Dropped
	conserve(t, s, uint64(sent))
	if uint64(sum.Accepted) != s.Accepted || uint64(sum.Refused) != s.Refused || uint64(sum.SampledOut) != s.SampledOut || uint64(sum.Dropped) != s.Dropped {
		t.Errorf("clients were told %+v; stats say %+v", sum, s)
	}
	if provider.n.Load() != s.Accepted {
		t.Errorf("emitted %d of %d accepted events", provider.n.Load(), s.Accepted)
	}
	if s.Refused == 0 || s.SampledOut == 0 || s.DroppedBy["duplicate"] == 0 {
		t.Errorf("the load should have all kinds: %+v", s)
	}
	if grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	t.Logf("%d events in %v: accepted %d, refused %v, sampled out %d, dropped %v; heap +%.1f MiB",
		sent, *loadTime, s.Accepted, s.RefusedBy, s.SampledOut, s.DroppedBy, float64(grown)/(1<<20))
	t.Logf("own handler: quiet p50 %v p99 %v, under load p50 %v p99 %v", quiet[0], quiet[1], busy[0], busy[1])
	if err := tr.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// loadClient sends batches with ids of its own, in each a repetition and an event that is refused.
func loadClient(t *testing.T, srv *httptest.Server, client int) (sum BatchResult) {
	time.Sleep(time.Duration(client) * loadEvery / loadClients) // clients do not send in step
	tick := time.NewTicker(loadEvery)
	defer tick.Stop()
	end := time.Now().Add(*loadTime)
	for i := 0; time.Now().Before(end); i++ {
		body := batchOf(98, fmt.Sprintf("c%d-%d", client, i))
		first := body[strings.Index(body, `{"name"`) : strings.Index(body, `}},`)+2]
		body = strings.TrimSuffix(body, "]}") + "," + first + `,{"name":"Not A Name"}]}`
		resp, err := srv.Client().Post(srv.URL+"/t/batch-track", "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return sum
		}
		var r struct {
			Accepted, Refused, Dropped int
			SampledOut                 int `json:"sampled_out"`
		}
		err = json.NewDecoder(resp.Body).Decode(&r)
		_ = resp.Body.Close()
		if err != nil || r.Accepted+r.Refused+r.SampledOut+r.Dropped != 100 {
			t.Errorf("answer %+v: %v", r, err)
		}
		sum.Accepted += r.Accepted
		sum.Refused += r.Refused
		sum.SampledOut += r.SampledOut
		sum.Dropped += r.Dropped
		<-tick.C
	}
	return sum
}

// probe asks the service's own handler every 5 ms and returns the 50th and 99th percentile of its latency.
func probe(t *testing.T, srv *httptest.Server, d time.Duration) [2]time.Duration {
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		start := time.Now()
		resp, err := srv.Client().Get(srv.URL + "/own")
		if err != nil {
			t.Error(err)
			break
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	if len(took) == 0 {
		return [2]time.Duration{}
	}
	return [2]time.Duration{took[len(took)/2], took[len(took)*99/100]}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

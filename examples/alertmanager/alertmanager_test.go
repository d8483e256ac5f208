// SPDX-License-Identifier: Apache-2.0

package alertmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/examples/internal/freeport"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/notify"
)

const instances = 200

// patience is for a busy machine; nothing waits so long on another.
const patience = 2 * time.Minute

// notification is what Alertmanager posts to a receiver.
type notification struct {
	Status   string
	GroupKey string
	Alerts   []struct {
		Status       string
		Labels       map[string]string
		Annotations  map[string]string
		StartsAt     time.Time
		Fingerprint  string
		GeneratorURL string
	}
}

// oncall is the receiver.
type oncall struct {
	mu  sync.Mutex
	all []notification
}

func (o *oncall) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var n notification
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		n.Status = err.Error()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, n)
}

// seen are the notifications so far, and how many alerts were in them with a status, each counted once.
func (o *oncall) seen(status string) (all []notification, alerts int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	which := map[string]bool{}
	for _, n := range o.all {
		for _, a := range n.Alerts {
			if a.Status == status {
				which[a.Fingerprint] = true
			}
		}
	}
	return append(all, o.all...), len(which)
}

// Instances with one shared incident are one group of one alert each; a restart fires nothing anew, and the end arrives.
func TestFleetIsOneGroup(t *testing.T) {
	program := exampletest.Command(t, exampletest.Alertmanager, "prometheus-alertmanager")
	receiver := &oncall{}
	hook := httptest.NewServer(receiver)
	defer hook.Close()
	url := start(t, program, hook.URL)

	fleet := notifiers(t, url)
	for i, n := range fleet {
		n.Notify(notice("firing", i))
	}
	eventually(t, "all instances to be notified", func() bool { _, n := receiver.seen("firing"); return n == instances })
	all, _ := receiver.seen("firing")
	one := &all[0].Alerts[0]
	if !strings.Contains(one.Annotations["summary"], "96 % in POST inventory") || !strings.Contains(one.GeneratorURL, "/spikes/") || one.Labels["endpoint"] != "GET /cart" {
		t.Errorf("an alert is %+v", one)
	}

	stop(t, fleet) // a restart: each instance knows its incident from the state file
	before := updates(t, url)
	fleet = notifiers(t, url)
	for i, n := range fleet {
		again := notice("open", i)
		again.Version = "1.5.0"
		n.Notify(again)
	}
	eventually(t, "all instances to say that it goes on", func() bool {
		now := updates(t, url)
		for id, at := range before {
			if now[id] == at {
				return false
			}
		}
		return len(now) == instances
	})
	time.Sleep(3 * time.Second) // some group intervals, in which a notification would come
	if after, _ := receiver.seen("firing"); len(after) != len(all) {
		t.Errorf("%d notifications after the restart, %d before", len(after), len(all))
	}

	for i, n := range fleet {
		n.Notify(notice("resolved", i))
	}
	eventually(t, "all instances to be resolved", func() bool { _, n := receiver.seen("resolved"); return n == instances })
	stop(t, fleet)
	all, firing := receiver.seen("firing")
	if last := all[len(all)-1]; last.Status != "resolved" {
		t.Errorf("the last notification is %s", last.Status)
	}
	for _, n := range all {
		if n.GroupKey != all[0].GroupKey {
			t.Errorf("there are groups %s and %s, want one", all[0].GroupKey, n.GroupKey)
		}
	}
	if firing != instances {
		t.Errorf("%d alerts fired, want %d", firing, instances)
	}
}

// start runs an Alertmanager with the configuration of this directory, faster and with hook as the receiver.
func start(t *testing.T, program, hook string) (url string) {
	t.Helper()
	raw, err := os.ReadFile("alertmanager.yml")
	must(t, err)
	config := strings.NewReplacer("http://127.0.0.1:9095/oncall", hook, "group_wait: 15s", "group_wait: 3s", "group_interval: 1m", "group_interval: 1s").Replace(string(raw))
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "alertmanager.yml"), []byte(config), 0o600))
	address, err := freeport.Address()
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "--config.file="+filepath.Join(dir, "alertmanager.yml"), "--storage.path="+dir, "--web.listen-address="+address, "--cluster.listen-address=")
	var log strings.Builder
	cmd.Stderr = &log
	must(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	eventually(t, "Alertmanager to be ready", func() bool {
		resp, err := http.Get("http://" + address + "/-/ready")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return "http://" + address
}

func notifiers(t *testing.T, url string) (all []*notify.Notifier) {
	t.Helper()
	for range instances {
		n, err := notify.New(notify.Alertmanager(url), notify.WithBaseURL("https://shop.example.com/debug/otelperf/"))
		must(t, err)
		all = append(all, n)
	}
	return all
}

func stop(t *testing.T, all []*notify.Notifier) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var errs []error
	for _, n := range all {
		errs = append(errs, n.Shutdown(ctx))
	}
	must(t, errors.Join(errs...))
}

var began = time.Now().UTC()

// notice is one of the shared incident as the i-th instance sees it.
func notice(kind string, i int) otelperf.Notice {
	sp := otelperf.Spike{
		ID: began.Format("20060102T150405") + "-1", State: "open", Matter: "latency", Severity: "critical", Start: began, At: began, Reason: "GET /cart: p99 900 ms, usually 80 ms",
		Cause: "GET /cart: +380 ms a slow request; 96 % in POST inventory", Endpoints: []otelperf.SpikeEndpoint{{Method: "GET", Route: "/cart", At: began}},
	}
	return otelperf.Notice{Kind: kind, Time: time.Now().UTC(), Service: "shop", Instance: fmt.Sprintf("shop-%d", i), Version: "1.4.2", Spike: sp}
}

// updates says when each alert was sent last.
func updates(t *testing.T, url string) map[string]string {
	t.Helper()
	resp, err := http.Get(url + "/api/v2/alerts")
	must(t, err)
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	must(t, err)
	var all []struct{ Fingerprint, UpdatedAt string }
	must(t, json.Unmarshal(raw, &all))
	at := map[string]string{}
	for _, a := range all {
		at[a.Fingerprint] = a.UpdatedAt
	}
	return at
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

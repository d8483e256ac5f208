// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// pastRig is a collector with histories.
type pastRig struct {
	*shownRig
	sent map[int64]int // minute -> requests of checkout that ended in it
}

// newPast starts one at the time of a clock.
func newPast(t *testing.T, c *clock, connector string) *pastRig {
	port, at := freePort(t), freePort(t)
	s := &shownRig{clock: c, url: fmt.Sprintf("http://127.0.0.1:%d/", at), token: secret}
	s.rig = newRigOf(t, newShareBook(c.time, false), port, shownConfig(t, port, at, "token: "+secret, connector))
	return &pastRig{shownRig: s, sent: map[int64]int{}}
}

// tickEvery is how often such a collector judges: more seldom than one that runs, as there are hours to go.
const tickEvery = 5 * time.Second

// goes has checkout asked each five seconds for so long, each of its requests taking so long.
func (s *pastRig) goes(d, took time.Duration) {
	s.Helper()
	for end := s.clock.time().Add(d); s.clock.time().Before(end); {
		now := s.clock.time()
		s.ask(now, "checkout", took)
		s.sent[now.Unix()/60]++
		s.passes(tickEvery)
	}
}

// ask has a request of a service end at a time.
func (s *pastRig) ask(at time.Time, service string, took time.Duration) {
	s.Helper()
	td := ptrace.NewTraces()
	s.n++
	r := s.span(spansOf(td, "shop", service), ptrace.SpanKindServer, "POST /orders", 1, 0, at, took+time.Duration(s.n*7919%13)*time.Millisecond)
	r.Attributes().PutStr("http.request.method", "POST")
	r.Attributes().PutStr("http.route", "/orders")
	r.Attributes().PutInt("http.response.status_code", 200)
	s.send(td)
}

// passes has time pass without a request.
func (s *pastRig) passes(d time.Duration) {
	for end := s.clock.time().Add(d); s.clock.time().Before(end); {
		s.clock.set(s.clock.time().Add(tickEvery))
		s.share().tick(s.clock.time())
	}
}

// between are how many requests of checkout ended in the minutes from one up to another.
func (s *pastRig) between(from, to time.Time) (n int) {
	for m := from.Unix() / 60; m < to.Unix()/60; m++ {
		n += s.sent[m]
	}
	return n
}

// stored is what the test reads of answers about a past time.
type stored struct {
	Count         int
	WindowSeconds float64 `json:"window_seconds"`
	Endpoints     []struct {
		Route string
		Count int
		P99Ms float64 `json:"p99_ms"`
		Usual *struct {
			Yesterday *struct{ Count int }
		}
	}
	Points []struct{ Count int }
	Spikes []struct{ ID, State string }
	Slow   []struct {
		DurationMs float64 `json:"duration_ms"`
	}
	Windows []string
}

func (s *pastRig) of(path string) (a stored) {
	s.Helper()
	s.get(checkoutPath+path, &a)
	return a
}

func span(path string, from, to time.Time) string {
	return path + "?" + url.Values{"from": {fmt.Sprint(from.Unix())}, "to": {fmt.Sprint(to.Unix())}}.Encode()
}

// TestHistory: of a service that has been seen for longer than a day, the page's windows, any time, what was usual and the incidents of
// then are there; over a restart, too, and no goroutine after the end.
func TestHistory(t *testing.T) {
	if testing.Short() {
		t.Skip("it simulates a day")
	}
	goroutines := runtime.NumGoroutine() + 1 // that of os/signal, which the first collector starts
	end := time.Now().Truncate(time.Minute)
	c := &clock{now: end.Add(-26 * time.Hour)}
	dir := t.TempDir()
	config := fmt.Sprintf("{history: {directory: %q}, state: {directory: %q}}", dir, t.TempDir())
	s := newPast(t, c, config)
	began := c.time()
	s.goes(2*time.Hour, 40*time.Millisecond)
	slowFrom := c.time()
	s.goes(20*time.Minute, 900*time.Millisecond)
	slowTo := c.time()
	s.goes(10*time.Hour, 40*time.Millisecond)
	s.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	next := newPast(t, c, config)
	next.sent, next.n = s.sent, s.n
	s = next
	s.goes(end.Sub(c.time()), 40*time.Millisecond)

	day := s.of("endpoints?window=24h&usual=true")
	if want := s.between(end.Add(-24*time.Hour), end); len(day.Endpoints) != 1 || abs(day.Endpoints[0].Count-want) > 36 || day.Endpoints[0].P99Ms < 500 || day.Endpoints[0].P99Ms > 1000 {
		t.Errorf("a day of %d requests, of which some are slow, is %+v", want, day)
	}
	hour := s.of("endpoints?window=1h&usual=true")
	if u := hour.Endpoints[0].Usual; u == nil || u.Yesterday == nil || u.Yesterday.Count != s.between(end.Add(-25*time.Hour), end.Add(-24*time.Hour)) {
		t.Errorf("usual is %+v", u)
	}
	from, to := began.Add(time.Hour), began.Add(90*time.Minute)
	if then := s.of(span("endpoints", from, to)); len(then.Endpoints) != 1 || then.Endpoints[0].Count != s.between(from, to) || then.Endpoints[0].P99Ms > 60 {
		t.Errorf("of %d requests of then there are %+v", s.between(from, to), then)
	}
	if then := s.of(span("summary", from, from.Add(5*time.Minute))); then.WindowSeconds != 300 {
		t.Errorf("five minutes of then are %v s", then.WindowSeconds)
	}
	if spikes := s.of(span("spikes", slowFrom, slowTo)); len(spikes.Spikes) == 0 {
		t.Error("no spike of then is stored")
	} else if one := spikes.Spikes[0]; one.State != "ended" {
		t.Errorf("the spike of then is %+v", one)
	}
	if slow := s.of(span("slow", slowFrom, slowTo)); len(slow.Slow) == 0 || slow.Slow[0].DurationMs < 900 {
		t.Errorf("slow requests of then are %+v", slow.Slow)
	}
	n := 0
	for _, p := range s.of("endpoints/series?method=POST&route=/orders&window=24h").Points {
		n += p.Count
	}
	if want := s.between(end.Add(-24*time.Hour), end); abs(n-want) > 36 {
		t.Errorf("the chart of a day has %d requests, want %d", n, want)
	}
	if config := s.of("config"); !strings.Contains(strings.Join(config.Windows, " "), "7d") {
		t.Errorf("windows are %q", config.Windows)
	}
	if minutes, failed := s.own("otelcol_connector_otelperf_history_minutes"), s.own("otelcol_connector_otelperf_history_failures"); minutes < 13*60 || failed != 0 {
		t.Errorf("%d minutes were stored since the restart, %d failed", minutes, failed)
	}
	s.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	noMoreThan(t, goroutines)
}

func abs(n int) int { return max(n, -n) }

// TestHistoryOverReload: each request counts once, in the minute of a reload, too, whatever is changed in which order.
func TestHistoryOverReload(t *testing.T) {
	end := time.Now().Truncate(time.Minute)
	c := &clock{now: end.Add(-3*time.Hour + 13*time.Second)}
	a, b := t.TempDir(), t.TempDir()
	began := c.time()
	s := newPast(t, c, fmt.Sprintf("{history: {directory: %q}}", a))
	s.goes(20*time.Minute+17*time.Second, 40*time.Millisecond)
	at := fmt.Sprintf("directory: %q", a)
	for _, change := range []string{at + ", keep: 100h", fmt.Sprintf("directory: %q", b), at, at + ", keep: 200h"} {
		old := s.share()
		first, rest, _ := strings.Cut(s.config.yaml, "{history: {")
		_, rest, _ = strings.Cut(rest, "}}")
		s.config.change(first + "{history: {" + change + "}}" + rest)
		s.until("it is reloaded", func() bool {
			now := s.share()
			return now != nil && now != old && s.col.GetState() == otelcol.StateRunning
		})
		s.goes(10*time.Minute+10*time.Second, 40*time.Millisecond)
	}
	s.goes(time.Minute, 40*time.Millisecond)
	s.passes(30 * time.Second) // what is within the lateness at the end is not judged
	s.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	c.set(end.Add(-20 * time.Second)) // another process, later
	next := newPast(t, c, fmt.Sprintf("{history: {directory: %q}}", a))
	next.n = s.n
	next.goes(20*time.Second, 40*time.Millisecond)
	next.passes(20 * time.Second)
	total := 0
	for _, n := range s.sent {
		total += n
	}
	got := next.of(span("endpoints", began.Truncate(time.Minute), end.Add(-time.Hour)))
	if len(got.Endpoints) != 1 || got.Endpoints[0].Count != total {
		t.Errorf("of %d requests there are %+v", total, got.Endpoints)
	}
}

// TestHistoryMoves: a service goes to another collector with the same directories, and its history with it, each request once.
func TestHistoryMoves(t *testing.T) {
	end := time.Now().Truncate(time.Minute)
	c := &clock{now: end.Add(-3 * time.Hour)}
	began := c.time()
	config := fmt.Sprintf("{history: {directory: %q}, state: {directory: %q}}", t.TempDir(), t.TempDir())
	a, b := newPast(t, c, config), newPast(t, c, config)
	run := func(to *pastRig, d time.Duration) {
		for until := c.time().Add(d); c.time().Before(until); {
			to.ask(c.time(), "checkout", 40*time.Millisecond)
			a.sent[c.time().Unix()/60]++
			c.set(c.time().Add(tickEvery))
			a.share().tick(c.time())
			b.share().tick(c.time())
		}
	}
	run(a, 30*time.Minute+20*time.Second)
	b.n = a.n
	run(b, 90*time.Minute)
	a.n = b.n
	run(a, end.Sub(c.time()))
	if services := b.share().fleet.Services(); len(services) != 0 || b.own("otelcol_connector_otelperf_history_services") != 0 {
		t.Errorf("the second collector has %d services still", len(services))
	}
	total := a.between(began, end.Add(-time.Minute))
	got := a.of(span("endpoints", began, end.Add(-time.Minute)))
	if len(got.Endpoints) != 1 || got.Endpoints[0].Count != total {
		t.Errorf("of %d requests there are %+v", total, got.Endpoints)
	}
}

// TestHistoryBound: there are as many files as may be. One that nobody has written for a day makes room.
func TestHistoryBound(t *testing.T) {
	c := &clock{now: time.Now().Truncate(time.Minute).Add(-10 * time.Minute)}
	dir := t.TempDir()
	config := fmt.Sprintf("{history: {directory: %q, max_services: 2}}", dir)
	s := newPast(t, c, config)
	s.ask(c.time(), "checkout", 40*time.Millisecond)
	s.passes(2 * time.Minute)
	s.ask(c.time(), "cart", 40*time.Millisecond)
	s.passes(10 * time.Second)
	s.ask(c.time(), "mail", 40*time.Millisecond)
	s.passes(10 * time.Second)
	files := func() []string {
		all, err := filepath.Glob(filepath.Join(dir, "*.history.db"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if without := s.own("otelcol_connector_otelperf_history_services_without"); without != 1 || len(files()) != 2 {
		t.Errorf("%d services have no history, and files are %q", without, files())
	}
	code, text := s.status(http.MethodGet, "services/shop%2Fmail/summary?window=24h", "")
	if code != http.StatusBadRequest || !strings.Contains(text, "history") {
		t.Errorf("the day of a service without a history is %d %s", code, text)
	}
	s.stop()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for _, f := range files() {
		if strings.Contains(f, "checkout") {
			if err := os.Chtimes(f, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
	}
	next := newPast(t, c, config)
	next.ask(c.time(), "mail", 40*time.Millisecond)
	next.passes(2 * time.Minute)
	if all := files(); len(all) != 2 || strings.Contains(strings.Join(all, " "), "checkout") || next.own("otelcol_connector_otelperf_history_services") != 1 {
		t.Errorf("after a day files are %q", all)
	}
	if code, text := next.status(http.MethodGet, "services/shop%2Fmail/summary?window=24h", ""); code != http.StatusOK {
		t.Errorf("the day of the service is %d %s", code, text)
	}
}

// TestHistoryOfAnotherOwner: a file that another collector has, without a state by which it would let go of it, and one that is damaged, take
// nothing from what is judged, and what waits is written when it can be.
func TestHistoryOfAnotherOwner(t *testing.T) {
	end := time.Now().Truncate(time.Minute)
	c := &clock{now: end.Add(-25 * time.Minute)}
	began := c.time()
	dir := t.TempDir()
	config := fmt.Sprintf("{history: {directory: %q}}", dir)
	a, b := newPast(t, c, config), newPast(t, c, config)
	a.goes(time.Minute, 40*time.Millisecond)
	b.n = a.n
	b.goes(10*time.Minute, 40*time.Millisecond)
	if n := b.share().fleet.Find("shop/checkout").Engine().Counted(); n < 115 {
		t.Errorf("%d requests are counted", n)
	}
	if failed := b.own("otelcol_connector_otelperf_history_failures"); failed == 0 {
		t.Error("no failure is counted, though another one has the file")
	}
	var health struct {
		Checks []struct{ Name, Status, Detail string }
	}
	b.get(checkoutPath+"health", &health)
	said := false
	for _, check := range health.Checks {
		said = said || check.Name == "history" && check.Status == "warn" && strings.Contains(check.Detail, "another process")
	}
	if !said {
		t.Errorf("the health does not say that another one has the file: %+v", health.Checks)
	}
	a.passes(20 * time.Second)
	a.stop()
	b.goes(7*time.Minute, 40*time.Millisecond)
	b.goes(end.Sub(c.time()), 40*time.Millisecond)
	for m, n := range b.sent {
		a.sent[m] += n
	}
	got := b.of(span("endpoints", began, end.Add(-time.Minute)))
	if want := a.between(began, end.Add(-time.Minute)); len(got.Endpoints) != 1 || got.Endpoints[0].Count != want {
		t.Errorf("of %d requests there are %+v", want, got.Endpoints)
	}
	b.stop()

	files, err := filepath.Glob(filepath.Join(dir, "*.history.db"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files are %q", files)
	}
	f, err := os.OpenFile(files[0], os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 16<<10), 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c.set(end)
	later := newPast(t, c, config)
	later.n = b.n
	later.goes(3*time.Minute, 40*time.Millisecond)
	if aside, _ := filepath.Glob(files[0] + ".damaged-*"); len(aside)+int(later.own("otelcol_connector_otelperf_history_failures")) == 0 {
		t.Error("of a damaged file nothing is said")
	}
	if n := later.share().fleet.Find("shop/checkout").Engine().Counted(); n < 30 {
		t.Errorf("%d requests are counted beside a damaged file", n)
	}
}

// TestHistoryStays: a service goes to a collector with a directory of its own. What that has not seen it says, and the other one has.
func TestHistoryStays(t *testing.T) {
	end := time.Now().Truncate(time.Minute)
	c := &clock{now: end.Add(-3 * time.Hour)}
	began, state := c.time(), t.TempDir()
	of := func() *pastRig {
		return newPast(t, c, fmt.Sprintf("{history: {directory: %q}, state: {directory: %q}}", t.TempDir(), state))
	}
	a, b := of(), of()
	a.goes(time.Hour, 40*time.Millisecond)
	moved := c.time()
	b.n = a.n
	b.goes(end.Sub(c.time()), 40*time.Millisecond)
	var got struct {
		Stored struct {
			Missing float64 `json:"missing_seconds"`
		}
		Endpoints []struct{ Count int }
	}
	b.get(checkoutPath+span("endpoints", began, end.Add(-time.Minute)), &got)
	if want := b.between(moved, end.Add(-time.Minute)); len(got.Endpoints) != 1 || abs(got.Endpoints[0].Count-want) > 3 {
		t.Errorf("of %d requests that it has seen there are %+v", want, got.Endpoints)
	}
	if before := moved.Sub(began).Seconds(); got.Stored.Missing < before-60 || got.Stored.Missing > before+60 {
		t.Errorf("of %v s that it has not seen it says %v", before, got.Stored.Missing)
	}
}

// TestSpikeMovesWithItsCause: of an incident that goes on at another collector, what was found out before is there still.
func TestSpikeMovesWithItsCause(t *testing.T) {
	end := time.Now().Truncate(time.Second).Add(-time.Second)
	c := &clock{now: end.Add(-35 * time.Minute)}
	config := fmt.Sprintf("{history: {directory: %q}, state: {directory: %q}}", t.TempDir(), t.TempDir())
	a, b := newPast(t, c, config), newPast(t, c, config)
	a.seconds(20*60, 20*time.Millisecond)
	a.seconds(5*60, 700*time.Millisecond)
	var before, after struct {
		Spikes []struct{ ID, Cause, State string }
	}
	if a.get(checkoutPath+"spikes", &before); len(before.Spikes) != 1 || before.Spikes[0].State != "open" || before.Spikes[0].Cause == "" {
		t.Fatalf("spikes are %+v", before.Spikes)
	}
	a.passes(time.Minute) // in which it is stored
	a.stop()
	b.n = a.n
	b.seconds(60, 700*time.Millisecond)
	if b.get(checkoutPath+"spikes", &after); len(after.Spikes) != 1 || after.Spikes[0].ID != before.Spikes[0].ID || after.Spikes[0].Cause == "" {
		t.Errorf("spikes are %+v, and were %+v", after.Spikes, before.Spikes)
	}
}

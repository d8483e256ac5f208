// SPDX-License-Identifier: Apache-2.0

package otelperf_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/internal/testrig"
)

// reader is a client of the stream without a network. It may refuse to take anything.
type reader struct {
	mu     sync.Mutex
	b      bytes.Buffer
	header http.Header
	status int
	stuck  chan struct{} // writes wait for it, if it is there
	done   chan struct{} // the handler returned
	cancel context.CancelFunc
}

func (r *reader) Header() http.Header    { return r.header }
func (r *reader) WriteHeader(status int) { r.status = status }
func (r *reader) Flush()                 {}
func (r *reader) Write(p []byte) (int, error) {
	if r.stuck != nil {
		<-r.stuck
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.b.Write(p)
}

// connect opens a stream. headers are names and values by turns.
func connect(h http.Handler, path string, stuck chan struct{}, headers ...string) *reader {
	r := &reader{header: http.Header{}, status: http.StatusOK, stuck: stuck, done: make(chan struct{})}
	req := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	ctx, cancel := context.WithCancel(req.Context())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		h.ServeHTTP(r, req.WithContext(ctx))
	}()
	return r
}

func (r *reader) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// frames are the messages so far, without the first, which only sets the time to reconnect.
func (r *reader) frames() []frame {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []frame
	for text := range strings.SplitSeq(strings.TrimSuffix(r.b.String(), "\n\n"), "\n\n") {
		var f frame
		for line := range strings.Lines(text) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch name {
			case "id":
				f.id = value
			case "event":
				f.event = value
			case "data":
				f.data = value
			case "":
				f.event = "comment"
			}
		}
		if f.event != "" {
			all = append(all, f)
		}
	}
	return all
}

type frame struct{ id, event, data string }

func events(frames []frame) (names []string) {
	for _, f := range frames {
		names = append(names, f.event)
	}
	return names
}

func count(frames []frame, event string) (n int) {
	for _, f := range frames {
		if f.event == event {
			n++
		}
	}
	return n
}

// A summary at once and each second, slow requests when they end, spikes when they start and end.
func TestStreamTellsOfEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newBubble(t, "1.0", everybody)
		c := connect(s.mon.Handler(), "/stream?window=1m", nil)
		time.Sleep(10*time.Second + time.Millisecond)
		if got := count(c.frames(), "summary"); got != 11 || c.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%d summaries in 10 s of type %q, want one at once and 10 more", got, c.header.Get("Content-Type"))
		}
		if v := object(t, c.frames()[0].data); v["window"] != "1m" || v["total_requests"] != 0.0 {
			t.Errorf("the first summary is %v", v)
		}
		s.run(3*time.Minute, 20, 20*time.Millisecond, "/a")
		s.run(30*time.Second, 20, 600*time.Millisecond, "/a")
		s.run(3*time.Minute, 20, 20*time.Millisecond, "/a")
		check := newSchemaChecker(t)
		var types []string
		for _, f := range c.frames() {
			schema := map[string]string{"summary": "Summary", "slow": "SlowRequest", "spike": "SpikeChange", "mark": "Mark"}[f.event]
			v := object(t, f.data)
			if f.event != "summary" {
				for _, wrong := range check.check(check.at("components/schemas/"+schema), v, f.event) {
					t.Fatal(wrong)
				}
			}
			if (f.id != "") != (f.event != "summary") {
				t.Fatalf("%s has the id %q", f.event, f.id)
			}
			if f.event == "spike" {
				types = append(types, v["type"].(string))
				if ids := v["spike"].(map[string]any)["slow_requests"].([]any); len(ids) == 0 || len(ids) > 3 {
					t.Errorf("%s names the requests %v, want one to three", v["type"], ids)
				}
			}
		}
		if got := strings.Join(types, " "); got != "spike_started spike_ended" {
			t.Errorf("changes of spikes are %q", got)
		}
		if count(c.frames(), "slow") == 0 {
			t.Error("no slow request was told of")
		}
		_ = s.mon.Shutdown(t.Context())
		synctest.Wait()
		if !c.ended() {
			t.Error("the stream goes on after Shutdown")
		}
	})
}

// A client that comes back gets what it missed, once; one with the id of another process gets all that is kept.
func TestStreamReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		h := rg.mon.Handler()
		slow := func(n int) {
			for range n {
				rg.request("GET", "/a", http.StatusOK, time.Second)
				time.Sleep(20 * time.Millisecond)
			}
			synctest.Wait()
		}
		first := connect(h, "/stream?events=slow", nil)
		synctest.Wait()
		slow(3)
		got := first.frames()
		if len(got) != 3 || got[0].id == got[1].id {
			t.Fatalf("frames are %v, want 3 with ids", events(got))
		}
		first.cancel()
		slow(2)
		for last, want := range map[string]int{"": 0, got[2].id: 2, got[0].id: 4, "another-1": 5, "nonsense": 5, strings.Repeat("9", 65): 0} {
			again := connect(h, "/stream?events=slow", nil, "Last-Event-ID", last)
			synctest.Wait()
			if n := len(again.frames()); n != want {
				t.Errorf("after %.20q: %d messages, want %d", last, n, want)
			}
			again.cancel()
		}
		slow(200)
		again := connect(h, "/stream?events=slow", nil, "Last-Event-ID", got[2].id)
		synctest.Wait()
		if n := len(again.frames()); n != 128 {
			t.Errorf("after many: %d messages, want the 128 that are kept", n)
		}
		_ = rg.mon.Shutdown(t.Context())
		synctest.Wait()
	})
}

// While nothing else is sent there is a comment every 15 s.
func TestStreamHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		c := connect(rg.mon.Handler(), "/stream?events=spike,slow", nil)
		time.Sleep(46 * time.Second)
		if got := events(c.frames()); !slices.Equal(got, []string{"comment", "comment", "comment"}) {
			t.Errorf("in 46 s there came %v, want 3 comments", got)
		}
		c.cancel()
		synctest.Wait()
		if !c.ended() {
			t.Error("the handler stays when its client has left")
		}
		_ = rg.mon.Shutdown(t.Context())
	})
}

// Beyond the limit there is a 503, and room again when a client has left.
func TestStreamLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody, otelperf.WithMaxStreams(2))
		h := rg.mon.Handler()
		a, b := connect(h, "/stream", nil), connect(h, "/stream", nil)
		synctest.Wait()
		third := connect(h, "/stream", nil)
		<-third.done
		if third.status != http.StatusServiceUnavailable || third.header.Get("Retry-After") == "" || third.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("the third of two: %d %v", third.status, third.header)
		}
		a.cancel()
		<-a.done
		fourth := connect(h, "/stream", nil)
		synctest.Wait()
		if fourth.ended() {
			t.Errorf("no room after one has left: %d", fourth.status)
		}
		if st := rg.mon.Diagnostics().Streams; st.Clients != 2 || st.Max != 2 || st.Refused != 1 {
			t.Errorf("statistics are %+v", st)
		}
		_ = rg.mon.Shutdown(t.Context())
		<-b.done
		<-fourth.done
		late := connect(h, "/stream", nil)
		<-late.done
		if late.status != http.StatusServiceUnavailable {
			t.Errorf("after Shutdown: %d", late.status)
		}
	})
}

// A client that does not read is dropped; others, and the service, do not notice.
func TestStreamDropsSlowReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rg := newRig(t, plan{}, everybody)
		h := rg.mon.Handler()
		stuck := make(chan struct{})
		slow, quick := connect(h, "/stream", stuck), connect(h, "/stream", nil)
		time.Sleep(3 * time.Minute) // a summary each second fills the queue
		if st := rg.mon.Diagnostics().Streams; st.Clients != 1 || st.Dropped != 1 {
			t.Errorf("after three minutes: %+v, want one dropped and one left", st)
		}
		if n := count(quick.frames(), "summary"); n < 180 {
			t.Errorf("the quick one has %d summaries of 180", n)
		}
		close(stuck) // its write returns
		synctest.Wait()
		if !slow.ended() {
			t.Error("the slow one's handler stays")
		}
		_ = rg.mon.Shutdown(t.Context())
		<-quick.done
	})
}

// A storm of slow requests never waits for the stream.
func TestStreamStormConcurrentSafe(t *testing.T) {
	rg := newRig(t, plan{}, everybody)
	h := rg.mon.Handler()
	var clients []*reader
	for range 8 {
		clients = append(clients, connect(h, "/stream", nil))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				rg.request("GET", "/a", http.StatusInternalServerError, time.Second)
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			c := connect(h, "/stream", nil, "Last-Event-ID", "x-0")
			c.cancel()
			<-c.done
		}
	})
	wg.Wait()
	if err := rg.mon.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		<-c.done
	}
}

// On a real server neither its timeouts nor its Shutdown stand in the way: the stream outlives the ones, and ends with the other.
func TestStreamOnAServer(t *testing.T) {
	rg := newRig(t, plan{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const timeout = 200 * time.Millisecond
	srv := &http.Server{Handler: rg.mon.Handler(), ReadTimeout: timeout, WriteTimeout: timeout}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	var resp *http.Response
	testrig.Eventually(t, "a request arrives within the server's timeout", func() bool {
		resp, err = http.Get("http://" + l.Addr().String() + "/stream?events=slow")
		return err == nil
	})
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || lines.Text() != "retry: 2000" {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	time.Sleep(2 * timeout)
	rg.request("GET", "/a", http.StatusOK, time.Second)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
	}
	if !strings.Contains(lines.Text(), `"route":"/a"`) {
		t.Fatalf("after the server's timeouts: %q, %v", lines.Text(), lines.Err())
	}
	ctx, cancel := context.WithTimeout(t.Context(), testrig.Patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("the server's Shutdown: %v", err)
	}
	if rest, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("the stream ended with %q, %v, want a clean end", rest, err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// With the service switched off there is no stream, and nothing hangs.
func TestStreamDisabled(t *testing.T) {
	t.Setenv("OTELPERF_DISABLED", "true")
	rg := newRig(t, plan{}, everybody)
	c := connect(rg.mon.Handler(), "/stream", nil)
	<-c.done
	if c.status != http.StatusServiceUnavailable || !strings.Contains(c.b.String(), "OTELPERF_DISABLED") {
		t.Error(c.status, c.b.String())
	}
}

// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

const (
	heartbeatEvery = 15 * time.Second // a comment, when nothing else was sent: proxies cut connections that are silent
	streamPatience = 10 * time.Second // how long one write may take
)

// serveStream sends server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the client leaves,
// or the Monitor or the server shuts down. Its deadlines are its own: a WriteTimeout or ReadTimeout of the server would cut it.
func (m *Monitor) serveStream(w http.ResponseWriter, r *http.Request) {
	q := queryOf(r)
	c := &streamClient{window: q.window(), events: q.events(), queue: make(chan message, streamQueue), gone: make(chan struct{})}
	if q.refused(w) {
		return
	}
	streamHeaders(w.Header())
	if r.Method == http.MethodHead {
		return
	}
	c.server, _ = r.Context().Value(http.ServerContextKey).(*http.Server)
	missed, ok := m.streams.join(c, r.Header.Get("Last-Event-ID"))
	if !ok {
		w.Header().Set("Retry-After", "5")
		problem.Write(w, problem.Problem{Status: http.StatusServiceUnavailable, Detail: m.noStream()})
		return
	}
	defer m.streams.leave(c)
	s := &eventWriter{w: w, control: http.NewResponseController(w), id: m.streams.id}
	_ = s.control.SetReadDeadline(time.Time{}) // where that is not supported there is no deadline of ours to lift
	if !s.write("retry: 2000\n\n") {
		return
	}
	for _, msg := range missed {
		if !s.event(msg) {
			return
		}
	}
	if c.events[streamSummary] && !s.event(m.firstSummary(c.window)) {
		return
	}
	s.run(r, c)
}

// noStream says why there is none to be had.
func (m *Monitor) noStream() string {
	switch {
	case m.disabled != "":
		return m.disabled + " is set: there is nothing to stream."
	case m.closed.Load():
		return "The Monitor was shut down."
	}
	return fmt.Sprintf("%d clients read the stream already, and no more are served: poll GET summary, or raise WithMaxStreams.", m.streams.max)
}

// firstSummary spares a new client the wait for the next one.
func (m *Monitor) firstSummary(w Window) message {
	body, err := m.snapshots.get("summary "+string(w), snapshotAge, func() any { return m.Summary(w) })
	if err != nil {
		return message{}
	}
	return message{name: streamSummary, data: []byte(strings.TrimSpace(string(body)))}
}

func streamHeaders(h http.Header) {
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // for nginx
}

// events reads ?events=, names with commas between; the default is all.
func (q *query) events() map[string]bool {
	text := q.values.Get("events")
	if text == "" {
		text = strings.Join(streamEvents, ",")
	}
	want := map[string]bool{}
	for name := range strings.SplitSeq(text, ",") {
		want[name] = true
	}
	known := 0
	for _, name := range streamEvents {
		if want[name] {
			known++
		}
	}
	if known != len(want) {
		q.refuse("events", fmt.Sprintf("events is %.40q", text), strings.Join(streamEvents, ", "))
	}
	return want
}

// eventWriter writes one client's stream. Every write has a deadline; the first that fails is the last.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	id      func(uint64) string
}

// run writes what comes until there is a reason to end.
func (s *eventWriter) run(r *http.Request, c *streamClient) {
	heartbeat := time.NewTicker(heartbeatEvery)
	defer heartbeat.Stop()
	for {
		ok := true
		select {
		case msg := <-c.queue:
			heartbeat.Reset(heartbeatEvery)
			ok = s.event(msg)
		case <-heartbeat.C:
			ok = s.write(": still here\n\n")
		case <-c.gone:
			return
		case <-r.Context().Done():
			return
		}
		if !ok {
			return
		}
	}
}

// event writes a message. Its data is JSON on one line.
func (s *eventWriter) event(msg message) bool {
	if msg.name == "" {
		return true
	}
	id := ""
	if msg.seq > 0 {
		id = "id: " + s.id(msg.seq) + "\n"
	}
	return s.write(id + "event: " + msg.name + "\ndata: " + string(msg.data) + "\n\n")
}

func (s *eventWriter) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience)) // not supported: then the server's holds
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

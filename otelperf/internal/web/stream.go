// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

const (
	heartbeatEvery = 15 * time.Second // a comment, when nothing else was sent: proxies cut connections that are silent
	streamPatience = 10 * time.Second // how long one write may take
)

// Stream is what one request wants of a Broadcaster.
type Stream struct {
	Form   string          // of the state
	Topics map[string]bool // those of Names that the client wants
	First  func() []byte   // the state of now, which spares a new client the wait for the next one; nil, or returning nil: none
	Full   string          // the answer to a client for whom there is no room
}

// Names are the topics that a client may choose from.
func (b *Broadcaster) Names() []string { return append([]string{b.topics.State}, b.topics.Events...) }

// Serve sends server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the client leaves, or the
// broadcaster or the server shuts down. Its deadlines are its own: a WriteTimeout or ReadTimeout of the server would cut it.
func (b *Broadcaster) Serve(w http.ResponseWriter, r *http.Request, s Stream) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // for nginx
	if r.Method == http.MethodHead {
		return
	}
	c := &client{form: s.Form, topics: s.Topics, queue: make(chan message, clientQueue), gone: make(chan struct{})}
	c.server, _ = r.Context().Value(http.ServerContextKey).(*http.Server)
	missed, ok := b.join(c, r.Header.Get("Last-Event-ID"))
	if !ok {
		h.Set("Retry-After", "5")
		problem.Write(w, problem.Problem{Status: http.StatusServiceUnavailable, Detail: s.Full})
		return
	}
	defer b.leave(c)
	out := &eventWriter{w: w, control: http.NewResponseController(w), id: b.id}
	_ = out.control.SetReadDeadline(time.Time{}) // where that is not supported there is no deadline of ours to lift
	if !out.write("retry: 2000\n\n") {
		return
	}
	for _, msg := range missed {
		if !out.event(msg) {
			return
		}
	}
	if c.topics[b.topics.State] && s.First != nil {
		if data := s.First(); data != nil && !out.event(message{topic: b.topics.State, data: []byte(strings.TrimSpace(string(data)))}) {
			return
		}
	}
	out.run(r, c)
}

// eventWriter writes one client's stream. Every write has a deadline; the first that fails is the last.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	id      func(uint64) string
}

// run writes what comes until there is a reason to end.
func (s *eventWriter) run(r *http.Request, c *client) {
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
	id := ""
	if msg.seq > 0 {
		id = "id: " + s.id(msg.seq) + "\n"
	}
	return s.write(id + "event: " + msg.topic + "\ndata: " + string(msg.data) + "\n\n")
}

func (s *eventWriter) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience)) // not supported: then the server's holds
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}

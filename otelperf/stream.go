// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Bounds of the stream.
const (
	defaultMaxStreams = 64
	streamQueue       = 128 // messages that wait for one client; with more it is dropped
	streamRing        = 128 // slow and spike messages kept for clients that come back
	streamInbox       = 256 // requests and spikes that wait for the goroutine of the stream
	maxServers        = 16  // HTTP servers whose shutdown ends their streams
	summaryEvery      = time.Second
)

// Names of the stream's events.
const (
	streamSummary = "summary" // a Summary, each second
	streamSlow    = "slow"    // a SlowRequest that was just kept
	streamSpike   = "spike"   // a SpikeChange
)

var streamEvents = []string{streamSummary, streamSlow, streamSpike}

// SpikeChange is the data of the stream's event "spike".
type SpikeChange struct {
	Type  string    `json:"type"` // spike_started, spike_updated or spike_ended, of the whole spike
	Time  time.Time `json:"time"`
	Spike Spike     `json:"spike"`
}

// eventSpikeUpdated is the Type of a SpikeChange in between.
const eventSpikeUpdated = "spike_updated"

// message is one event, encoded for the wire. All clients share its bytes.
type message struct {
	name string
	seq  uint64 // 0: it is not replayed
	data []byte
}

// broadcaster hands summaries, slow requests and spikes to the clients of GET stream. It has one goroutine, which never
// waits for a client: one whose queue is full is dropped. Memory: streamRing messages of at most about 4 KiB, and for each
// client streamQueue messages that all share.
type broadcaster struct {
	worker
	epoch   string // tells the message ids of this process from those of another
	max     int
	summary func(Window) *Summary

	inbox chan func() (string, any) // encodes in the broadcaster's goroutine, not in that of the request

	lost, dropped, refused atomic.Uint64

	mu      sync.Mutex // guards all below; held for microseconds
	clients map[*streamClient]struct{}
	servers map[*http.Server]struct{}
	ring    []message // oldest first
	seq     uint64
	closed  bool
}

// streamClient is one reader of the stream.
type streamClient struct {
	window Window
	events map[string]bool
	server *http.Server // nil: not known
	queue  chan message
	gone   chan struct{} // closed when the client is to go
}

func newBroadcaster(limit int, began time.Time, summary func(Window) *Summary) *broadcaster {
	return &broadcaster{
		worker: newWorker(), epoch: strconv.FormatInt(began.UnixMilli(), 36), max: limit, summary: summary,
		inbox:   make(chan func() (string, any), streamInbox),
		clients: map[*streamClient]struct{}{}, servers: map[*http.Server]struct{}{},
	}
}

// slow passes on a request that was just kept. It never blocks, and encodes nothing.
func (b *broadcaster) slow(e *slowlog.Entry) {
	b.put(func() (string, any) { return streamSlow, slowRequest(e) })
}

// spike passes on a change of a spike. It never blocks.
func (b *broadcaster) spike(ev *SpikeEvent) {
	change := SpikeChange{Type: eventSpikeUpdated, Time: ev.Time.UTC(), Spike: ev.Spike}
	switch {
	case ev.Opened:
		change.Type = EventSpikeStarted
	case ev.Closed:
		change.Type = EventSpikeEnded
	}
	b.put(func() (string, any) { return streamSpike, change })
}

func (b *broadcaster) put(f func() (string, any)) {
	select {
	case b.inbox <- f:
	default:
		b.lost.Add(1)
	}
}

func (b *broadcaster) start() {
	b.run(func() {
		ticker := time.NewTicker(summaryEvery)
		defer ticker.Stop()
		for {
			select {
			case f := <-b.inbox:
				b.guard(func() { b.send(f()) })
			case <-ticker.C:
				b.guard(b.sendSummaries)
			case <-b.stop:
				return
			}
		}
	})
}

// guard turns a fault of ours into a count.
func (b *broadcaster) guard(f func()) {
	defer func() {
		if recover() != nil {
			b.lost.Add(1)
		}
	}()
	f()
}

// close ends every stream, and waits for the goroutine within ctx.
func (b *broadcaster) close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	for c := range b.clients {
		b.leaveLocked(c)
	}
	b.mu.Unlock()
	return b.worker.close(ctx)
}

// send keeps an event for those who come back, and gives it to all clients that want it.
func (b *broadcaster) send(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		b.lost.Add(1)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	msg := message{name: name, seq: b.seq, data: data}
	if len(b.ring) == streamRing {
		b.ring = append(b.ring[:0], b.ring[1:]...)
	}
	b.ring = append(b.ring, msg)
	for c := range b.clients {
		b.giveLocked(c, msg)
	}
}

// sendSummaries makes one summary for each window that somebody looks at.
func (b *broadcaster) sendSummaries() {
	for w := range b.watched() {
		data, err := json.Marshal(b.summary(w))
		if err != nil {
			b.lost.Add(1)
			continue
		}
		b.mu.Lock()
		for c := range b.clients {
			if c.window == w {
				b.giveLocked(c, message{name: streamSummary, data: data})
			}
		}
		b.mu.Unlock()
	}
}

func (b *broadcaster) watched() map[Window]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	windows := map[Window]bool{}
	for c := range b.clients {
		if c.events[streamSummary] {
			windows[c.window] = true
		}
	}
	return windows
}

// giveLocked queues a message for a client, or drops the client if it does not keep up.
func (b *broadcaster) giveLocked(c *streamClient, msg message) {
	if !c.events[msg.name] {
		return
	}
	select {
	case c.queue <- msg:
	default:
		b.dropped.Add(1)
		b.leaveLocked(c)
	}
}

func (b *broadcaster) leaveLocked(c *streamClient) {
	if _, ok := b.clients[c]; ok {
		delete(b.clients, c)
		close(c.gone)
	}
}

func (b *broadcaster) leave(c *streamClient) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaveLocked(c)
}

// join adds a client and returns what it has missed since the message with id last. ok is false where there is no room,
// or no stream any more.
func (b *broadcaster) join(c *streamClient, last string) (missed []message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || !b.started || len(b.clients) >= b.max {
		b.refused.Add(1)
		return nil, false
	}
	b.clients[c] = struct{}{}
	b.watchLocked(c.server)
	since, known := b.parseID(last)
	if !known {
		return nil, true
	}
	for _, msg := range b.ring {
		if msg.seq > since && c.events[msg.name] {
			missed = append(missed, msg)
		}
	}
	return missed, true
}

// watchLocked has the streams of a server end when it shuts down: its Shutdown waits for requests that run, and a stream
// runs for ever.
func (b *broadcaster) watchLocked(srv *http.Server) {
	if _, known := b.servers[srv]; srv == nil || known || len(b.servers) >= maxServers {
		return
	}
	b.servers[srv] = struct{}{}
	srv.RegisterOnShutdown(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.servers, srv)
		for c := range b.clients {
			if c.server == srv {
				b.leaveLocked(c)
			}
		}
	})
}

// id is what a client sends back as Last-Event-ID.
func (b *broadcaster) id(seq uint64) string { return fmt.Sprintf("%s-%d", b.epoch, seq) }

// parseID reads a Last-Event-ID. Of one from another process all that is kept is news.
func (b *broadcaster) parseID(id string) (seq uint64, known bool) {
	if id == "" || len(id) > 64 {
		return 0, false
	}
	epoch, number, _ := strings.Cut(id, "-")
	if epoch != b.epoch {
		return 0, true
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, err == nil
}

// StreamStats says how the stream fares.
type StreamStats struct {
	Clients int    `json:"clients"`
	Max     int    `json:"max"`
	Refused uint64 `json:"refused"` // clients beyond Max
	Dropped uint64 `json:"dropped"` // clients that read too slowly
	Lost    uint64 `json:"lost"`    // events that came too fast
}

func (b *broadcaster) stats() StreamStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return StreamStats{Clients: len(b.clients), Max: b.max, Refused: b.refused.Load(), Dropped: b.dropped.Load(), Lost: b.lost.Load()}
}

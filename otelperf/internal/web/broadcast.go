// SPDX-License-Identifier: Apache-2.0

package web

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

	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

// Bounds of a stream.
const (
	clientQueue = 128 // messages that wait for one client; with more it is dropped
	keptEvents  = 128 // that are kept for clients that come back
	inboxSize   = 256 // events that wait for the goroutine of the stream
	maxServers  = 16  // HTTP servers whose shutdown ends their streams
	stateEvery  = time.Second
)

// Topics are what a stream has. Each client chooses among them.
type Topics struct {
	// State is the name of the topic that every client gets once a second in the form that it asked for, and Produce makes it.
	State   string
	Produce func(form string) any
	// Events are the names of the topics that come as they happen.
	Events []string
}

// message is one event, encoded for the wire. All clients share its bytes.
type message struct {
	topic string
	seq   uint64 // 0: it is not replayed
	data  []byte
}

// Broadcaster hands a state and events to the clients of a stream. It has one goroutine, which never waits for a client: one
// whose queue is full is dropped. Memory: 128 events of at most about 4 KiB, and for each client 128 messages that all share.
type Broadcaster struct {
	worker *worker.Worker
	topics Topics
	faults *fault.Log
	epoch  string // tells the message ids of this process from those of another
	max    int

	inbox chan func() (topic string, v any) // encodes in the broadcaster's goroutine, not in that of the request

	lost, dropped, refused atomic.Uint64

	mu      sync.Mutex // guards all below; held for microseconds
	clients map[*client]struct{}
	servers map[*http.Server]struct{}
	kept    []message // oldest first
	seq     uint64
	running bool
}

// client is one reader of the stream.
type client struct {
	form   string
	topics map[string]bool
	server *http.Server // nil: not known
	queue  chan message
	gone   chan struct{} // closed when the client is to go
}

// NewBroadcaster returns one for at most limit clients, which counts its faults in faults. It refuses all until Start.
func NewBroadcaster(limit int, t Topics, faults *fault.Log) *Broadcaster {
	return &Broadcaster{
		worker: worker.New(), faults: faults, epoch: strconv.FormatInt(time.Now().UnixMilli(), 36), max: limit, topics: t,
		inbox: make(chan func() (string, any), inboxSize), clients: map[*client]struct{}{}, servers: map[*http.Server]struct{}{},
	}
}

// Send passes on an event, which f encodes later. It never blocks.
func (b *Broadcaster) Send(topic string, f func() any) {
	select {
	case b.inbox <- func() (string, any) { return topic, f() }:
	default:
		b.lost.Add(1)
	}
}

// Start begins to hand on, until Close.
func (b *Broadcaster) Start() {
	b.mu.Lock()
	b.running = true
	b.mu.Unlock()
	b.worker.Run(func() {
		ticker := time.NewTicker(stateEvery)
		defer ticker.Stop()
		for {
			select {
			case f := <-b.inbox:
				b.guard(func() { b.send(f()) })
			case <-ticker.C:
				b.guard(b.sendState)
			case <-b.worker.Stopping():
				return
			}
		}
	})
}

// guard survives a fault of ours, which costs an event.
func (b *Broadcaster) guard(f func()) {
	if !b.faults.Guard("the stream", f) {
		b.lost.Add(1)
	}
}

// Close ends every stream, and waits for the goroutine within ctx. It may be called more than once.
func (b *Broadcaster) Close(ctx context.Context) error {
	b.mu.Lock()
	b.running = false
	for c := range b.clients {
		b.leaveLocked(c)
	}
	b.mu.Unlock()
	return b.worker.Close(ctx)
}

// send keeps an event for those who come back, and gives it to all clients that want it.
func (b *Broadcaster) send(topic string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		b.lost.Add(1)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seq++
	msg := message{topic: topic, seq: b.seq, data: data}
	if len(b.kept) == keptEvents {
		b.kept = append(b.kept[:0], b.kept[1:]...)
	}
	b.kept = append(b.kept, msg)
	for c := range b.clients {
		b.giveLocked(c, msg)
	}
}

// sendState makes the state once for each form that somebody looks at.
func (b *Broadcaster) sendState() {
	for form := range b.forms() {
		data, err := json.Marshal(b.topics.Produce(form))
		if err != nil {
			b.lost.Add(1)
			continue
		}
		b.mu.Lock()
		for c := range b.clients {
			if c.form == form {
				b.giveLocked(c, message{topic: b.topics.State, data: data})
			}
		}
		b.mu.Unlock()
	}
}

func (b *Broadcaster) forms() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	forms := map[string]bool{}
	for c := range b.clients {
		if c.topics[b.topics.State] {
			forms[c.form] = true
		}
	}
	return forms
}

// giveLocked queues a message for a client, or drops the client if it does not keep up.
func (b *Broadcaster) giveLocked(c *client, msg message) {
	if !c.topics[msg.topic] {
		return
	}
	select {
	case c.queue <- msg:
	default:
		b.dropped.Add(1)
		b.leaveLocked(c)
	}
}

func (b *Broadcaster) leaveLocked(c *client) {
	if _, ok := b.clients[c]; ok {
		delete(b.clients, c)
		close(c.gone)
	}
}

func (b *Broadcaster) leave(c *client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.leaveLocked(c)
}

// join adds a client and returns what it has missed since the message with id last. ok is false where there is no room,
// or no stream any more.
func (b *Broadcaster) join(c *client, last string) (missed []message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.running || len(b.clients) >= b.max {
		b.refused.Add(1)
		return nil, false
	}
	b.clients[c] = struct{}{}
	b.watchLocked(c.server)
	since, known := b.parseID(last)
	if !known {
		return nil, true
	}
	for _, msg := range b.kept {
		if msg.seq > since && c.topics[msg.topic] {
			missed = append(missed, msg)
		}
	}
	return missed, true
}

// watchLocked has the streams of a server end when it shuts down: its Shutdown waits for requests that run, and a stream
// runs for ever.
func (b *Broadcaster) watchLocked(srv *http.Server) {
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
func (b *Broadcaster) id(seq uint64) string { return fmt.Sprintf("%s-%d", b.epoch, seq) }

// parseID reads a Last-Event-ID. Of one from another process all that is kept is news.
func (b *Broadcaster) parseID(id string) (seq uint64, known bool) {
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

// BroadcastStats says how a stream fares: clients now and at most, clients refused for want of room, dropped since they read too
// slowly, and events lost since they came too fast.
type BroadcastStats struct {
	Clients, Max           int
	Refused, Dropped, Lost uint64
}

// Stats returns the counts since the broadcaster was made.
func (b *Broadcaster) Stats() BroadcastStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return BroadcastStats{Clients: len(b.clients), Max: b.max, Refused: b.refused.Load(), Dropped: b.dropped.Load(), Lost: b.lost.Load()}
}

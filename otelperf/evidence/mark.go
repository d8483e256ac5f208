// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"context"
	rtrace "runtime/trace"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/trace"

	"github.com/otelperf/otelperf-go/otelperf/evidence/internal/history"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	// enoughSlow is how many slow requests there are to be in a recording.
	enoughSlow = 30
	// maxMessage has room for the longest mark: the names of an endpoint are bounded.
	maxMessage = 800
)

// marks writes requests into the trace, and counts those of the recording at hand.
type marks struct {
	since  atomic.Int64 // unix ns of the recording's begin
	slow   atomic.Int32 // requests of which at least four fifths lie in the recording
	enough chan struct{}
}

var messages = sync.Pool{New: func() any { return new([maxMessage]byte) }}

// begin starts the counting anew.
func (m *marks) begin(now time.Time) {
	m.slow.Store(0)
	m.since.Store(now.UnixNano())
	select {
	case <-m.enough:
	default:
	}
}

// mark writes a request that ends into the trace. It must be called on the goroutine that served it. It allocates nothing. A call that
// the program makes on nobody's behalf is no request: who waits for it works for nobody else meanwhile.
func (m *marks) mark(span trace.SpanID, ep conventions.Endpoint, d time.Duration, slow bool) {
	if ep.Kind == conventions.KindDependency {
		return
	}
	buf := messages.Get().(*[maxMessage]byte)
	b := history.AppendMark(buf[:0], span, ep.Method, ep.Route, d, slow)
	rtrace.Log(context.Background(), history.Category, unsafe.String(&b[0], len(b))) // the runtime copies it
	messages.Put(buf)
	if slow && time.Now().Add(-d/5*4).UnixNano() >= m.since.Load() && m.slow.Add(1) == enoughSlow {
		select {
		case m.enough <- struct{}{}:
		default:
		}
	}
}

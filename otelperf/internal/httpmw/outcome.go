// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"
	"net/http"

	"github.com/otelperf/otelperf-go/slowlog"
)

// An ending is all that decides the outcome, as an instance found it when the handler
// below returned.
type ending struct {
	panicked   bool
	aborted    bool
	hijacked   bool
	events     bool // a stream by what was sent
	status     int  // 0: nothing was sent
	gone       bool // the client has left
	cut        bool // the deadline of writes ended the reply
	late       bool // something was written after it had left
	writeError bool
	misled     bool            // the status of the span may be another one: otelhttp takes the first that it hears of
	bodyless   bool            // HEAD
	bytes      int64           // of the body
	declared   int64           // Content-Length; -1: none
	rpc        slowlog.Outcome // what grpc-status says
	rpcKnown   bool
}

// ending reads the state of the exchange. panicked and aborted of the caller's own
// handler are for the caller to add. w is the writer that the caller's handler had: a handler that http.TimeoutHandler has left behind
// must not look at another one's headers, which are being sent. With nil, what they say is not known.
func (e *exchange) ending(w http.ResponseWriter) ending {
	gone := e.clientGone()
	marks := e.marks.Load()
	cut := marks&markCut != 0 // what is canceled or late then, is so by that
	status := int(e.status.Load())
	if marks&markTimedOut != 0 {
		status = http.StatusServiceUnavailable
	}
	n := ending{
		panicked:   marks&markPanicked != 0,
		hijacked:   marks&markHijacked != 0,
		events:     marks&markEvents != 0,
		status:     status,
		gone:       gone && !cut || marks&markWriteError != 0,
		cut:        cut,
		late:       !cut && marks&markLate != 0,
		writeError: marks&markWriteError != 0,
		misled:     marks&markMisled != 0,
		bodyless:   e.head,
		bytes:      e.bytes.Load(),
		declared:   e.declared.Load() - 1,
	}
	if marks&(markLines|markFlushed) == markLines|markFlushed && n.declared < 0 {
		n.events = true
	}
	if w != nil && (marks&markRPC != 0 || status == 0 && marks&markHijacked == 0 && isRPC(w.Header())) {
		e.readRPC(&n, w.Header())
	}
	return n
}

// isRPC says whether a reply that was not begun, and goes out as it is, is one with a gRPC status.
func isRPC(header http.Header) bool {
	kind := header["Content-Type"]
	return len(kind) > 0 && marksOf(kind[0])&markRPC != 0
}

// readRPC adds what the frames and the trailers of a reply say. More than one message is a stream.
func (e *exchange) readRPC(n *ending, header http.Header) {
	var flags byte
	var last []byte
	if f := e.frames.Load(); f != nil {
		var messages int
		messages, flags, last = f.end()
		n.events = n.events || messages > 1
	}
	n.rpc, n.rpcKnown = rpcOutcome(header, flags, last)
}

// clientGone says whether net/http canceled the request. A context canceled with a
// cause of its own (a signal, a shutdown) was canceled by someone else; one that is
// over its deadline, too.
func (e *exchange) clientGone() bool {
	return e.Err() == context.Canceled && context.Cause(e.Context) == context.Canceled
}

func (n ending) outcome() slowlog.Outcome {
	switch {
	case n.panicked:
		return slowlog.OutcomePanic
	case n.stream() && (n.gone || !n.rpcFailed()):
		return slowlog.OutcomeStream // these end by the client's leaving, or by an abort
	case n.gone && !n.complete():
		return slowlog.OutcomeCanceled
	case n.aborted:
		return slowlog.OutcomeAborted
	}
	o := slowlog.OutcomeOfStatus(n.status)
	if n.rpcKnown && n.status < 400 {
		o = n.rpc
	}
	if n.cut && o != slowlog.OutcomeServerError {
		return slowlog.OutcomeAborted
	}
	return o
}

// rpcFailed says whether the reply has the status of an error. One that is canceled is the client's doing.
func (n ending) rpcFailed() bool {
	return n.rpcKnown && (n.rpc == slowlog.OutcomeServerError || n.rpc == slowlog.OutcomeClientError)
}

// told is what a span has to be told of an outcome.
func (n ending) told(o slowlog.Outcome) told {
	return told{o, n.misled || !o.StatusTells() || o != slowlog.OutcomeOfStatus(n.status)}
}

func (n ending) stream() bool {
	return n.hijacked || n.status == http.StatusSwitchingProtocols || n.events && n.status < 400
}

// complete says whether the client can have had the whole reply when it left. One
// of unknown length has no end before the handler returns.
func (n ending) complete() bool {
	switch {
	case n.aborted, n.status == 0, n.late, n.writeError:
		return false
	case n.bodyless, n.status == http.StatusNoContent, n.status == http.StatusNotModified:
		return true
	}
	return n.declared >= 0 && n.bytes >= n.declared
}

// shownStatus is the status for the request line and Done.
func (n ending) shownStatus(outcome slowlog.Outcome, upgrade bool) int {
	switch {
	case outcome == slowlog.OutcomeCanceled:
		return StatusCanceled
	case n.status != 0:
		return n.status
	case n.panicked:
		return http.StatusInternalServerError
	case n.hijacked && upgrade:
		return http.StatusSwitchingProtocols
	case n.aborted:
		return 0
	}
	return http.StatusOK // net/http sends it for a handler that wrote nothing
}

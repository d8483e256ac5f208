// SPDX-License-Identifier: Apache-2.0

package events

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
)

// What is longer in a request or exception event is cut.
const (
	maxShortText = 256     // bytes of a route, an outcome, an exception's type
	maxMessage   = 1 << 10 // bytes of an exception's message
	maxStack     = 8 << 10 // bytes of an exception's stack
)

// RequestEvent is a request that has ended.
type RequestEvent struct {
	// Method is the HTTP method; others than the standard ones are recorded as _OTHER.
	Method string
	// Route is the template of the path, never the path itself. Optional; cut after 256 bytes.
	Route string
	// Status is the HTTP status, 0 for none.
	Status int
	// Outcome says in a word how it ended. Optional; cut after 256 bytes.
	Outcome string
	// Failed says that the service is to blame: then the event has severity ERROR.
	Failed bool
	// Duration is how long the request took; below 0 counts as 0.
	Duration time.Duration
	// End is when the request ended. Zero means now.
	End time.Time
	// SessionID is as in Event. Optional; one that is not valid is left out.
	SessionID string
	// UserID is as in Event. Optional; one that is not valid is left out.
	UserID string
}

// Request records a request as an event named otelperf.request, by the sampling rate of requests. One that is
// sampled out is counted without allocation or lock (with a session: one short lock).
func (t *Tracker) Request(ctx context.Context, r RequestEvent) {
	if t.pipe.closed.Load() {
		_ = t.drop(nil, reasonShutdown, ErrShutdown)
		return
	}
	if !validID(r.SessionID) {
		r.SessionID = ""
	}
	span := trace.SpanContextFromContext(ctx)
	if sampleKey(r.SessionID, span.TraceID()) >= t.sampling.Load().requests {
		t.see(t.request, r.SessionID, time.Now())
		t.request.sampledOut.Add(1)
		return
	}
	t.submitRequest(span, &r)
}

func (t *Tracker) submitRequest(span trace.SpanContext, r *RequestEvent) {
	d := draft{
		Event:   Event{Name: nameRequest, Time: r.End, SessionID: r.SessionID, UserID: knownUser(r.UserID)},
		span:    span,
		sampled: true, // decided above; with neither session nor trace, chance decides only once
		extra: []attribute.KeyValue{
			attribute.String(keyMethod, standardMethod(r.Method)),
			attribute.Float64(keyDuration, max(r.Duration, 0).Seconds()),
		},
	}
	d.addText(keyRoute, r.Route, maxShortText)
	d.addText(keyOutcome, r.Outcome, maxShortText)
	if r.Status != 0 {
		d.extra = append(d.extra, attribute.Int(keyStatus, r.Status))
	}
	if r.Failed {
		d.severity = log.SeverityError
	}
	_ = t.submit(&d) // counted there; nobody waits for the answer
}

// ExceptionEvent is a panic or an error that a request ended with.
type ExceptionEvent struct {
	// Type is that of the error or value, such as *fs.PathError; cut after 256 bytes.
	Type string
	// Message is recorded only with WithExceptionMessages; cut after 1 KiB.
	Message string
	// Stack is the stack trace. Optional; cut after 8 KiB.
	Stack string
	// Method is that of the request. Optional; others than the standard ones are recorded as _OTHER.
	Method string
	// Route is the template of the request's path, never the path itself. Optional; cut after 256 bytes.
	Route string
	// Time is when it happened. Zero means now.
	Time time.Time
	// SessionID is as in Event. Optional; one that is not valid is left out.
	SessionID string
	// UserID is as in Event. Optional; one that is not valid is left out.
	UserID string
}

// Exception records an event named exception, with severity ERROR, by the sampling rate of exceptions.
func (t *Tracker) Exception(ctx context.Context, x ExceptionEvent) {
	if !validID(x.SessionID) {
		x.SessionID = ""
	}
	d := draft{
		Event:    Event{Name: nameException, Time: x.Time, SessionID: x.SessionID, UserID: knownUser(x.UserID)},
		span:     trace.SpanContextFromContext(ctx),
		severity: log.SeverityError,
	}
	d.addText(keyExcType, x.Type, maxShortText)
	if t.cfg.messages {
		d.addText(keyExcMessage, x.Message, maxMessage)
	}
	d.addText(keyExcStack, x.Stack, maxStack)
	if x.Method != "" {
		d.extra = append(d.extra, attribute.String(keyMethod, standardMethod(x.Method)))
	}
	d.addText(keyRoute, x.Route, maxShortText)
	_ = t.submit(&d) // counted there; nobody waits for the answer
}

func (d *draft) addText(key, value string, limit int) {
	if value != "" {
		d.extra = append(d.extra, attribute.String(key, cut(value, limit)))
	}
}

// cut returns at most limit bytes of s, as UTF-8.
func cut(s string, limit int) string {
	return strings.ToValidUTF8(s[:min(len(s), limit)], "")
}

func knownUser(id string) string {
	if !validUser(id) {
		return ""
	}
	return id
}

// standardMethod keeps the values of http.request.method few, as the semantic conventions ask.
func standardMethod(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY":
		return m
	default:
		return "_OTHER"
	}
}

// SPDX-License-Identifier: Apache-2.0

package events

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/trace"
)

// draft is an event on its way in, with what only this package can say about it.
type draft struct {
	Event
	span     trace.SpanContext
	public   bool // sent by a client, not by this program
	sampled  bool // the decision has been made: it is in
	severity log.Severity
	body     attribute.Value
	extra    []attribute.KeyValue // bounded by whoever sets it
}

// entry is an accepted event. It does not change any more.
type entry struct {
	RecentEvent
	span     trace.SpanContext
	severity log.Severity
	body     attribute.Value
	size     int
}

// entryOverhead is about what an entry takes besides its keys and values: the struct and 64 bytes an attribute.
const entryOverhead = 512

func (t *Tracker) newEntry(d *draft, size int, now time.Time) *entry {
	e := &entry{
		RecentEvent: RecentEvent{
			Name: d.Name, ID: d.ID, Time: d.Time, Observed: now, Source: d.Source, SessionID: d.SessionID, Page: d.Page,
		},
		span: d.span, severity: d.severity, body: d.body,
	}
	if e.Time.IsZero() {
		e.Time = now
	}
	if e.Source == "" {
		e.Source = sourceServer
	}
	if e.severity == log.SeverityUndefined {
		e.severity = log.SeverityInfo
	}
	if d.span.HasTraceID() {
		e.TraceID = d.span.TraceID().String()
	}
	if d.span.HasSpanID() {
		e.SpanID = d.span.SpanID().String()
	}
	t.setIdentity(e, d)
	e.Attributes = e.attributes(d)
	e.size = size + entryOverhead + 64*len(e.Attributes)
	for _, kv := range d.extra {
		e.size += len(kv.Key) + len(kv.Value.AsString())
	}
	return e
}

func (t *Tracker) setIdentity(e *entry, d *draft) {
	if t.cfg.hashed && d.SessionID != "" {
		e.SessionID = t.hash("session", d.SessionID)
	}
	if d.UserID == "" {
		return
	}
	if t.cfg.rawUser {
		e.UserID = d.UserID
	} else {
		e.UserHash = t.hash("user", d.UserID)
	}
}

// hash returns 128 bits of a keyed hash. By kind, a user id has not the hash of an equal session id.
func (t *Tracker) hash(kind, id string) string {
	mac := hmac.New(sha256.New, t.cfg.userKey)
	_, _ = mac.Write([]byte(kind + "\x00" + id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// attributes returns what the record will carry. The caller's slices are copied.
func (e *entry) attributes(d *draft) []attribute.KeyValue {
	own := [...]struct{ key, value string }{
		{keySource, e.Source}, {keySession, e.SessionID}, {keyUserHash, e.UserHash}, {keyUserID, e.UserID}, {keyTemplate, e.Page}, {keyEventID, e.ID},
	}
	n := len(d.extra) + len(d.Properties)
	for i := range own {
		if own[i].value != "" {
			n++
		}
	}
	kvs := make([]attribute.KeyValue, 0, n) // exactly: it lives as long as the event
	for i := range own {
		if own[i].value != "" {
			kvs = append(kvs, attribute.String(own[i].key, own[i].value))
		}
	}
	return append(append(kvs, d.extra...), d.Properties...)
}

// SPDX-License-Identifier: Apache-2.0

package layers

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/slowlog"
)

// HourlyRequests is how many requests of an hour are stored, those that come first.
const HourlyRequests = 200

// maxUnpacked bounds what compressed bytes become.
const maxUnpacked = 32 << 20

// Event writes an incident, a request or a mark: as JSON, compressed. The error wraps history.ErrBatch.
func Event(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", history.ErrBatch, err)
	}
	if _, ok := v.(*slowlog.Entry); ok && len(data) > history.MaxDetail {
		return nil, fmt.Errorf("%w: a request has %d bytes, accepted are %d", history.ErrBatch, len(data), history.MaxDetail)
	}
	return pack(data), nil
}

// State writes a state: compressed.
func State(state []byte) []byte { return pack(state) }

// Collector makes batches of a minute of events, which come in the order of time.
type Collector struct {
	Query *history.Query
	Yield func(*history.Batch, error) bool
	// Foreign is that of the batches.
	Foreign bool
	batch   *history.Batch
}

// Add adds an event unless it is not wanted. It returns false when the receiver wants no more.
func (c *Collector) Add(at time.Time, value []byte) bool {
	if at = at.UTC().Truncate(time.Minute); c.batch == nil || !c.batch.Time.Equal(at) {
		if !c.Flush() {
			return false
		}
		c.batch = &history.Batch{Time: at, Step: history.Minute, Foreign: c.Foreign}
	}
	if err := addEvent(c.batch, c.Query, value); err != nil {
		return c.Yield(nil, fmt.Errorf("%s: %w", at.Format("2006-01-02 15:04 MST"), err))
	}
	return true
}

// Flush yields the last batch, if it has anything.
func (c *Collector) Flush() bool {
	b := c.batch
	c.batch = nil
	return b == nil || len(b.Incidents)+len(b.Requests)+len(b.Marks) == 0 && b.State == nil || c.Yield(b, nil)
}

// addEvent adds a stored value to a batch, unless it is not wanted.
func addEvent(b *history.Batch, q *history.Query, value []byte) error {
	raw, err := unpack(value)
	if err != nil {
		return err
	}
	switch q.What {
	case history.Incidents:
		var in history.Incident
		if err = json.Unmarshal(raw, &in); err == nil {
			b.Incidents = append(b.Incidents, in)
		}
	case history.Requests:
		r := new(slowlog.Entry)
		if err = json.Unmarshal(raw, r); err == nil && (q.Endpoint == nil || isOf(r, q)) {
			b.Requests = append(b.Requests, r)
		}
	case history.States:
		b.State = raw
	default:
		var m history.Mark
		if err = json.Unmarshal(raw, &m); err == nil {
			b.Marks = append(b.Marks, m)
		}
	}
	if err != nil {
		return damaged("%w", err)
	}
	return nil
}

func isOf(r *slowlog.Entry, q *history.Query) bool {
	return r.Method == q.Endpoint.Method && r.Route == q.Endpoint.Route && (r.Kind == "" || r.Kind == q.Endpoint.Kind.String())
}

// pack compresses; unpack finds out if what it is given is damaged.
func pack(raw []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(raw) // a Buffer takes all
	_ = w.Close()
	return b.Bytes()
}

func unpack(data []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, damaged("%w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxUnpacked))
	if err != nil {
		return nil, damaged("%w", err)
	}
	return raw, nil
}

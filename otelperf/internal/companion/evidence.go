// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// How long a recording may take.
const (
	leastRecording = 2 * time.Second
	mostRecording  = 5 * time.Second
)

// Refusal says why there is no answer, or no recording.
type Refusal struct {
	problem.Problem
	RetryAfter time.Duration // 0: nobody knows
}

func (r *Refusal) Error() string { return r.Detail }

func (r *Refusal) write(w http.ResponseWriter) {
	if s := int(r.RetryAfter.Seconds() + 0.999); s > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s))
	}
	problem.Write(w, r.Problem)
}

// failed answers for what could not be had: a refusal, or a fault of ours.
func failed(w http.ResponseWriter, err error) {
	if r, ok := errors.AsType[*Refusal](err); ok {
		r.write(w)
		return
	}
	web.Failed(w, err)
}

func (c *Companion) serveEvidence(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Evidence())
}

func (c *Companion) serveRecording(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	answer, ok := c.service.Recording(recordingID(id))
	if !ok {
		noRecording(w, id)
		return
	}
	web.JSON(w, r, answer)
}

func (c *Companion) serveRecordingTrace(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	trace := c.service.RecordingTrace(recordingID(id))
	if trace == nil {
		noRecording(w, id)
		return
	}
	web.File(w, r, "application/octet-stream", "recording-"+id+".trace", trace)
}

// recordingID is 0, which no recording has, for what is no number.
func recordingID(text string) uint64 {
	id, _ := strconv.ParseUint(text, 10, 64)
	return id
}

func noRecording(w http.ResponseWriter, id string) {
	web.NotFound(w, "id", "There is no recording %.40q, or it, or its trace, is no longer stored. GET evidence lists those that are.", id)
}

func (c *Companion) serveSpikeTrace(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, ok, err := c.service.Spike(id); err != nil || !ok {
		noSpikeOr(w, id, err)
		return
	}
	trace, recording, why := c.service.SpikeTrace(id)
	if why != "" {
		web.NotFound(w, "id", "%s", why)
		return
	}
	web.File(w, r, "application/octet-stream", fmt.Sprintf("spike-%s-recording-%d.trace", id, recording), trace)
}

func (c *Companion) serveRecord(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	d := q.DurationFrom("for", mostRecording, leastRecording, mostRecording)
	if q.Refused(w) {
		return
	}
	answer, refused := c.service.Record(d)
	if refused != nil {
		refused.write(w)
		return
	}
	c.service.Audit(r.Context(), "otelperf records evidence", slog.Duration("for", d), slog.String("client.address", r.RemoteAddr))
	web.JSON(w, r, answer)
}

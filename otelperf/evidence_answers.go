// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/causes"
	"github.com/otelperf/otelperf-go/otelperf/internal/companion"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// evidenceAnswer is the answer of GET evidence.
type evidenceAnswer struct {
	origin
	Enabled    bool                  `json:"enabled"`       // there is a recorder
	Hint       string                `json:"hint,omitzero"` // how to have one
	Status     causes.RecorderStatus `json:"status"`
	Recordings []recordingAnswer     `json:"recordings"` // those that are stored, the newest first, without single requests
}

// recordingAnswer is one recording: of GET evidence/{id} with single requests.
type recordingAnswer struct {
	causes.Recording
	Endpoints []recordedEndpoint `json:"endpoints"` // with slow requests, the one with most of them first; at most 20
	Trace     bool               `json:"trace"`     // its execution trace is stored
}

// recordedEndpoint is what was found about the slow requests of an endpoint.
type recordedEndpoint struct {
	causes.Endpoint
	Sentences []string `json:"sentences"` // the causes in words, in their order
}

// noRecorder says why there is none.
func (m *Monitor) noRecorder() string {
	if m.cfg.feed != nil {
		return "There is no recorder of evidence: it is in the process that it records, and spans are received from elsewhere here."
	}
	return "There is no recorder of evidence: give the Monitor otelperf.WithEvidence(evidence.New()), of package otelperf/evidence."
}

// recorder returns the recorder of evidence; nil if there is none, or the Monitor is switched off.
func (m *Monitor) recorder() EvidenceRecorder {
	if m.arming == nil {
		return nil
	}
	return m.arming.recorder
}

func (m *Monitor) recordingAnswerOf(rec causes.Recording) recordingAnswer {
	a := recordingAnswer{Recording: rec, Endpoints: []recordedEndpoint{}, Trace: m.recorder().Trace(rec.ID) != nil}
	a.Cut = append([]string{}, rec.Cut...)
	for _, e := range rec.Endpoints {
		found := recordedEndpoint{Endpoint: e, Sentences: []string{}}
		found.Causes = append([]causes.Cause{}, e.Causes...)
		for _, c := range e.Causes {
			found.Sentences = append(found.Sentences, c.Sentence())
		}
		a.Endpoints = append(a.Endpoints, found)
	}
	return a
}

func (s service) Evidence() any {
	a := evidenceAnswer{origin: s.m.origin(), Hint: s.m.noRecorder(), Status: causes.RecorderStatus{State: causes.RecorderOff}, Recordings: []recordingAnswer{}}
	r := s.m.recorder()
	if r == nil {
		return a
	}
	a.Enabled, a.Hint, a.Status = true, "", r.Status()
	for _, rec := range r.Recordings() {
		a.Recordings = append(a.Recordings, s.m.recordingAnswerOf(withoutRequests(rec)))
	}
	return a
}

func (s service) Recording(id uint64) (any, bool) {
	if r := s.m.recorder(); r != nil {
		for _, rec := range r.Recordings() {
			if rec.ID == id {
				return s.m.recordingAnswerOf(rec), true
			}
		}
	}
	return nil, false
}

func (s service) RecordingTrace(id uint64) []byte {
	if r := s.m.recorder(); r != nil {
		return r.Trace(id)
	}
	return nil
}

// SpikeTrace returns the trace in which most slow requests of a spike were seen, of those that are stored; the newest of equal ones.
func (s service) SpikeTrace(id string) (trace []byte, recording uint64, why string) {
	in, ok := s.m.engine.Incident(id)
	r := s.m.recorder()
	if r == nil || !ok {
		return nil, 0, s.m.noRecorder()
	}
	sp := spikeOf(&in)
	s.m.beside.add(&sp, &in)
	most := 0
	for _, rec := range s.m.arming.made.of(in.Start, in.End) {
		if t := r.Trace(rec.ID); t != nil && slowOf(&rec, &sp) >= most {
			trace, recording, most = t, rec.ID, slowOf(&rec, &sp)
		}
	}
	switch {
	case trace != nil:
	case len(sp.Recordings) == 0:
		why = fmt.Sprintf("No recording was made of spike %.40q.", id)
	default:
		why = fmt.Sprintf("The traces of the recordings %v of spike %.40q are no longer stored: those of the last recordings are.", sp.Recordings, id)
	}
	return trace, recording, why
}

func (s service) Record(d time.Duration) (any, *companion.Refusal) {
	r := s.m.recorder()
	if r == nil {
		return nil, &companion.Refusal{Problem: problem.Problem{Status: http.StatusNotImplemented, Detail: s.m.noRecorder()}}
	}
	err := r.Record("asked for by a person", d)
	if err == nil {
		return s.Evidence(), nil
	}
	refused := &companion.Refusal{Problem: problem.Problem{Status: http.StatusServiceUnavailable, Detail: err.Error()}}
	switch status := r.Status(); {
	case errors.Is(err, causes.ErrBusy):
		refused.Status = http.StatusConflict
		refused.Detail = fmt.Sprintf("The recorder is %s since %v: try again in some seconds.", status.State, status.Since.UTC().Format(time.RFC3339))
	case errors.Is(err, causes.ErrLimit):
		refused.Status, refused.RetryAfter = http.StatusTooManyRequests, time.Until(status.NotBefore)
	case errors.Is(err, causes.ErrStart):
		refused.RetryAfter = time.Until(status.NotBefore)
	}
	return nil, refused
}

// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
)

// acknowledged says in words who looks after a spike.
func acknowledged(a *mutes.Ack) string {
	if a.Why == "" {
		return "acknowledged by " + a.By
	}
	return "acknowledged by " + a.By + ": " + a.Why
}

func (s service) Ack(id string, a mutes.Ack) (answer any, fresh, open, ok bool) {
	in, ok := s.m.engine.Incident(id)
	if !ok || in.State != engine.Open {
		return nil, false, false, ok
	}
	_, fresh = s.m.book.Ack(in.ID, a)
	return s.spikeNow(&in, fresh), fresh, true, true
}

func (s service) Unack(id string) (answer any, was *mutes.Ack, ok bool) {
	in, ok := s.m.engine.Incident(id)
	if !ok {
		return nil, nil, false
	}
	if a, noted := s.m.book.Unack(in.ID); noted {
		was = &a
	}
	return s.spikeNow(&in, was != nil), was, true
}

// spikeNow is a spike as it is, which those who watch get, too, if it has changed.
func (s service) spikeNow(in *engine.Incident, changed bool) Spike {
	sp := spikeOf(in)
	s.m.beside.add(&sp, in)
	if changed {
		s.m.showSpike(sp)
	}
	return sp
}

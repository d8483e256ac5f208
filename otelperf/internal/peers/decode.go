// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
	"github.com/otelperf/otelperf-go/spikeprocessor/latency"
)

// Decode reads an instance. Any bytes may be given; what is not the whole of an instance is an error. The instance has parts of blob.
func Decode(blob []byte) (*Instance, error) {
	d := decoder{Reader: statecodec.Open(blob, mark, version, fleet.MaxBlob)}
	in := &Instance{}
	head := d.bytes(maxHead)
	d.Check(!d.Failed() && json.Unmarshal(head, &in.Head) == nil && in.sane(), "the head cannot be read")
	d.Check(d.Byte() == slowlog.NumOutcomes, "another number of outcomes")
	n := d.number(maxRows)
	for i := uint64(0); i < n && !d.Failed(); i++ {
		in.Rows = append(in.Rows, d.row())
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	return in, nil
}

type decoder struct {
	*statecodec.Reader
	scratch latency.Histogram
}

// number takes one below a bound, which is at least 1.
func (d *decoder) number(below uint64) uint64 {
	n := d.Uvarint()
	d.Check(n < below, "a number is out of range")
	if d.Failed() {
		return 0
	}
	return n
}

func (d *decoder) bytes(most uint64) []byte { return d.Bytes(int(d.number(most + 1))) }

func (d *decoder) text() string { return strings.ToValidUTF8(string(d.bytes(maxText)), "\uFFFD") }

func (d *decoder) duration() time.Duration { return time.Duration(d.number(maxDuration)) }

func (d *decoder) choice(among []string) string {
	i := int(d.Byte())
	d.Check(i < len(among), "a state is not known")
	return among[min(i, len(among)-1)]
}

func (d *decoder) row() (r engine.SharedRow) {
	kind := d.Byte()
	d.Check(kind < conventions.NumKinds, "a kind is not known")
	r.Endpoint = conventions.Endpoint{Kind: conventions.Kind(kind), Method: d.text(), Route: d.text()}
	flags := d.Byte()
	d.Check(flags <= coarse|unknown, "a flag is not known")
	r.Coarse, r.OutcomesUnknown = flags&coarse != 0, flags&unknown != 0
	phase := baseline.Phase(d.Byte())
	d.Check(phase <= baseline.Spiking, "a phase is not known")
	r.Phase, r.Errors, r.Traffic = phase, d.choice(errorStates), d.choice(trafficStates)
	r.BaselineP99, r.SlowFrom, r.GraceLeft, r.JudgedIn, r.Beyond = d.duration(), d.duration(), d.duration(), d.duration(), d.duration()
	r.Needed, r.ErrorsNeeded = d.number(maxDuration), d.number(maxDuration)
	if r.UsualErrors = float64(d.Float32(2)) - 1; r.UsualErrors < 0 {
		r.UsualErrors = math.NaN()
	}
	for i := range r.Windows {
		impact := float64(d.Float32(math.MaxFloat32))
		r.Windows[i] = d.span()
		r.Windows[i].Impact = impact
	}
	for i := range r.Minutes {
		r.Minutes[i] = d.span()
	}
	return r
}

func (d *decoder) span() (s engine.SharedSpan) {
	there := d.number(1 << slowlog.NumOutcomes)
	for o := range s.Outcomes {
		if there&(1<<o) != 0 {
			s.Outcomes[o] = d.number(maxCount)
		}
	}
	if there == 0 {
		return s
	}
	s.Durations = d.bytes(fleet.MaxBlob)
	d.scratch.Reset()
	d.Check(s.Durations.AddTo(&d.scratch) && d.scratch.Count() < maxCount, "durations cannot be read")
	return s
}

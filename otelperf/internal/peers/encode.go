// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/statecodec"
	"github.com/otelperf/otelperf-go/slowlog"
)

const (
	mark    = "fleT"
	version = 1
	// maxCount bounds counts, so that those of all instances together do not overflow.
	maxCount = 1 << 48
	// maxDuration bounds what a row has beside its durations, in nanoseconds.
	maxDuration = 1 << 60
)

// The states that a row can have, by the byte that stands for each.
var (
	errorStates   = []string{"learning", "normal", "elevated", "failing"}
	trafficStates = []string{"learning", "normal", "silent"}
)

const (
	coarse  = 1 << iota // Row.Coarse
	unknown             // Row.OutcomesUnknown
)

// Encode writes an instance: mark, version, the length of the head and the head as JSON, the number of outcomes, that of rows, the rows and a
// checksum. Rows that do not fit are left out, those with the fewest requests of an hour first, and counted.
func (in *Instance) Encode() (blob []byte, rowsLeft int) {
	head := in.Head
	for _, text := range []*string{&head.Service, &head.Instance, &head.Version, &head.Writer, &head.Status, &head.Title} {
		*text = strings.ToValidUTF8((*text)[:min(len(*text), maxText)], "")
	}
	head.Incidents, head.IncidentsLeft = fitting(head.Incidents)
	order := make([]int, len(in.Rows))
	for i := range order {
		order[i] = i
	}
	requests := func(i int) uint64 { return in.Rows[i].Windows[engine.Hour].Outcomes.Total() }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(requests(b), requests(a)) })
	var rows []byte
	n := 0
	room := fleet.MaxBlob - maxHead
	for _, i := range order[:min(len(order), maxRows)] {
		before := len(rows)
		if rows = appendRow(rows, &in.Rows[i]); len(rows) > room {
			rows = rows[:before]
			break
		}
		n++
	}
	head.RowsLeft = len(in.Rows) - n
	text, err := json.Marshal(head)
	if err != nil || len(text) > maxHead { // cannot be: what was marshaled before is within its bounds
		head.Incidents, head.IncidentsLeft = nil, len(in.Incidents)
		text, _ = json.Marshal(head)
	}
	b := statecodec.Begin(nil, mark, version)
	b = appendBytes(b, text)
	b = append(b, slowlog.NumOutcomes)
	b = binary.AppendUvarint(b, uint64(n))
	b = append(b, rows...)
	return statecodec.End(b, 0), head.RowsLeft
}

// fitting are the first incidents that fit into a head.
func fitting(all []json.RawMessage) (some []json.RawMessage, left int) {
	room := maxHead - 16<<10 // for all else, with what JSON makes of six texts
	for i, in := range all {
		if room -= len(in) + 1; room < 0 || i >= maxIncidents {
			return some, len(all) - i
		}
		some = append(some, in)
	}
	return some, 0
}

func appendBytes(b, x []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(x))), x...) }

func appendRow(b []byte, r *engine.SharedRow) []byte {
	b = append(b, byte(r.Endpoint.Kind))
	b = appendBytes(b, []byte(r.Endpoint.Method[:min(len(r.Endpoint.Method), maxText)]))
	b = appendBytes(b, []byte(r.Endpoint.Route[:min(len(r.Endpoint.Route), maxText)]))
	flags := byte(0)
	if r.Coarse {
		flags |= coarse
	}
	if r.OutcomesUnknown {
		flags |= unknown
	}
	b = append(b, flags, byte(r.Phase), byte(max(0, slices.Index(errorStates, r.Errors))), byte(max(0, slices.Index(trafficStates, r.Traffic))))
	for _, n := range []uint64{
		uint64(r.BaselineP99), uint64(r.SlowFrom), uint64(r.GraceLeft), uint64(r.JudgedIn), uint64(r.Beyond), r.Needed, r.ErrorsNeeded,
	} {
		b = binary.AppendUvarint(b, min(n, maxDuration-1))
	}
	usual := float32(-1) // not known
	if !math.IsNaN(r.UsualErrors) {
		usual = float32(r.UsualErrors)
	}
	b = statecodec.AppendFloat32(b, usual+1)
	for i := range r.Windows {
		b = statecodec.AppendFloat32(b, float32(min(r.Windows[i].Impact, math.MaxFloat32)))
		b = appendSpan(b, &r.Windows[i])
	}
	for i := range r.Minutes {
		b = appendSpan(b, &r.Minutes[i])
	}
	return b
}

// appendSpan writes which outcomes there were, their counts, and the durations if there is any.
func appendSpan(b []byte, s *engine.SharedSpan) []byte {
	there := uint64(0)
	for o, n := range s.Outcomes {
		if n > 0 {
			there |= 1 << o
		}
	}
	b = binary.AppendUvarint(b, there)
	for _, n := range s.Outcomes {
		if n > 0 {
			b = binary.AppendUvarint(b, min(n, maxCount-1))
		}
	}
	if there != 0 {
		b = appendBytes(b, s.Durations)
	}
	return b
}

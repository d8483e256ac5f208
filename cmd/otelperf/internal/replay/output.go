// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/engine"
)

// output writes what a run finds.
type output interface {
	event(ev *engine.Event) error // as it happens
	finish(r *run) error          // at the end of the file
}

func newOutput(asJSON bool, file string, to *bufio.Writer) output {
	if asJSON {
		enc := json.NewEncoder(to)
		enc.SetEscapeHTML(false)
		return &jsonOutput{file: file, to: to, enc: enc}
	}
	return &tableOutput{file: file, to: to}
}

// event is a line of JSON.
type event struct {
	File          string  `json:"file"` // base names, without .gz, of the files of the stream
	Type          string  `json:"type"` // spike_started or spike_ended
	Time          string  `json:"time"` // RFC 3339, UTC: when there was enough evidence
	Route         string  `json:"route"`
	P99Ms         float64 `json:"p99_ms"` // at the alarm, like baseline_p99_ms
	BaselineP99Ms float64 `json:"baseline_p99_ms"`

	Quantile           float64  `json:"quantile"` // the one that fired, 0 to 1
	QuantileMs         float64  `json:"quantile_ms"`
	BaselineQuantileMs float64  `json:"baseline_quantile_ms"`
	Ratio              *float64 `json:"ratio"` // quantile_ms / baseline_quantile_ms, null if that is 0
	Reason             string   `json:"reason"`

	Cost *toll `json:"cost,omitzero"` // of spike_ended
}

// toll is what a spike has cost.
type toll struct {
	WorstMs  float64 `json:"worst_ms"` // the quantile that fired, in the worst minute
	Requests uint64  `json:"requests"` // since its start
	Slow     uint64  `json:"slow"`     // of them above the threshold
	Failed   uint64  `json:"failed"`   // of them
}

const timeLayout = "2006-01-02T15:04:05.000Z"

type jsonOutput struct {
	file string
	to   *bufio.Writer
	enc  *json.Encoder
}

func (o *jsonOutput) event(ev *engine.Event) error {
	if ev.Part == nil {
		return nil
	}
	p := ev.Part
	alarm := &p.Evidence
	if ev.Started {
		alarm = &ev.Detector // of a spike that goes on after a while, the new one
	}
	out := event{
		File: o.file, Type: "spike_started", Time: ev.Time.UTC().Format(timeLayout), Route: p.Endpoint.String(), Reason: reason(ev),
		P99Ms: toMs(alarm.Now.P99), BaselineP99Ms: toMs(alarm.Baseline.P99),
		Quantile: alarm.Quantile, QuantileMs: toMs(alarm.QuantileNow), BaselineQuantileMs: toMs(alarm.QuantileBaseline), Ratio: ratio(alarm),
	}
	if !ev.Started {
		out.Type = "spike_ended"
		out.Cost = &toll{WorstMs: toMs(p.Worst.Quantile), Requests: p.Cost.Requests, Slow: p.Cost.Slow, Failed: p.Cost.Failed}
	}
	err := o.enc.Encode(out)
	if err != nil {
		return err
	}
	return o.to.Flush() // somebody may be following
}

func (o *jsonOutput) finish(*run) error { return nil }

// toMs is a duration in milliseconds.
func toMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// ratio is that of the quantile that fired, nil if it is not known.
func ratio(ev *baseline.Event) *float64 {
	if x := ev.Ratio; x > 0 && !math.IsInf(x, 0) {
		return &x
	}
	return nil
}

// reason says in words why a spike started, or how it ended.
func reason(ev *engine.Event) string {
	switch {
	case ev.Started:
		return evidence(&ev.Detector)
	case ev.Part.State == engine.NewNormal:
		return "it has lasted half an hour and is the baseline now"
	default:
		return "back to its baseline, or without requests for 10 minutes"
	}
}

// evidence is the count that fired, such as "38 of 212 requests above 812 ms (2x p99), 2.1 expected".
func evidence(ev *baseline.Event) string {
	return fmt.Sprintf("%d of %d requests above %s (%s), %s expected", ev.Above, ev.N, inMs(toMs(ev.Threshold)), timesUsual(ev), digits(ev.Expected))
}

// timesUsual says what a threshold is by the quantile that it was taken from.
func timesUsual(ev *baseline.Event) string {
	usual, name := ev.Baseline.P99, "p99"
	switch ev.Level {
	case baseline.P50:
		usual, name = ev.Baseline.P50, "p50"
	case baseline.P90:
		usual, name = ev.Baseline.P90, "p90"
	case baseline.Shape:
		return "all quantiles"
	}
	if usual <= 0 {
		return name
	}
	return fmt.Sprintf("%.2gx %s", float64(ev.Threshold)/float64(usual), name)
}

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
	File          string   `json:"file"` // base names, without .gz, of the files of the stream
	Type          string   `json:"type"` // spike_started or spike_ended
	Time          string   `json:"time"` // RFC 3339, UTC: when there was enough evidence
	Route         string   `json:"route"`
	P99Ms         float64  `json:"p99_ms"` // of the requests of the spike so far
	BaselineP99Ms float64  `json:"baseline_p99_ms"`
	Ratio         *float64 `json:"ratio"` // p99_ms / baseline_p99_ms, null if that is 0
	Reason        string   `json:"reason"`
}

const timeLayout = "2006-01-02T15:04:05.000Z"

type jsonOutput struct {
	file string
	to   *bufio.Writer
	enc  *json.Encoder
}

func (o *jsonOutput) event(ev *engine.Event) error {
	out := event{
		File: o.file, Type: "spike_ended", Time: ev.Time.UTC().Format(timeLayout), Route: ev.Part.Endpoint.String(), Reason: reason(ev),
		P99Ms: toMs(ev.Part.Evidence.Now.P99), BaselineP99Ms: toMs(ev.Part.Evidence.Baseline.P99), Ratio: ratio(&ev.Part),
	}
	if ev.Started {
		out.Type = "spike_started"
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

// ratio is the p99 of a spike over the baseline's, nil if that is 0.
func ratio(p *engine.Part) *float64 {
	if x := p.Evidence.Ratio; !math.IsNaN(x) && !math.IsInf(x, 0) {
		return &x
	}
	return nil
}

// reason says in words why a spike started, or how it ended.
func reason(ev *engine.Event) string {
	switch {
	case ev.Started:
		return evidence(&ev.Part)
	case ev.Part.State == engine.NewNormal:
		return "it has lasted half an hour and is the baseline now"
	default:
		return "back to its baseline, or without requests for 10 minutes"
	}
}

// evidence is the count that fired, such as "38 of 212 requests above 812 ms (2x p99), 2.1 expected".
func evidence(p *engine.Part) string {
	ev := &p.Evidence
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

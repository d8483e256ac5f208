// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"encoding/json"
	"fmt"

	"github.com/otelperf/otelperf-go/otelperf"
)

// output writes what a run finds.
type output interface {
	event(ev otelperf.SpikeEvent) error // as it happens
	finish(r *run) error                // at the end of the file
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
	File          string   `json:"file"` // base name, without .gz
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

func (o *jsonOutput) event(ev otelperf.SpikeEvent) error {
	ep := &ev.Endpoint
	err := o.enc.Encode(event{
		File: o.file, Type: ev.Type, Time: ev.Time.UTC().Format(timeLayout), Route: nameOf(ep.Method, ep.Route),
		P99Ms: ep.P99Ms, BaselineP99Ms: ep.BaselineP99Ms, Ratio: ep.Ratio, Reason: reason(ev.Type, ep),
	})
	if err != nil {
		return err
	}
	return o.to.Flush() // somebody may be following
}

func (o *jsonOutput) finish(*run) error { return nil }

func nameOf(method, route string) string {
	if method == "" {
		return route
	}
	return method + " " + route
}

// reason says in words why a spike started, or how it ended.
func reason(typ string, ep *otelperf.SpikeEndpoint) string {
	switch {
	case typ == otelperf.EventSpikeStarted:
		return evidence(ep)
	case ep.State == otelperf.SpikeNewNormal:
		return "it has lasted half an hour and is the baseline now"
	default:
		return "back to its baseline, or without requests for 10 minutes"
	}
}

// evidence is the count that fired, such as "38 of 212 requests above 812 ms (2x p99), 2.1 expected".
func evidence(ep *otelperf.SpikeEndpoint) string {
	return fmt.Sprintf("%d of %d requests above %s (%s), %s expected", ep.Above, ep.Requests, inMs(ep.ThresholdMs), timesUsual(ep), digits(ep.Expected))
}

// timesUsual says what a threshold is by the quantile that it was taken from.
func timesUsual(ep *otelperf.SpikeEndpoint) string {
	usual, name := ep.BaselineP99Ms, "p99"
	switch ep.Level {
	case "p50":
		usual, name = ep.BaselineP50Ms, "p50"
	case "p90":
		usual, name = ep.BaselineP90Ms, "p90"
	case "shape":
		return "all quantiles"
	}
	if usual <= 0 {
		return name
	}
	return fmt.Sprintf("%.2gx %s", ep.ThresholdMs/usual, name)
}

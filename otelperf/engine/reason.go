// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/baseline"
	"github.com/otelperf/otelperf-go/otelperf/internal/units"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// reason says in a sentence what was seen, by the first part, once it has grown what that has become, and once it is over what it has cost.
func (in *Incident) reason(grown bool) string {
	p := &in.Parts[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Endpoint, p.Seen())
	if grown && in.State == Open && p.Worst.Ratio > p.Evidence.Ratio {
		b.WriteString("; since then " + p.atItsWorst())
	}
	if p.Returns > 0 {
		b.WriteString("; " + in.returns())
	}
	if p.WaitsFor != "" && !p.Why.Known() { // which says it better, and may have found something else
		b.WriteString("; waiting for " + p.WaitsFor)
	}
	if n := len(in.Parts) - 1; n > 0 {
		b.WriteString("; and " + counted(uint64(n), "more "+in.others()))
	}
	switch {
	case p.Before:
		b.WriteString("; open since " + p.clock(p.Start) + ", before the restart")
		if p.Unseen && in.State == Open {
			b.WriteString(", and not confirmed since")
		}
	case in.After != "":
		b.WriteString("; " + in.After)
	case in.SinceVersion != "":
		b.WriteString("; since version " + in.SinceVersion)
	case in.SinceRestart:
		b.WriteString("; since this start")
	}
	if in.State != Open {
		if p.Ending != "" {
			b.WriteString("; " + p.Ending)
		}
		b.WriteString("; " + in.toll())
	}
	return b.String()
}

// returns says how often the first part has come back, and while it is open after how long the last time, and what was seen then.
func (in *Incident) returns() string {
	p := &in.Parts[0]
	text := "came back"
	if p.Returns > 1 {
		text = fmt.Sprintf("came back %d times", p.Returns)
		if in.State == Open {
			text += ", the last time"
		}
	}
	if in.State != Open {
		return text
	}
	return text + fmt.Sprintf(" after %v: %s", p.Away.Round(time.Second), p.seen(&p.Again))
}

// clock is a time of a part, with the day if that is not the one of its alarm.
func (p *Part) clock(t time.Time) string {
	layout := "15:04"
	if t.UTC().YearDay() != p.Evidence.At.UTC().YearDay() {
		layout = "2006-01-02 15:04"
	}
	return t.UTC().Format(layout) + " UTC"
}

// toll says what an incident has cost: requests, or calls and jobs where it had no part that is one.
func (in *Incident) toll() string {
	p := &in.Parts[0]
	cost, word := in.Cost, "request"
	switch {
	case cost.Requests > 0:
	case p.Endpoint.Kind == conventions.KindDependency:
		cost, word = p.Cost, "call"
	default:
		cost, word = p.Cost, "run"
	}
	if p.Matter != Latency {
		return "in all " + p.tollOther()
	}
	text := fmt.Sprintf("in all %d of %s slow (%s expected)", cost.Slow, counted(cost.Requests, word), units.Short(*units.Number(cost.ExpectedSlow)))
	if cost.Failed > 0 {
		text += fmt.Sprintf(", %d failed", cost.Failed)
	}
	if p.Worst.Ratio > 0 {
		text += "; " + p.atItsWorst()
	}
	return text
}

// atItsWorst says what Worst was, such as "at its worst p97 1240 ms (4x)".
func (p *Part) atItsWorst() string {
	if p.Matter.Counted() {
		return fmt.Sprintf("at its worst %s in a minute", percent(float64(p.Worst.Failed)/float64(max(1, p.Worst.Requests))))
	}
	return fmt.Sprintf("at its worst %s %s ms (%s)", quantileName(p.Worst.Rank), shortMs(p.Worst.Quantile), times(p.Worst.Ratio))
}

// Seen says what raised the alarm, such as "38 of 212 requests above 820 ms (2x the usual p99), 2.1 expected; p97 950 ms, usually 310
// (3.1x)".
func (p *Part) Seen() string { return p.seen(&p.Evidence) }

func (p *Part) seen(ev *baseline.Event) string {
	switch {
	case p.Matter.Counted():
		return seenBad(p.Matter, ev)
	case p.Matter == Silence && p.MayHaveLeft:
		return seenSilent(ev) + ". Whether it has stopped or goes on elsewhere cannot be told from here"
	case p.Matter == Silence:
		return seenSilent(ev)
	case p.Matter == Objective:
		return p.seenBurning(ev)
	}
	return seenSlow(ev)
}

func seenSlow(ev *baseline.Event) string {
	text := fmt.Sprintf("%d of %d requests above %s ms (%s), %s expected", ev.Above, ev.N, shortMs(ev.Threshold), timesUsual(ev),
		units.Short(*units.Number(ev.Expected)))
	usually := "usually"
	if ev.Gradual {
		text, usually = "slower and slower: "+text, "usually at this hour"
	}
	if ev.Ratio > 0 {
		text += fmt.Sprintf("; %s %s ms, %s %s (%s)", quantileName(ev.Quantile), shortMs(ev.QuantileNow), usually, shortMs(ev.QuantileBaseline), times(ev.Ratio))
	}
	return text
}

// Quantile names the one that fired, such as "p97" or "p99.8".
func (p *Part) Quantile() string { return quantileName(p.Evidence.Quantile) }

func quantileName(q float64) string {
	if q < 0.99 {
		return fmt.Sprintf("p%.0f", math.Floor(q*100+1e-9))
	}
	return fmt.Sprintf("p%g", math.Floor(q*1000+1e-9)/10)
}

func shortMs(d time.Duration) string { return units.Short(units.Milliseconds(d)) }

func times(x float64) string { return units.Short(x) + "x" }

func counted(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// timesUsual says how many times which usual quantile a threshold is.
func timesUsual(ev *baseline.Event) string {
	usual, name := ev.Baseline.P99, "p99"
	switch ev.Level {
	case baseline.P50:
		usual, name = ev.Baseline.P50, "median"
	case baseline.P90:
		usual, name = ev.Baseline.P90, "p90"
	case baseline.Shape:
		return "all quantiles have moved"
	}
	if usual <= 0 {
		return "above the usual " + name
	}
	return fmt.Sprintf("%.2gx the usual %s", float64(ev.Threshold)/float64(usual), name)
}

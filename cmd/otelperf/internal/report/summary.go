// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/otelperf"
)

const (
	maxSpikes = 10 // of a summary, open ones first
	maxSlow   = 10
	maxHints  = 20
	maxRows   = 500
)

// Summary returns the view as text: who answered, the totals, spikes, then tables.
func Summary(v *fleet.View) string {
	var b strings.Builder
	writeInstances(&b, v)
	writeVerdict(&b, v)
	writeTotals(&b, v)
	writeRuntime(&b, v)
	writeSpikes(&b, v)
	writeObjectives(&b, v)
	writeRows(&b, v, "", v.Endpoints)
	writeRows(&b, v, "calls to others", v.Dependencies)
	writeRows(&b, v, "jobs", v.Jobs)
	writeSlow(&b, v)
	writeNotes(&b, v)
	return b.String()
}

// Table returns who answered, open spikes and the endpoints: what fits on one screen.
func Table(v *fleet.View) string {
	var b strings.Builder
	writeInstances(&b, v)
	writeVerdict(&b, v)
	open := v.OpenSpikes()
	for _, s := range open[:min(len(open), maxSpikes)] {
		b.WriteString(SpikeLine(&s, v) + "\n")
	}
	writeRows(&b, v, "", v.Endpoints)
	if len(v.Endpoints) == 0 {
		b.WriteString("\nno requests yet\n")
	}
	for _, text := range slices.Concat(v.OutOfLine, repeated(v)) {
		b.WriteString("note  " + plain.Clip(text, 300) + "\n")
	}
	return b.String()
}

func writeInstances(b *strings.Builder, v *fleet.View) {
	for i := range v.Instances {
		in := &v.Instances[i]
		switch {
		case in.Error != "":
			fmt.Fprintf(b, "%s\n", plain.Line(in.Error))
		case in.SameAs != "":
			fmt.Fprintf(b, "%s  the same instance as %s, counted once\n", plain.Line(in.URL), plain.Line(in.SameAs))
		default:
			fmt.Fprintf(b, "%s  instance %s", plain.Clip(in.Service, 60), plain.Clip(in.Name, 60))
			if in.Version != "" {
				fmt.Fprintf(b, "  version %s", plain.Clip(in.Version, 40))
			}
			fmt.Fprintf(b, "  up %s  %s", plain.Seconds(in.UptimeSeconds), in.Time.Local().Format(time.RFC3339))
			switch {
			case in.StoredAs != "":
				fmt.Fprintf(b, "  stored together with %s, counted once", plain.Line(in.StoredAs))
			case v.Answered() > 1:
				fmt.Fprintf(b, "  %s", plain.Plural(in.Requests, "request"))
			}
			b.WriteByte('\n')
			if n := len(in.StoredOf); n > 1 && in.StoredAs == "" {
				fmt.Fprintf(b, "stored by %s: %s\n", plain.Plural(uint64(n), "instance"), plain.Clip(strings.Join(in.StoredOf, ", "), 300))
			}
			writeShared(b, v.Shared)
		}
	}
}

// maxShared is how many instances of a fleet are listed.
const maxShared = 50

func writeShared(b *strings.Builder, s *fleet.Shared) {
	if s == nil {
		return
	}
	b.WriteString("fleet     " + s.Headline() + "\n")
	for i := range s.Instances[:min(len(s.Instances), maxShared)] {
		b.WriteString("  " + s.Instances[i].Text() + "\n")
	}
	if more := len(s.Instances) - maxShared; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

func writeVerdict(b *strings.Builder, v *fleet.View) {
	if text := Verdict(v); text != "" {
		b.WriteString(text + "\n")
	}
}

func writeTotals(b *strings.Builder, v *fleet.View) {
	if v.To.IsZero() {
		fmt.Fprintf(b, "\nwindow    %s%s\n", plain.Line(string(v.Window)), covered(v))
	} else {
		fmt.Fprintf(b, "\ntime      %s to %s%s\n", v.From.Local().Format("2006-01-02 15:04:05"), v.To.Local().Format("2006-01-02 15:04:05 MST"), covered(v))
	}
	fmt.Fprintf(b, "requests  %d, %s/s; %d since the start\n", v.Count, plain.Number(v.Rate), v.TotalRequests)
	fmt.Fprintf(b, "failed    %d (%s)%s\n", v.ErrorCount, plain.Share(v.ErrorRate), outcomes(v.ByOutcome))
	fmt.Fprintf(b, "latency   p50 %s  p95 %s  p99 %s  max %s\n", plain.Ms(v.P50Ms), plain.Ms(v.P95Ms), plain.Ms(v.P99Ms), plain.Ms(v.MaxMs))
	fmt.Fprintf(b, "slow      %s\n", v.SlowText())
}

// covered says what the window really covers: one span of time, or the shortest and the longest.
func covered(v *fleet.View) string {
	if v.NothingStored {
		return ": nothing of it is stored"
	}
	shortest, longest, first := 0.0, 0.0, true
	for i := range v.Instances {
		if in := &v.Instances[i]; in.Counted() {
			if first || in.WindowSeconds < shortest {
				shortest = in.WindowSeconds
			}
			longest, first = max(longest, in.WindowSeconds), false
		}
	}
	from, to := plain.Seconds(shortest), plain.Seconds(longest)
	switch {
	case first:
		return ""
	case from == to:
		return ", covers " + to
	}
	return ", covers " + from + " to " + to
}

// outcomes lists the kinds other than ok, the most frequent first.
func outcomes(by map[string]uint64) string {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a, b)) })
	var out strings.Builder
	for _, name := range names[:min(len(names), 10)] {
		if name != "ok" {
			fmt.Fprintf(&out, "; %d %s", by[name], plain.Clip(name, 20))
		}
	}
	return out.String()
}

func writeSpikes(b *strings.Builder, v *fleet.View) {
	if len(v.Spikes) == 0 {
		return
	}
	b.WriteString("\nspikes\n")
	list := slices.Clone(v.Spikes)
	slices.SortStableFunc(list, func(x, y fleet.Spike) int { return cmp.Compare(rank(x), rank(y)) })
	for _, s := range list[:min(len(list), maxSpikes)] {
		b.WriteString("  " + SpikeLine(&s, v) + "\n")
	}
	if more := len(list) - maxSpikes; more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

func rank(s fleet.Spike) int {
	if s.State == "open" {
		return 0
	}
	return 1
}

// What says of a spike why it is and what was seen: the cause first where it is known.
func What(s *otelperf.Spike) string {
	reason, cause := plain.Clip(s.Reason, 500), plain.Clip(s.Cause, 500)
	switch {
	case cause == "":
		return reason
	case len(s.Causes) == 0 || s.Causes[0].Unknown:
		return reason + "; why: " + cause
	}
	return cause + " (" + reason + ")"
}

// said says who looks after a spike and until when it is muted, each before two spaces.
func said(s *otelperf.Spike) (text string) {
	if s.Ack != nil {
		text += "acknowledged by " + plain.Clip(s.Ack.By, 64) + "  "
	}
	if s.Muted != nil {
		text += "muted until " + s.Muted.Until.Local().Format("2006-01-02 15:04 MST") + " by " + plain.Clip(s.Muted.By, 64) + "  "
	}
	return text
}

// SpikeLine says since when, how long, where, who looks after it, and what. That is last, since it may be long. Times are local and say their
// zone, and their day where it is another than that of the view.
func SpikeLine(s *fleet.Spike, v *fleet.View) string {
	return spikeLine(s, v, func(t time.Time) string { return clock(t, v.Time) }, s.Start.Local().Format(" MST"))
}

// ShortSpikeLine is SpikeLine without zones and days, for a screen that shows local times.
func ShortSpikeLine(s *fleet.Spike, v *fleet.View) string {
	return spikeLine(s, v, func(t time.Time) string { return t.Local().Format(time.TimeOnly) }, "")
}

// clock is a local time without its zone, with its day where that is not the one of another time.
func clock(t, now time.Time) string {
	if t, now = t.Local(), now.Local(); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format(time.DateTime)
	}
	return t.Format(time.TimeOnly)
}

func spikeLine(s *fleet.Spike, v *fleet.View, at func(time.Time) string, zone string) string {
	var b strings.Builder
	switch {
	case s.State == "open":
		fmt.Fprintf(&b, "OPEN since %s%s (%s)", at(s.Start), zone, plain.Span(v.Time.Sub(s.Start)))
	case s.End != nil:
		if zone != "" {
			zone = s.End.Local().Format(" MST")
		}
		fmt.Fprintf(&b, "%s %s to %s%s (%s)", plain.Clip(s.State, 12), at(s.Start), at(*s.End), zone, plain.Span(s.End.Sub(s.Start)))
	default:
		fmt.Fprintf(&b, "%s %s%s", plain.Clip(s.State, 12), at(s.Start), zone)
	}
	if v.Several() || s.Spike.Instance != "" { // which is another one than that of the answer
		fmt.Fprintf(&b, "  %s", plain.Clip(s.Instance, 40))
	}
	b.WriteString("  " + said(&s.Spike) + What(&s.Spike))
	if s.Ack != nil && s.Ack.Why != "" {
		b.WriteString(" (acknowledged: " + plain.Clip(s.Ack.Why, 200) + ")")
	}
	return b.String()
}

func writeSlow(b *strings.Builder, v *fleet.View) {
	if len(v.Slow) == 0 {
		return
	}
	b.WriteString("\nslow requests, newest first\n")
	requests := make([]otelperf.SlowRequest, 0, maxSlow)
	for _, s := range v.Slow[:min(len(v.Slow), maxSlow)] {
		requests = append(requests, s.SlowRequest)
	}
	b.WriteString(SlowTable(requests))
}

func writeNotes(b *strings.Builder, v *fleet.View) {
	notes := []string{}
	for _, text := range v.OutOfLine {
		notes = append(notes, "note  "+text)
	}
	for _, text := range slices.Concat(v.Missing, repeated(v)) {
		notes = append(notes, "note  "+text)
	}
	for _, h := range v.Hints {
		where := ""
		if v.Answered() > 1 {
			where = h.Instance + ": "
		}
		notes = append(notes, "hint  "+where+h.Text)
	}
	for i, text := range notes[:min(len(notes), maxHints)] {
		if i == 0 {
			b.WriteByte('\n')
		}
		b.WriteString(plain.Clip(text, 300) + "\n")
	}
}

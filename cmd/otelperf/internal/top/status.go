// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/slowlog"
)

// title says who is shown, for which window, and at what time the numbers are from.
func (m *Model) title() string {
	left := " otelperf top"
	right := "window " + string(m.window) + " "
	if m.view != nil {
		left += "  " + plain.Clip(strings.Join(m.view.Services(), ", "), 60)
		right += m.view.Time.Local().Format(time.TimeOnly) + " "
		left += m.who()
	}
	if m.paused {
		right = "PAUSED  " + right
	}
	return bar.Render(m.between(left, right))
}

// who is the one instance, or how many there are.
func (m *Model) who() string {
	if m.view.Shared != nil {
		return "  " + m.view.Shared.Headline()
	}
	if n := m.view.Answered(); n > 1 {
		return fmt.Sprintf("  %d instances", n)
	}
	for i := range m.view.Instances {
		if in := &m.view.Instances[i]; in.Counted() {
			text := "  " + plain.Clip(in.Name, 40)
			if in.Version != "" {
				text += "  version " + plain.Clip(in.Version, 20)
			}
			return text + "  up " + plain.Seconds(in.UptimeSeconds)
		}
	}
	return ""
}

func (m *Model) totals() string {
	v := m.view
	if v == nil {
		return faint.Render(m.line(" waiting for the first answer"))
	}
	return m.line(fmt.Sprintf(" %s/s  %s failed  p50 %s  p95 %s  p99 %s  %s slow since the start",
		plain.Number(v.Rate), plain.Share(v.ErrorRate), plain.Ms(v.P50Ms), plain.Ms(v.P95Ms), plain.Ms(v.P99Ms), fmt.Sprint(v.SlowQueriesCount)))
}

// verdict answers whether anything is wrong now, in a line; none from services of earlier versions.
func (m *Model) verdict() []string {
	if m.view == nil {
		return nil
	}
	text := report.Verdict(m.view)
	if text == "" {
		return nil
	}
	style := bad
	switch m.view.Verdict().Status {
	case "ok":
		style = good
	case "elevated", "off":
		style = warn
	case "unknown":
		style = faint
	}
	return []string{style.Render(m.line(" " + text))}
}

// status says what is wrong with the answers themselves.
func (m *Model) status() (lines []string) {
	add := func(s lipgloss.Style, format string, args ...any) {
		lines = append(lines, s.Render(m.line(" "+plain.Line(fmt.Sprintf(format, args...)))))
	}
	for i := range m.sources {
		s := &m.sources[i]
		switch {
		case s.err != nil:
			add(bad, "%s", m.unanswered(s))
		case m.fleet: // whoever answers, answers for all
		case m.recent(s.balanced) && m.shared:
			add(warn, "%s: several instances answer in turn, as behind a load balancer; f shows all of them together", s.url)
		case m.recent(s.balanced):
			add(warn, "%s: several instances answer in turn, as behind a load balancer; give the URL of each", s.url)
		case m.recent(s.restarted):
			add(warn, "%s: restarted at %s", s.url, clock(s.restarted))
		}
	}
	if m.view != nil {
		for i := range m.view.Instances {
			in := &m.view.Instances[i]
			if in.SameAs != "" {
				add(warn, "%s is the same instance as %s and counted once", in.URL, in.SameAs)
			}
			if in.Disabled != "" {
				add(warn, "%s measures nothing: %s is set", in.Name, in.Disabled)
			}
		}
		for i := range m.view.Mutes {
			k := &m.view.Mutes[i]
			add(warn, "MUTED %s until %s by %s", k.Endpoint, clockOf(m.now, k.Until), k.By)
		}
		for _, o := range m.view.Troubled() {
			add(bad, "objective %s", report.ObjectiveLine(&o))
		}
		for _, text := range report.Unusual(m.view) {
			add(warn, "%s", text)
		}
		for _, text := range append(m.view.OutOfLine[:len(m.view.OutOfLine):len(m.view.OutOfLine)], m.view.Missing...) {
			add(warn, "%s", text)
		}
		for _, k := range m.newestMarks() {
			add(faint, "MARK %s, %s ago", markText(&k), plain.Span(m.view.Time.Sub(k.Time)))
		}
	}
	return lines
}

// unanswered says why a URL does not answer. Where it is cut, the reason stays, and both ends of the URL.
func (m *Model) unanswered(s *source) string {
	reason := strings.TrimPrefix(strings.TrimPrefix(s.err.Error(), s.url+": "), "no answer: ")
	text := "no answer since " + clock(s.since) + ": " + reason + ": "
	text += plain.Middle(plain.Line(s.url), max(minName, m.width-2-ansi.StringWidth(plain.Line(text))))
	if !s.answered.IsZero() {
		text += ", the last was at " + clock(s.answered)
	}
	return fmt.Sprintf("%s, asking again every %v", text, m.config.Every)
}

// newestMarks are those to be shown, each once where several instances have it.
func (m *Model) newestMarks() (out []client.Mark) {
	for i := range m.view.Marks {
		k := m.view.Marks[i].Mark
		same := func(o client.Mark) bool { return o.Kind == k.Kind && o.Text == k.Text }
		if len(out) < maxMarks && m.view.Time.Sub(k.Time) < marksHold && !slices.ContainsFunc(out, same) {
			out = append(out, k)
		}
	}
	return out
}

// The newest marks are shown for as long as a comparison reaches.
const (
	maxMarks  = 2
	marksHold = time.Hour
)

func (m *Model) recent(t time.Time) bool { return !t.IsZero() && m.now.Sub(t) < newsHolds }

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

func isOpen(s *fleet.Spike) bool { return s.State == "open" }

func spikeText(s *fleet.Spike, v *fleet.View) string {
	if isOpen(s) {
		return "▲ " + report.ShortSpikeLine(s, v)
	}
	return "  " + report.ShortSpikeLine(s, v)
}

func slowStyle(s *fleet.Slow) lipgloss.Style {
	if o, known := slowlog.ParseOutcome(s.Outcome); known && o.Failed() {
		return warn
	}
	return lipgloss.NewStyle()
}

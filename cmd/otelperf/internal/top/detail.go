// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/slowlog"
)

// detail is one line of a panel by itself.
type detail struct {
	panel panel
	key   string
	top   int // the first line that is shown
	trace *client.SlowTrace
	err   error
	ended bool // the trace has come, or will not
}

// traceMsg is the anatomy of a slow request.
type traceMsg struct {
	key   string
	trace *client.SlowTrace
	err   error
}

// open shows what the cursor stands on.
func (m *Model) open() tea.Cmd {
	keys := m.keysOf(m.focus)
	if len(keys) == 0 {
		return nil
	}
	at := m.cursor(m.focus)
	m.detail = &detail{panel: m.focus, key: keys[at]}
	if m.focus != slowPanel {
		return nil
	}
	return m.fetchTrace(m.slow()[at])
}

// fetchTrace asks the instance that has the request.
func (m *Model) fetchTrace(s *fleet.Slow) tea.Cmd {
	i := slices.IndexFunc(m.config.Clients, func(c *client.Client) bool { return c.URL() == s.URL })
	if i < 0 {
		return nil
	}
	ctx, c, key, id := m.ctx, m.config.Clients[i], m.detail.key, s.TraceID
	return func() tea.Msg {
		trace, err := askTrace(ctx, c, id)
		return traceMsg{key, trace, err}
	}
}

func askTrace(ctx context.Context, c *client.Client, id string) (*client.SlowTrace, error) {
	trace, _, err := c.Trace(ctx, id)
	return trace, err
}

func (m *Model) trace(msg traceMsg) {
	if d := m.detail; d != nil && d.key == msg.key {
		d.trace, d.err, d.ended = msg.trace, msg.err, true
	}
}

func (m *Model) detailKey(msg tea.KeyPressMsg) tea.Cmd {
	d, page := m.detail, max(1, m.height-3)
	switch msg.String() {
	case "q":
		return tea.Quit
	case "esc", "enter", "left", "backspace":
		m.detail = nil
		return nil
	case "up", "k":
		d.top--
	case "down", "j":
		d.top++
	case "pgup":
		d.top -= page
	case "pgdown", "space":
		d.top += page
	case "home", "g":
		d.top = 0
	}
	d.top = min(max(0, d.top), max(0, len(m.detailText())-page))
	return nil
}

// detailLines is the title and as much of the text as fits.
func (m *Model) detailLines() []string {
	lines := []string{m.title()}
	text := m.detailText()
	for _, t := range text[min(m.detail.top, len(text)):] {
		lines = append(lines, m.line(t))
	}
	return lines
}

// detailText is drawn anew each time, so that it follows the numbers and the width.
func (m *Model) detailText() []string {
	switch d := m.detail; d.panel {
	case slowPanel:
		return m.traceText(d)
	case spikePanel:
		for _, s := range m.spikes() {
			if spikeKey(s) == d.key {
				return m.spikeDetail(s)
			}
		}
	default:
		for i := range m.view.Endpoints {
			if r := &m.view.Endpoints[i]; rowKey(r) == d.key {
				return m.endpointDetail(r)
			}
		}
	}
	return []string{"", " It is gone: the service does not have it any more."}
}

func (m *Model) traceText(d *detail) []string {
	switch {
	case !d.ended:
		return []string{"", " asking for it"}
	case d.err != nil:
		return []string{"", " " + plain.Line(d.err.Error())}
	}
	var b strings.Builder
	for _, e := range d.trace.Requests {
		b.WriteByte('\n')
		_ = slowlog.Render(&b, e, m.width-1) // a Builder takes all
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(b.String(), "\n"), "\n") {
		lines = append(lines, " "+plain.Line(line))
	}
	return lines
}

// evidenceOf are lines of what was seen of an endpoint.
func evidenceOf(e *otelperf.SpikeEndpoint) []string {
	switch {
	case e.Share != nil:
		return []string{
			fmt.Sprintf("   %d of %d requests (%s), usually %s", e.Bad, e.Requests, plain.Share(e.Share), plain.Share(e.UsualShare)),
			fmt.Sprintf("   so far %d of %s failed", e.CostFailed, plain.Plural(e.CostRequests, "request")),
		}
	case e.UsualRate != nil:
		return []string{fmt.Sprintf("   %s, %s were to be expected; usually %s a second", plain.Plural(e.Requests, "request"), plain.Number(&e.Expected), plain.Number(e.UsualRate))}
	case e.Objective != "":
		return []string{fmt.Sprintf("   objective %s burns at %s, %s of the budget is left", plain.Clip(e.Objective, 60), plain.Times(e.BurnRate), plain.Share(e.BudgetLeft))}
	}
	return []string{
		fmt.Sprintf("   p50 %s was %s   p90 %s was %s   p99 %s was %s", plain.Ms(&e.P50Ms), plain.Ms(&e.BaselineP50Ms),
			plain.Ms(&e.P90Ms), plain.Ms(&e.BaselineP90Ms), plain.Ms(&e.P99Ms), plain.Ms(&e.BaselineP99Ms)),
		fmt.Sprintf("   %d of %d requests above %s, %s were to be expected", e.Above, e.Requests, plain.Ms(&e.ThresholdMs), plain.Number(&e.Expected)),
		fmt.Sprintf("   %s %s was %s (%s), at its worst %s (%s)", plain.Quantile(e.Quantile), plain.Ms(&e.QuantileMs), plain.Ms(&e.BaselineQuantileMs),
			plain.Times(e.Ratio), plain.Ms(&e.WorstMs), plain.Times(e.WorstRatio)),
		fmt.Sprintf("   so far %d of %s slow, %d failed", e.CostSlow, plain.Plural(e.CostRequests, "request"), e.CostFailed),
	}
}

func (m *Model) spikeDetail(s *fleet.Spike) []string {
	lines := []string{"", " " + spikeText(s, m.view), "",
		fmt.Sprintf(" id %s  instance %s  seen at %s", plain.Clip(s.ID, 60), plain.Clip(s.Instance, 40), s.At.Local().Format(time.TimeOnly)), ""}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		lines = append(lines, " "+plain.Clip(strings.TrimSpace(e.Method+" "+e.Route), 100)+"  "+plain.Clip(e.State, 12))
		for j := range e.Causes {
			lines = append(lines, "   "+plain.Clip(e.Causes[j].Sentence, 400))
		}
		lines = append(lines, evidenceOf(e)...)
		if e.WaitsFor != "" {
			lines = append(lines, "   waiting for "+plain.Clip(e.WaitsFor, 100))
		}
	}
	for i := range s.Errors {
		lines = append(lines, fmt.Sprintf("   %d %s: %s", s.Errors[i].Count, plain.Clip(s.Errors[i].Type, 60), plain.Clip(s.Errors[i].Message, 200)))
	}
	for i := range s.Signals {
		if i == 0 {
			lines = append(lines, "", " what else was unusual then")
		}
		lines = append(lines, "   "+plain.Clip(s.Signals[i].Sentence, 200))
	}
	for i, id := range s.TraceIDs {
		if i == 0 {
			lines = append(lines, "", " slow requests of that time; otelperf slow URL TRACE_ID shows one")
		}
		lines = append(lines, "   "+plain.Clip(id, 40))
	}
	return lines
}

func (m *Model) endpointDetail(r *fleet.Row) []string {
	lines := []string{"", " " + plain.Line(r.Name()) + "  " + plain.Line(report.State(r)), "",
		fmt.Sprintf(" %s  %s/s  %s failed", plain.Plural(r.Count, "request"), plain.Number(r.Rate), plain.Share(r.ErrorRate)),
		fmt.Sprintf(" p50 %s  p95 %s  p99 %s  min %s  max %s  mean %s", plain.Ms(r.P50Ms), plain.Ms(r.P95Ms), plain.Ms(r.P99Ms),
			plain.Ms(r.MinMs), plain.Ms(r.MaxMs), plain.Ms(r.AvgMs)),
		fmt.Sprintf(" baseline p99 in ms %s  ratio %s  slow above %s", report.Baseline(r), plain.Times(r.Ratio), plain.Ms(&r.ThresholdMs)),
		" outcomes" + outcomes(r.ByOutcome), ""}
	for _, text := range r.OutOfLine {
		lines = append(lines, " ! "+plain.Line(text))
	}
	if r.RepeatedCalls != nil {
		lines = append(lines, " × "+report.Repeated(r.RepeatedCalls))
	}
	if r.Missing != "" {
		lines = append(lines, " no quantiles: "+plain.Line(r.Missing))
	}
	lines = append(lines, m.chart(r)...)
	if len(r.Parts) > 1 {
		lines = append(lines, "", " instances")
	}
	for i := range r.Parts {
		if p := &r.Parts[i]; len(r.Parts) > 1 {
			lines = append(lines, fmt.Sprintf("   %s %s/s  %s failed  p99 %s  baseline %s  %s", pad(plain.Line(p.Instance), 24, false),
				plain.Number(p.Rate), plain.Share(p.ErrorRate), plain.Ms(p.P99Ms), plain.Ms(p.BaselineP99Ms), plain.Clip(p.State, 12)))
		}
	}
	return append(lines, m.slowOf(r)...)
}

// outcomes lists what occurred by name.
func outcomes(by map[string]uint64) (text string) {
	names := slices.Sorted(maps.Keys(by))
	for _, name := range names[:min(len(names), 12)] {
		text += fmt.Sprintf("  %s %d", plain.Clip(name, 20), by[name])
	}
	return text
}

// slowOf are the slow requests of an endpoint that are in the summary.
func (m *Model) slowOf(r *fleet.Row) (lines []string) {
	for i := range m.view.Slow {
		s := &m.view.Slow[i]
		if s.Service != r.Service || s.Method != r.Method || s.Route != r.Route {
			continue
		}
		if len(lines) == 0 {
			lines = append(lines, "", " slow requests")
		}
		lines = append(lines, "  "+m.slowText(s))
	}
	return lines
}

func (m *Model) helpLines() []string {
	lines := []string{m.title(), ""}
	for _, h := range [][2]string{
		{"↑ ↓ k j pgup pgdown g G", "move the cursor"}, {"tab", "next panel: endpoints, slow requests, spikes"},
		{"enter", "details of what the cursor stands on; esc goes back"}, {"/", "show what has a text in its name; esc shows all"},
		{"s S", "sort by the next or the previous column"}, {"r", "the other way round"},
		{"w", "window: 1m, 5m, 1h, all"}, {"p", "pause and go on"}, {"q ctrl+c", "quit"},
	} {
		lines = append(lines, m.line("  "+pad(h[0], 26, false)+h[1]))
	}
	return append(lines, "", m.line("  Trends end at twice the baseline p99 (or their median), or at their highest value: half height is normal."),
		m.line("  × requests call one dependency many times   ! an instance is out of line"),
		m.line("  Of several instances a trend by the minute is the highest p99 of any; all other numbers are of all requests together."))
}

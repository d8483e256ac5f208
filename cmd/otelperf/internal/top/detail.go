// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/slowlog"
)

// detail is one line of a panel by itself.
type detail struct {
	panel panel
	key   string
	top   int  // the first line that is shown
	ended bool // what was asked for has come, or will not
	err   error
	trace *client.SlowTrace // of a slow request
	about                   // of an endpoint or a dependency
	lines []string          // of the wiring
	past  *past             // spikes of the last 30 days
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
	m.chosen[m.focus] = keys[at]
	m.detail = &detail{panel: m.focus, key: keys[at]}
	switch m.focus {
	case slowPanel:
		return m.fetchTrace(m.slow()[at])
	case spikePanel:
		return nil
	}
	return m.fetchAbout(m.rowAtCursor())
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
	if d.past != nil && d.past.key(msg.String()) {
		d.top = 0
		return nil
	}
	switch msg.String() {
	case "q":
		return tea.Quit
	case "esc", "enter", "left", "backspace":
		m.detail = nil
		return nil
	case "a":
		return m.ack()
	case "m":
		m.askMute()
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
	d.top = min(max(0, d.top), max(0, len(m.detailWrapped())-page))
	return nil
}

// detailLines is the title and as much of the text as fits.
func (m *Model) detailLines() []string {
	lines := []string{m.title()}
	text := m.detailWrapped()
	for _, t := range text[min(m.detail.top, len(text)):] {
		lines = append(lines, m.line(t))
	}
	return lines
}

// detailWrapped is the text with lines that are wider than the screen broken.
func (m *Model) detailWrapped() (lines []string) {
	breaks := ""
	if m.detail.panel == wiringPanel {
		breaks = "(," // text is wrapped already: what is left is Go
	}
	for _, t := range m.detailText() {
		lines = append(lines, broken(t, m.width, breaks)...)
	}
	return lines
}

// broken is a line as several of at most width columns, between words where there are some, and after any of breaks. Those after the first
// are indented.
func broken(line string, width int, breaks string) []string {
	if ansi.StringWidth(line) <= width {
		return []string{line}
	}
	text := strings.TrimLeft(line, " ")
	indent := min(len(line)-len(text), width/3)
	first, rest := strings.Repeat(" ", indent), strings.Repeat(" ", min(indent+2, width/2))
	var lines []string
	for part := range strings.SplitSeq(ansi.Wrap(text, width-len(rest), breaks), "\n") {
		lines = append(lines, first+strings.TrimRight(part, " "))
		first = rest
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
	case comparePanel:
		return m.comparison(d)
	case pastPanel:
		return m.pastText(d)
	case wiringPanel:
		if !d.ended {
			return asking
		}
		return d.lines
	default:
		for _, rows := range [][]fleet.Row{m.view.Endpoints, m.view.Dependencies} {
			for i := range rows {
				if r := &rows[i]; rowKey(r) == d.key {
					return m.endpointDetail(r)
				}
			}
		}
	}
	return []string{"", " It is gone: the service does not have it any more."}
}

// asking is shown while an answer is waited for.
var asking = []string{"", " asking for it"}

func (m *Model) traceText(d *detail) []string {
	switch {
	case !d.ended:
		return asking
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

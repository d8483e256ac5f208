// SPDX-License-Identifier: Apache-2.0

package top

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/report"
)

// pastFor is how far back earlier spikes are looked for.
const pastFor = 30 * 24 * time.Hour

// past are the spikes of the last 30 days, newest first.
type past struct {
	spikes []fleet.Spike
	more   int  // that no answer had room for
	at     int  // where the cursor stands
	opened bool // the one there is shown by itself
	height int  // lines of the last list
}

// pastMsg is what the services have of them.
type pastMsg struct {
	past past
	err  error
}

// openPast asks all services for the spikes of the last 30 days.
func (m *Model) openPast() tea.Cmd {
	m.detail = &detail{panel: pastPanel}
	ctx, clients, to := m.ctx, m.config.Clients, m.now.Truncate(time.Minute).Add(time.Minute)
	return func() tea.Msg {
		var msg pastMsg
		seen := map[string]bool{}
		for _, c := range clients {
			l, err := c.SpikesWithin(ctx, to.Add(-pastFor), to)
			if err != nil {
				msg.err = errors.Join(msg.err, err)
				continue
			}
			msg.past.more += max(0, l.Count-len(l.Spikes))
			for i := range l.Spikes {
				s := fleet.Spike{Service: l.Service, Instance: l.Instance, Spike: l.Spikes[i]}
				if key := s.Service + "\x00" + s.ID; !seen[key] { // of a store that several share each has it
					seen[key] = true
					msg.past.spikes = append(msg.past.spikes, s)
				}
			}
		}
		slices.SortStableFunc(msg.past.spikes, func(a, b fleet.Spike) int { return b.Start.Compare(a.Start) })
		return msg
	}
}

func (m *Model) past(msg pastMsg) {
	if d := m.detail; d != nil && d.panel == pastPanel {
		d.past, d.err, d.ended = &msg.past, msg.err, true
	}
}

// key moves the cursor, opens and closes; false for what is another's.
func (p *past) key(key string) bool {
	page := max(1, p.height-1)
	switch key {
	case "a", "m": // of the past there is nothing to be done
		return true
	case "enter", "right":
		p.opened = !p.opened && len(p.spikes) > 0
		return true
	case "esc", "left", "backspace":
		was := p.opened
		p.opened = false
		return was
	}
	moves := map[string]int{"up": -1, "k": -1, "down": 1, "j": 1, "pgup": -page, "pgdown": page, "space": page, "home": -len(p.spikes), "g": -len(p.spikes), "end": len(p.spikes), "G": len(p.spikes)}
	by, known := moves[key]
	if !known || p.opened {
		return false // of one that is open the lines are scrolled
	}
	p.at = min(max(0, p.at+by), max(0, len(p.spikes)-1))
	return true
}

// pastText is the list, or the one that is open.
func (m *Model) pastText(d *detail) (lines []string) {
	if !d.ended {
		return asking
	}
	p := d.past
	if p.opened {
		s := &p.spikes[p.at]
		return append([]string{"", " began " + s.Start.Local().Format("Mon 02 Jan 2006 15:04:05 MST")}, m.spikeDetail(s)...)
	}
	title := " EARLIER SPIKES  " + plain.Plural(len(p.spikes)+p.more, "spike") + " of the last 30 days, times are " + zone(m.now)
	lines = append(lines, "", bold.Render(m.line(title)))
	if !m.stored {
		lines = append(lines, m.wrapped(" ", "Only what is in memory: what is stored beyond a restart takes a history: "+howToStore)...)
	}
	if d.err != nil {
		lines = append(lines, " "+plain.Line(d.err.Error()))
	}
	if len(p.spikes) == 0 {
		return append(lines, " none")
	}
	lines = append(lines, bold.Render(m.line(" "+pad("BEGAN", 18, false)+pad("LASTED", 8, true)+"  WHAT AND WHY")))
	p.height = max(1, m.height-1-len(lines)-len(m.footer()))
	from := scroll(p.at, p.height, len(p.spikes))
	for i := from; i < min(len(p.spikes), from+p.height); i++ {
		s := &p.spikes[i]
		style := faint
		if isOpen(s) {
			style = bad
		}
		lines = append(lines, m.styled(style, m.pastLine(s), i == p.at))
	}
	return lines
}

// pastLine is one spike on a line, with its local time.
func (m *Model) pastLine(s *fleet.Spike) string {
	lasted := "open"
	switch {
	case s.End != nil:
		lasted = plain.Span(s.End.Sub(s.Start))
	case !isOpen(s):
		lasted = "?" // it was open when its process ended
	}
	text := fmt.Sprintf(" %s%s  ", pad(s.Start.Local().Format("Mon 02 Jan 15:04"), 18, false), pad(lasted, 8, true))
	if m.view.Answered() > 1 {
		text += plain.Clip(s.Instance, 20) + "  "
	}
	what := report.What(&s.Spike)
	if len(s.Endpoints) > 0 {
		if name := plain.Clip(strings.TrimSpace(s.Endpoints[0].Method+" "+s.Endpoints[0].Route), 60); !strings.HasPrefix(what, name) {
			what = name + ": " + what
		}
	}
	return text + what
}

// zone names the zone that local times are in.
func zone(t time.Time) string { return t.Local().Format("MST") }

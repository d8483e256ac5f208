// SPDX-License-Identifier: Apache-2.0

package top

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
)

// trendEvery is how often the minutes are asked for, which change once a minute.
const trendEvery = 20 * time.Second

// answersMsg is what a poll brought.
type answersMsg struct {
	seq     int
	at      time.Time
	answers []fleet.Answer
}

// tickMsg is the time for the poll after the one with this number.
type tickMsg struct {
	seq int
	at  time.Time
}

// poll asks all URLs. One that does not answer holds the others up for its timeout at most.
func (m *Model) poll() tea.Cmd {
	m.seq++
	m.polling = true
	ask := fleet.Ask{Period: client.Period{Window: m.window, Fleet: m.fleet}, Merge: len(m.config.Clients) > 1, Trend: !m.fleet && m.now.Sub(m.trendAt) >= trendEvery}
	if ask.Trend {
		m.trendAt = m.now
	}
	seq, ctx, clients := m.seq, m.ctx, m.config.Clients
	return func() tea.Msg {
		answers := fleet.Poll(ctx, clients, ask)
		return answersMsg{seq: seq, at: time.Now(), answers: answers}
	}
}

// tick polls again, or waits on while the screen is paused.
func (m *Model) tick(msg tickMsg) tea.Cmd {
	if msg.seq != m.seq || m.polling {
		return nil // another poll was asked for meanwhile, and its answer goes on
	}
	m.now = msg.at
	if m.paused {
		return m.wait()
	}
	return m.poll()
}

func (m *Model) wait() tea.Cmd {
	seq := m.seq
	return tea.Tick(m.config.Every, func(t time.Time) tea.Msg { return tickMsg{seq, t} })
}

// answers takes what a poll brought. Where nobody answered, the numbers stay as they were.
func (m *Model) answers(msg answersMsg) tea.Cmd {
	if msg.seq != m.seq {
		return nil // it was for another window
	}
	m.polling, m.now = false, msg.at
	m.stored = true
	if s := msg.answers[0].Summary; s != nil {
		m.shared = len(msg.answers) == 1 && s.Diagnostics.Fleet != nil
	}
	for i := range msg.answers {
		if s := msg.answers[i].Summary; s == nil || s.Diagnostics.History == nil {
			m.stored = false
		}
		m.sources[i].note(&msg.answers[i], msg.at)
	}
	if v := fleet.Merge(msg.answers); v.Answered() > 0 {
		m.view = v
		m.history.add(v)
		if len(m.keysOf(m.focus)) == 0 { // the lines of its panel are gone
			m.focus = endpointPanel
		}
	} else {
		m.trendAt = time.Time{}
	}
	return m.wait()
}

// source is what is known of a URL beyond the last answer.
type source struct {
	url       string
	err       error
	since     time.Time // when it stopped to answer
	answered  time.Time // the last time that it did
	restarted time.Time
	uptime    float64
	names     []string // instances that answered there, the latest last
	balanced  time.Time
}

const (
	maxNames  = 8
	newsHolds = time.Minute // for which a restart is shown
)

// note learns from an answer.
func (s *source) note(a *fleet.Answer, at time.Time) {
	if a.Summary == nil {
		if s.err == nil {
			s.since = at
		}
		s.err = a.Err
		return
	}
	s.err, s.answered = nil, at
	name := a.Summary.Instance
	switch i := slices.Index(s.names, name); {
	case len(s.names) == 0:
		s.names = []string{name}
	case i == len(s.names)-1:
		if a.Summary.UptimeSeconds < s.uptime {
			s.restarted = at
		}
	case i >= 0: // one that was there before answers again: they take turns
		s.balanced = at
		s.names = append(slices.Delete(s.names, i, i+1), name)
	default:
		s.restarted = at
		s.names = append(s.names[max(0, len(s.names)+1-maxNames):], name)
	}
	s.uptime = a.Summary.UptimeSeconds
}

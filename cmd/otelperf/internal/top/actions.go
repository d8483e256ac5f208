// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// saidHolds is how long it is shown what came of a change.
const saidHolds = 10 * time.Second

// said is what came of a change.
type said struct {
	text   string
	failed bool
	at     time.Time
}

func (s *said) style() lipgloss.Style {
	if s.failed {
		return bad
	}
	return good
}

// changedMsg is what came of a change that was asked for.
type changedMsg struct {
	text string
	err  error
}

func (m *Model) say(text string, failed bool) { m.said = said{text, failed, m.now} }

// changed shows what came of a change, and asks for the numbers anew.
func (m *Model) changed(msg changedMsg) tea.Cmd {
	if msg.err != nil {
		m.say(strings.ReplaceAll(msg.err.Error(), "\n", "; "), true)
		return nil
	}
	m.say(msg.text, false)
	return m.poll()
}

// change carries something out at each of the instances, and says the text if all took it.
func (m *Model) change(urls []string, text string, do func(context.Context, *client.Client) error) tea.Cmd {
	ctx, clients := m.ctx, m.clientsAt(urls)
	return func() tea.Msg {
		var errs []error
		for _, c := range clients {
			errs = append(errs, do(ctx, c))
		}
		return changedMsg{text, errors.Join(errs...)}
	}
}

// clientsAt are the clients of some URLs.
func (m *Model) clientsAt(urls []string) (out []*client.Client) {
	for _, url := range urls {
		for _, c := range m.config.Clients {
			if c.URL() == url {
				out = append(out, c)
			}
		}
	}
	return out
}

// urlsOf are the URLs of the instances with a name, of all of a service for "".
func (m *Model) urlsOf(service, instance string) (urls []string) {
	for i := range m.view.Instances {
		if in := &m.view.Instances[i]; in.Counted() && in.Service == service && (instance == "" || in.Name == instance) {
			urls = append(urls, in.URL)
		}
	}
	return urls
}

// ack acknowledges the spike that the cursor stands on, or of what it stands on, or takes that back.
func (m *Model) ack() tea.Cmd {
	s := m.spikeAtCursor()
	if s == nil {
		m.say("there is no open spike to acknowledge", true)
		return nil
	}
	urls, id, by := m.urlsOf(s.Service, s.Instance), s.ID, m.config.By
	if len(urls) == 0 {
		m.say(id+" is at "+plain.Clip(s.Instance, 40)+": ask that instance itself", true)
		return nil
	}
	if s.Ack != nil {
		return m.change(urls, "taken back: nobody looks after "+id+" now", func(ctx context.Context, c *client.Client) error {
			_, err := c.Unack(ctx, id, by)
			return err
		})
	}
	return m.change(urls, "acknowledged: "+id+" is reported when it ends; a takes it back", func(ctx context.Context, c *client.Client) error {
		_, err := c.Ack(ctx, id, client.Ack{By: by, Why: "from otelperf top"})
		return err
	})
}

// askMute asks until when the endpoint is to be muted: that which the cursor stands on, or of the spike.
func (m *Model) askMute() {
	m.muting = m.rowAtCursor()
	if s := m.spikeAtCursor(); m.muting == nil && s != nil {
		for _, r := range m.rows() {
			if m.muting == nil && partOf(s, r) != nil {
				m.muting = r
			}
		}
	}
	if m.muting == nil {
		m.say("there is no endpoint to mute", true)
	}
}

func (m *Model) muteQuestion() string {
	tail := fmt.Sprintf(" until: n %s  e %s  1 15 min  2 1 h  3 4 h  u unmute  esc", clockOf(m.now, next(m.now, 12)), clockOf(m.now, next(m.now, 18)))
	const head = " mute "
	return head + plain.Middle(plain.Line(m.muting.Name()), max(8, m.width-len(head)-len(tail))) + tail
}

// clockOf is what a clock here shows at a time, with the day if that is not the same as of now.
func clockOf(now, t time.Time) string {
	now, t = now.Local(), t.Local()
	switch text := t.Format("15:04"); {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return text
	case t.Format(time.DateOnly) == now.AddDate(0, 0, 1).Format(time.DateOnly):
		return text + " tomorrow"
	}
	return t.Format("15:04 on Mon 2 Jan")
}

// muteKey takes the answer.
func (m *Model) muteKey(key string) tea.Cmd {
	r, now := m.muting, m.now
	m.muting = nil
	until := now
	switch key {
	case "n":
		until = next(now, 12)
	case "e":
		until = next(now, 18)
	case "1":
		until = now.Add(15 * time.Minute)
	case "2":
		until = now.Add(time.Hour)
	case "3":
		until = now.Add(4 * time.Hour)
	case "u":
		return m.unmute(r)
	default:
		return nil
	}
	mute := client.Mute{Endpoint: client.PatternOf(r.Name()), By: m.config.By, Why: "from otelperf top", Minutes: until.Sub(now).Minutes()}
	text := fmt.Sprintf("muted: nothing of %s is reported until %s; m u ends it", r.Name(), clockOf(now, until))
	return m.change(m.urlsOf(r.Service, ""), text, func(ctx context.Context, c *client.Client) error {
		_, err := c.Mute(ctx, mute)
		return err
	})
}

// next is the next time that a clock here shows an hour.
func next(now time.Time, hour int) time.Time {
	now = now.Local()
	t := time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, time.Local)
	if !t.After(now) {
		t = time.Date(now.Year(), now.Month(), now.Day()+1, hour, 0, 0, 0, time.Local)
	}
	return t
}

// unmute ends all mutes of just this endpoint.
func (m *Model) unmute(r *fleet.Row) tea.Cmd {
	name, by := r.Name(), m.config.By
	return m.change(m.urlsOf(r.Service, ""), name+" is not muted any more", func(ctx context.Context, c *client.Client) error {
		list, err := c.Mutes(ctx)
		if err != nil {
			return err
		}
		ended := 0
		for i := range list.Mutes {
			if list.Mutes[i].Endpoint != client.PatternOf(name) {
				continue
			}
			if _, err := c.Unmute(ctx, list.Mutes[i].ID, by); err != nil {
				return err
			}
			ended++
		}
		if ended == 0 {
			return fmt.Errorf("%s: no mute is of %s alone: 'otelperf mute URL --list' lists them", c.URL(), plain.Clip(name, 60))
		}
		return nil
	})
}

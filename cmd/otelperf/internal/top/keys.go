// SPDX-License-Identifier: Apache-2.0

package top

import (
	"fmt"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

const maxFilter = 64 // characters

// key does what a key asks for.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	if msg.String() == "ctrl+c" {
		return tea.Quit
	}
	switch {
	case m.filtering:
		return m.filterKey(msg)
	case m.help:
		m.help = false
		return nil
	case m.muting != nil:
		return m.muteKey(msg.String())
	case m.detail != nil:
		return m.detailKey(msg)
	}
	return m.listKey(msg.String())
}

func (m *Model) listKey(key string) tea.Cmd {
	switch key {
	case "q":
		return tea.Quit
	case "?", "h":
		m.help = true
	case "/":
		m.filtering = true
	case "esc":
		m.filter, m.focus = "", endpointPanel
	case "s":
		m.sort = (m.sort + 1) % len(sortings)
	case "S":
		m.sort = (m.sort + len(sortings) - 1) % len(sortings)
	case "r":
		m.reversed = !m.reversed
	case "p", "space":
		m.paused = !m.paused
	case "f":
		return m.toFleet()
	case "w":
		m.nextWindow()
		return m.again()
	case "tab":
		m.next(1)
	case "shift+tab":
		m.next(panels - 1)
	case "enter":
		return m.open()
	case "c":
		return m.compareMark()
	case "d":
		m.toDependencies()
	case "i":
		return m.openWiring()
	case "e":
		return m.openPast()
	case "a":
		return m.ack()
	case "m":
		m.askMute()
	case "1", "2", "3", "4", "5", "6", "7", "8", "9":
		return m.openDigit(int(key[0] - '1'))
	default:
		m.move(key)
	}
	return nil
}

// nextWindow passes those over that take a history where there is none.
func (m *Model) nextWindow() {
	m.window = m.window.Next()
	for m.fleet && (m.window == otelperf.Window24h || m.window == otelperf.Window7d) {
		m.window = m.window.Next()
	}
	for !m.stored && (m.window == otelperf.Window24h || m.window == otelperf.Window7d) {
		m.window = m.window.Next()
		m.say("the windows 24h and 7d take a history: "+howToStore, false)
	}
}

// howToStore says how a service comes to have a history.
const howToStore = "otelperf.WithHistory(store), such as history/bolt in a file"

// toFleet turns to all instances of the service, or back to the one that answers.
func (m *Model) toFleet() tea.Cmd {
	switch {
	case m.fleet:
		m.fleet = false
	case len(m.config.Clients) > 1:
		m.say("the URLs given are merged here: give one alone to have it answer for all instances", true)
		return nil
	case !m.shared:
		m.say("the instances of this service do not know each other: otelperf.WithFleet(store), such as fleet/redis", true)
		return nil
	default:
		m.fleet = true
		if m.window == otelperf.Window24h || m.window == otelperf.Window7d {
			m.window = otelperf.Window1h
		}
	}
	m.trendAt = time.Time{}
	return m.again()
}

// next moves the focus on by a number of panels, and over those that have no lines: there the cursor would be nowhere.
func (m *Model) next(by panel) {
	for range panels {
		if m.focus = (m.focus + by) % panels; len(m.keysOf(m.focus)) > 0 {
			return
		}
	}
	m.focus = endpointPanel
}

// toDependencies moves the focus there if there are any.
func (m *Model) toDependencies() {
	switch {
	case len(m.dependencies()) > 0:
		m.focus = dependencyPanel
	case m.view == nil:
	case len(m.view.Dependencies) > 0:
		m.say(fmt.Sprintf("no dependency has %q in its name: esc drops the filter", m.filter), true)
	default:
		m.say("this service calls nothing in this window, as far as spans of its calls tell; w changes the window", true)
	}
}

// maxDigit is how many lines have a digit.
const maxDigit = 9

// digitPanel is the panel whose lines digits open.
func (m *Model) digitPanel() panel {
	if m.focus == dependencyPanel {
		return dependencyPanel
	}
	return endpointPanel
}

// openDigit shows the n-th line on the screen, from 0.
func (m *Model) openDigit(n int) tea.Cmd {
	p := m.digitPanel()
	keys, height := m.keysOf(p), m.layout().of(p)
	i := scroll(m.cursor(p), height, len(keys)) + n
	if n >= height || i >= len(keys) {
		return nil
	}
	m.focus, m.chosen[p] = p, keys[i]
	return m.open()
}

// openFound shows the first line that passes the filter, of endpoints if there is one.
func (m *Model) openFound() tea.Cmd {
	for _, p := range []panel{endpointPanel, dependencyPanel, slowPanel} {
		if keys := m.keysOf(p); len(keys) > 0 {
			m.focus, m.chosen[p] = p, keys[0]
			return m.open()
		}
	}
	return nil
}

// again polls now. The number of this poll makes answers and ticks that are under way void.
func (m *Model) again() tea.Cmd {
	m.paused = false
	return m.poll()
}

// filterKey edits the filter, or opens what it finds.
func (m *Model) filterKey(msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "enter":
		if m.filtering = false; m.filter != "" {
			return m.openFound()
		}
	case "tab":
		if m.filtering = false; len(m.keysOf(m.focus)) == 0 {
			m.next(1)
		}
	case "esc":
		m.filtering, m.filter = false, ""
	case "backspace":
		_, n := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-n]
	default:
		m.typed(msg.Text)
	}
	return nil
}

// typed adds text to the filter as far as there is room.
func (m *Model) typed(text string) {
	for _, r := range text {
		if unicode.IsPrint(r) && utf8.RuneCountInString(m.filter) < maxFilter {
			m.filter += string(r)
		}
	}
}

// move moves the cursor of the panel that has the focus.
func (m *Model) move(key string) {
	keys := m.keysOf(m.focus)
	if len(keys) == 0 {
		return
	}
	i := max(0, slices.Index(keys, m.chosen[m.focus]))
	page := max(1, m.layout().of(m.focus)-1)
	switch key {
	case "up", "k":
		i--
	case "down", "j":
		i++
	case "pgup":
		i -= page
	case "pgdown":
		i += page
	case "home", "g":
		i = 0
	case "end", "G":
		i = len(keys) - 1
	}
	m.chosen[m.focus] = keys[min(max(i, 0), len(keys)-1)]
}

// keysOf identifies the lines of a panel, so that the cursor stays on its line when others come and go.
func (m *Model) keysOf(p panel) (keys []string) {
	switch p {
	case endpointPanel:
		for _, r := range m.rows() {
			keys = append(keys, rowKey(r))
		}
	case dependencyPanel:
		for _, r := range m.dependencies() {
			keys = append(keys, rowKey(r))
		}
	case slowPanel:
		for _, s := range m.slow() {
			keys = append(keys, slowKey(s))
		}
	case spikePanel:
		for _, s := range m.spikes() {
			keys = append(keys, spikeKey(s))
		}
	}
	return keys
}

func slowKey(s *fleet.Slow) string   { return s.URL + "\x00" + s.TraceID + "\x00" + s.SpanID }
func spikeKey(s *fleet.Spike) string { return s.Service + "\x00" + s.Instance + "\x00" + s.ID }

// cursor is the index of the line that the cursor of a panel stands on.
func (m *Model) cursor(p panel) int { return max(0, slices.Index(m.keysOf(p), m.chosen[p])) }

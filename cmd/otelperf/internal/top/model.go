// SPDX-License-Identifier: Apache-2.0

package top

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/client"
	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Config says what is shown.
type Config struct {
	Clients []*client.Client // 1 to fleet.MaxURLs
	Window  otelperf.Window
	Every   time.Duration // between two polls
	By      string        // who acknowledges and mutes
}

// panel is a part of the screen that has a cursor.
type panel int

const (
	endpointPanel panel = iota
	dependencyPanel
	slowPanel
	spikePanel
	panels
	comparePanel // what follows is never on the list, but a screen by itself
	wiringPanel
	pastPanel
)

// Model is the state of the screen. Only Bubble Tea's loop uses it.
type Model struct {
	config Config
	ctx    context.Context // ends what is still being asked when the program ends

	width, height int
	now           time.Time
	view          *fleet.View // the latest with any numbers; nil before there was one
	sources       []source
	history       history
	seq           int  // of the poll that is waited for; answers to others are late
	polling       bool // an answer is waited for
	trendAt       time.Time

	window    otelperf.Window
	stored    bool // all instances have a history: there are the windows 24h and 7d
	shared    bool // the one service knows the others of its fleet
	fleet     bool // all of them are asked for
	focus     panel
	chosen    [panels]string // keys of what the cursors stand on; the first one where it is gone
	sort      int
	reversed  bool
	filter    string
	filtering bool // keys go to the filter
	paused    bool
	help      bool
	detail    *detail
	muting    *fleet.Row // until when it is to be muted is asked for
	said      said       // what came of the last change
}

// New returns a model that polls until ctx ends.
func New(ctx context.Context, config Config) *Model {
	m := &Model{config: config, ctx: ctx, window: config.Window, width: 100, height: 30, now: time.Now()}
	m.sources = make([]source, len(config.Clients))
	for i, c := range config.Clients {
		m.sources[i].url = c.URL()
	}
	m.history.samples = map[string][]float64{}
	return m
}

// Init asks for the first answers.
func (m *Model) Init() tea.Cmd { return m.poll() }

// Update takes what happened.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.PasteMsg:
		if m.filtering {
			m.typed(msg.Content)
		}
	case answersMsg:
		return m, m.answers(msg)
	case tickMsg:
		return m, m.tick(msg)
	case traceMsg:
		m.trace(msg)
	case aboutMsg:
		m.about(msg)
	case wiringMsg:
		m.wiring(msg)
	case pastMsg:
		m.past(msg)
	case changedMsg:
		return m, m.changed(msg)
	}
	return m, nil
}

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.NewView(m.screen())
	v.AltScreen = true
	v.WindowTitle = "otelperf top"
	return v
}

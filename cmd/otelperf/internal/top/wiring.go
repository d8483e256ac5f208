// SPDX-License-Identifier: Apache-2.0

package top

import (
	tea "charm.land/bubbletea/v2"
)

// wiringMsg is what is said of the wiring of all services.
type wiringMsg struct{ lines []string }

// openWiring asks how the services are wired.
func (m *Model) openWiring() tea.Cmd {
	m.detail = &detail{panel: wiringPanel}
	ctx, clients, width := m.ctx, m.config.Clients, m.width
	_ = width
	return func() tea.Msg {
		var lines []string
		for _, c := range clients {
			_, err := c.Wiring(ctx)
			if err != nil {
				lines = append(lines, err.Error())
			}
		}
		return wiringMsg{lines}
	}
}

func (m *Model) wiring(msg wiringMsg) {
	if d := m.detail; d != nil && d.panel == wiringPanel {
		d.lines, d.ended = msg.lines, true
	}
}

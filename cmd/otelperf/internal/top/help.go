// SPDX-License-Identifier: Apache-2.0

package top

// helpTexts are the keys, and what they do. With the title and the footer they fit on 80x24.
var helpTexts = [][2]string{
	{"enter 1-9", "why: details at the cursor, or of that line; esc goes back"},
	{"c", "is it the deploy? before and since the newest mark"},
	{"d", "dependencies: what this service calls; esc goes back"},
	{"e", "earlier spikes: those of the last 30 days, with causes"},
	{"i", "is it wired right? what 'otelperf doctor' says"},
	{"a", "acknowledge the spike, or take that back"},
	{"m n", "mute it until noon; m asks until when, m u ends that"},
	{"tab", "next panel: endpoints, dependencies, slow, spikes"},
	{"↑↓ kj pgup pgdn g G", "move the cursor"},
	{"/", "find by a text: enter opens the first, tab keeps all"},
	{"s S r", "sort by the next or the previous column; the other way"},
	{"w f", "window: 1m 5m 1h all, 24h 7d; f: all instances, or one"},
	{"p", "pause and go on"},
	{"q ctrl+c", "quit"},
}

// helpNotes are as wide as 80 columns let them be.
var helpNotes = []string{
	"Worst first: what is in an incident, then by what it costs those who ask.",
	"USUAL ms is the p99 that is usual, RATIO how many times it is reached; with a",
	"quantile, such as 56.1x p59, it is that of the worst minute of the incident.",
	"Trends end at twice that, or at their highest: half height is normal.",
	"× requests repeat one call many times; ! an instance is out of line.",
	"Of several instances a trend is the highest p99 of any.",
}

func (m *Model) helpLines() []string {
	lines := []string{m.title(), ""}
	for _, h := range helpTexts {
		lines = append(lines, m.line("  "+pad(h[0], 20, false)+h[1]))
	}
	lines = append(lines, "")
	for _, text := range helpNotes {
		lines = append(lines, m.line("  "+text))
	}
	return lines
}

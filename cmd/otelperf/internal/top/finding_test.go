// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/otelperf/otelperf-go/otelperf/causes"
)

// A digit opens the line that has it, of dependencies where these have the cursor, and of nothing that is not there.
func TestDigitsOpenLines(t *testing.T) {
	s := newScreen(t, 120, 40, newService(t, "a"))
	s.has("1 GET /checkout", "2×GET /products", "4 GET /events")
	s.run(s.press("2"))
	s.has("GET /products  normal", "outcomes")
	s.press("esc")
	if s.press("5") != nil || s.detail != nil {
		t.Error("a line that is not there is opened")
	}
	s.press("d")
	s.has("1 postgresql SELECT carts")
	s.hasNot("1 GET /checkout")
	s.run(s.press("2"))
	s.has("GET payments.internal.example.com/v1/customers/{id}/authorizations  normal")
	s.send(tea.WindowSizeMsg{Width: 120, Height: 12})
	s.press("esc", "esc")
	for n := s.layout().endpoints; n < 4; n++ {
		if s.press(string(rune('1'+n))) != nil {
			t.Errorf("line %d of %d is opened", n+1, s.layout().endpoints)
		}
	}
}

// Enter opens the first that the filter finds at once, of dependencies if it is one; tab shows the list.
func TestEnterOpensWhatIsFound(t *testing.T) {
	s := newScreen(t, 120, 40, newService(t, "a"))
	s.press("/", "p", "r")
	s.has("enter opens the first")
	s.run(s.press("enter"))
	s.has("GET /products  normal")
	s.press("esc", "esc", "/", "c", "a", "r", "t")
	s.run(s.press("enter"))
	s.has("postgresql SELECT carts  spiking")
	s.press("esc", "esc", "/", "z", "z")
	if s.press("enter") != nil || s.detail != nil {
		t.Error("something is opened that has no zz")
	}
}

// No key puts the cursor where there are no lines, and none is lost with the lines of its panel.
func TestCursorIsNeverNowhere(t *testing.T) {
	a := newService(t, "a")
	s := newScreen(t, 120, 24, a)
	s.press("d")
	if s.focus != dependencyPanel {
		t.Fatal("d does not go to the dependencies")
	}
	s.press("esc")
	if s.focus != endpointPanel {
		t.Error("after esc the cursor is not on the endpoints")
	}
	s.press("d")
	a.summary.Dependencies, a.summary.SlowQueries = nil, nil
	s.poll()
	if s.focus != endpointPanel {
		t.Error("the cursor is where there are no lines")
	}
	s.press("d")
	s.has("this service calls nothing in this window")
	if s.focus != endpointPanel {
		t.Error("d goes to where there are no lines")
	}
	s.press("tab")
	if s.focus != spikePanel {
		t.Error("tab does not go over panels without lines")
	}
	a.summary.Spikes = nil
	s.poll()
	s.press("tab")
	if s.focus != endpointPanel {
		t.Error("where there are endpoints alone, tab leaves them")
	}
}

// A ratio that is of another quantile, and of the worst minute, says so.
func TestRatioHasItsQuantile(t *testing.T) {
	a := newService(t, "a")
	a.summary.Endpoints[0].Ratio, a.summary.Endpoints[0].RatioQuantile = new(56.1), new(0.59)
	s := newScreen(t, 80, 24, a)
	s.has("56.1x p59")
	a.summary.Endpoints[0].Ratio, a.summary.Endpoints[0].RatioQuantile = new(7.4), new(0.998)
	s.poll()
	s.has("7.4x p99.8 ")
	s.run(s.press("1"))
	s.has("ratio 7.4x p99.8")
}

// On 80 columns it is seen who looks after an incident, whatever its reason, and why a service does not answer, whatever its URL.
func TestWhatCountsIsSeenOn80Columns(t *testing.T) {
	a := newService(t, "a")
	a.summary.Spikes[0].Reason = strings.Repeat("GET /checkout is slow, ", 20)
	acknowledged(&a.summary)
	s := newScreen(t, 80, 24, a)
	s.has("acknowledged by ben")
	s.sources[0].url = "https://" + strings.Repeat("x", 200) + ".example.com/"
	s.sources[0].err = errorText(s.sources[0].url + ": no answer: connection refused")
	s.has("no answer since", ": connection refused: https")
}

type errorText string

func (e errorText) Error() string { return string(e) }

// Names that nobody may type into a pattern are muted all the same, and errors of several instances are one line.
func TestMuteOfAHostileName(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	for _, x := range []*service{a, b} {
		x.summary.Endpoints[0].Route = "/[x](y)\n\x1b[31m{id}"
		x.summary.Spikes = nil
	}
	s := newScreen(t, 120, 30, a, b)
	s.press("m")
	s.run(s.run(s.press("2")))
	a.changed(t, `POST /mutes {"endpoint":"GET /[x](y)*[31m{id}","by":"ben","why":"from otelperf top","minutes":60}`)
	a.refuses, b.refuses = true, true
	s.press("m")
	s.run(s.press("2"))
	s.has("Changes need WithBearerToken.; http")
	s.hasNot("?http")
}

// Until when is with its day where that is not today's, and the name has all the room there is.
func TestMuteSaysTheDay(t *testing.T) {
	a := newService(t, "a")
	a.summary.Endpoints[0].Route = "/a/route/of/some/length"
	s := newScreen(t, 120, 24, a)
	s.now = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	s.press("m")
	s.has("mute GET /a/route/of/some/length until: n 12:00 tomorrow  e 18:00  1")
	s.run(s.press("n"))
	s.has("until 12:00 tomorrow; m u ends it")
	if got := clockOf(s.now, s.now.AddDate(0, 0, 5)); got != "12:30 on Fri 6 Mar" {
		t.Errorf("in five days it is %s", got)
	}
}

// Of several instances each block says whose it is, and no name stands twice.
func TestDetailsNameTheInstance(t *testing.T) {
	a, b := newService(t, "a"), newService(t, "b")
	const sentence = "GET /checkout: 361 of 700 failed"
	for _, x := range []*service{a, b} {
		x.summary.Spikes[0].Endpoints[0].Causes = []causes.Ranked{{Sentence: sentence}}
	}
	s := newScreen(t, 120, 40, a, b)
	s.has(" WHY  " + sentence)
	s.hasNot("GET /checkout: GET")
	s.run(s.press("1"))
	s.has("▲ a: "+sentence, "▲ b: "+sentence)
	one := newScreen(t, 120, 40, newService(t, "a"))
	one.run(one.press("1"))
	one.has("▲ GET /checkout: 82 %")
}

// Lines of Go are broken where Go lets it be.
func TestGoIsBrokenBetweenWords(t *testing.T) {
	line := "       sdktrace.WithSampler(mon.Sampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.1)))), // the sampler"
	s := newScreen(t, 40, 24, newService(t, "a"))
	s.detail = &detail{panel: wiringPanel, ended: true, lines: []string{line}}
	for _, l := range s.detailWrapped()[:3] {
		if !strings.HasSuffix(l, "(") && !strings.HasSuffix(l, ",") {
			t.Errorf("%q ends within a word", l)
		}
	}
	if all := strings.Join(s.detailWrapped(), ""); strings.ReplaceAll(all, " ", "") != strings.ReplaceAll(line, " ", "") {
		t.Errorf("it has become %q", all)
	}
}

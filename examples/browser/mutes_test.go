// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

// Who looks after a spike is said on the page and shown there, as is a mute, which can be ended.
func TestAckAndMuteFromThePage(t *testing.T) {
	s := newSpiking(t, otelperf.WithLocalChanges())
	s.spike(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.querySelector(".said details:not([hidden])")`)
	tb.click(`document.querySelector(".said summary")`)
	tb.do(chromedp.SendKeys(".said-form label:nth-of-type(1) input", "ana"), chromedp.SendKeys(".said-form label:nth-of-type(2) input", "<b>on it</b>"))
	tb.click(button("acknowledge"))
	tb.until(`document.querySelector(".said-text").textContent.includes("acknowledged by ana: <b>on it</b>")`)
	tb.click(`document.querySelector(".said summary")`)
	tb.click(button("mute for 15 min"))
	tb.until(`document.querySelector(".said-text").textContent.includes("muted until")`)
	if sum := s.mon.Summary(otelperf.Window5m); len(sum.Mutes) != 1 || sum.Mutes[0].Endpoint != "GET /checkout" || sum.Mutes[0].By != "ana" {
		t.Errorf("mutes are %+v", sum.Mutes)
	}
	if who := value[string](tb, `localStorage.getItem("otelperf.who")`); who != "ana" {
		t.Errorf("who mutes is remembered as %q", who)
	}
	tb.click(button("end now"))
	exampletest.Eventually(t, "the mute has ended", func() bool { return len(s.mon.Summary(otelperf.Window5m).Mutes) == 0 })
	tb.until(`document.getElementById("mutes").hidden`)
}

// From what is wrong to silence until noon it takes two clicks: to open, and to mute; who does it is typed, and asked for once.
func TestMuteUntilNoon(t *testing.T) {
	s := newSpiking(t, otelperf.WithLocalChanges())
	s.spike(t)
	tb := newTab(t)
	tb.do(chromedp.Navigate(s.base))
	tb.until(`document.querySelector(".said details:not([hidden])")`)
	value[any](tb, `window.clicks = 0; addEventListener("pointerdown", () => window.clicks++, true)`)
	tb.click(`document.querySelector(".said summary")`)
	tb.until(`document.activeElement === document.querySelector(".said-form label:nth-of-type(1) input")`)
	tb.press('a', 'n', 'a')
	noon := `[...document.querySelectorAll(".said-form button")].find((b) => /^mute until (tomorrow )?noon$/.test(b.textContent))`
	tb.click(noon)
	tb.until(`/muted until (\d+ \S+, )?12:00:00 by ana/.test(document.querySelector(".said-text").textContent)`)
	if n := value[int](tb, `window.clicks`); n > 3 {
		t.Errorf("it takes %d clicks", n)
	}
	mutes := s.mon.Summary(otelperf.Window5m).Mutes
	if len(mutes) != 1 || mutes[0].Until.Local().Format("15:04:05") != "12:00:00" || time.Until(mutes[0].Until) > 24*time.Hour {
		t.Errorf("mutes are %+v", mutes)
	}
	tb.click(`document.querySelector(".said summary")`)
	tb.click(`[...document.querySelectorAll(".said-form button")].find((b) => /^mute until (tomorrow )?08:00$/.test(b.textContent))`)
	exampletest.Eventually(t, "muted until eight", func() bool {
		m := s.mon.Summary(otelperf.Window5m).Mutes // in place of the one before
		return len(m) == 1 && m[0].By == "ana" && m[0].Until.Local().Format("15:04:05") == "08:00:00" && time.Until(m[0].Until) <= 24*time.Hour
	})
	tb.quiet(s.base)
}

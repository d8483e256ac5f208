// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"testing"

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
	tb.click(button("end now"))
	exampletest.Eventually(t, "the mute has ended", func() bool { return len(s.mon.Summary(otelperf.Window5m).Mutes) == 0 })
	tb.until(`document.getElementById("mutes").hidden`)
}

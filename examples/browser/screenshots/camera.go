// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
)

// camera takes pictures of the page.
type camera struct {
	tab   context.Context
	dir   string
	close func()
}

// openBrowser starts one, until it is closed.
func openBrowser(ctx context.Context) (browser context.Context, end func(), err error) {
	profile, err := os.MkdirTemp("", "otelperf-screenshots-")
	if err != nil {
		return nil, nil, err
	}
	browser, stop, err := chromium.Start(ctx, profile)
	if err != nil {
		_ = os.RemoveAll(profile)
		return nil, nil, err
	}
	return browser, func() {
		stop()
		_ = os.RemoveAll(profile)
	}, nil
}

// openCamera opens the page already, so that its sparklines are filled when pictures are taken.
func openCamera(browser context.Context, page, dir string) (*camera, error) {
	tab, closeTab := chromium.Tab(browser)
	if err := chromedp.Do(tab, chromedp.Navigate(page)); err != nil {
		closeTab()
		return nil, err
	}
	return &camera{tab: tab, dir: dir, close: closeTab}, nil
}

const wide, high = 1360, 1000 // CSS pixels

// calm takes the pictures of an ordinary hour.
func (c *camera) calm() error {
	const ready = `document.querySelector("#chart svg") && document.querySelector("#slow button") && document.querySelector("#errors tbody tr")`
	for _, p := range []picture{
		{name: "light", width: wide, height: high, scale: 1.5, scheme: "light", ready: ready},
		{name: "phone", width: 390, height: 844, scale: 2, scheme: "light", ready: ready},
	} {
		if err := c.take(p); err != nil {
			return err
		}
	}
	const openSlow = `(() => { const b = [...document.querySelectorAll("#slow button")].find((b) => b.textContent.includes("/export")); b?.click(); return b; })()`
	if _, err := chromium.Until(c.tab, openSlow, time.Minute); err != nil {
		return err
	}
	if err := c.take(picture{name: "slow", width: wide, height: 800, scale: 1.5, scheme: "light", ready: `document.querySelector("#trace[open] .waterfall")`}); err != nil {
		return err
	}
	return chromedp.Do(c.tab, chromedp.Evaluate[chromedp.Void](`document.getElementById("trace-close").click()`))
}

// trouble takes those of a spike, when it is long enough for the chart to show it.
func (c *camera) trouble(ctx context.Context) error {
	const open = `document.querySelector("#spikes .spike")`
	took, err := chromium.Until(c.tab, open, 2*time.Minute)
	if err != nil {
		return err
	}
	fmt.Println("the page shows the spike after", took.Round(100*time.Millisecond))
	if !pause(ctx, 35*time.Second) {
		return ctx.Err()
	}
	if err := c.take(picture{name: "spike", width: wide, height: high, scale: 1.5, scheme: "light", ready: open}); err != nil {
		return err
	}
	return c.take(picture{name: "dark", width: wide, height: high, scale: 1.5, scheme: "dark", ready: open})
}

// picture is one to be taken: of a view of this size, when an expression is true.
type picture struct {
	name          string
	width, height int64
	scale         float64
	scheme, ready string
}

func (c *camera) take(p picture) error {
	if err := chromedp.Do(c.tab, chromium.View(p.width, p.height, p.scale, p.scheme)); err != nil {
		return err
	}
	if _, err := chromium.Until(c.tab, p.ready, 30*time.Second); err != nil {
		return err
	}
	// The chart is drawn again at its new size, and nothing has the focus.
	settle := []chromedp.Action[chromedp.Void]{chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0); document.activeElement.blur()`), chromedp.Sleep(6 * time.Second)}
	if err := chromedp.Do(c.tab, settle...); err != nil {
		return err
	}
	shot, err := chromedp.Run(c.tab, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return c.keep(p.name, shot)
}

// keep writes a picture as a small file.
func (c *camera) keep(name string, shot []byte) error {
	small, err := shrink(shot)
	if err != nil {
		return err
	}
	path := filepath.Join(c.dir, name+".png")
	fmt.Printf("%s: %d KiB\n", path, len(small)>>10)
	return os.WriteFile(path, small, 0o644)
}

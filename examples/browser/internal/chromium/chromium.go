// SPDX-License-Identifier: Apache-2.0

// Package chromium starts a headless chromium that talks to nobody but this machine.
package chromium

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/internal/chromium"
)

// Start starts a browser with its profile below dir. Names that end in .test lead to this machine, all others nowhere. The
// browser ends with cancel, which waits for it. Tabs are opened by Tab. Without one the error is that of [chromium.Path].
func Start(ctx context.Context, dir string) (browser context.Context, cancel context.CancelFunc, err error) {
	path, err := chromium.Path()
	if err != nil {
		return nil, nil, err
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	)
	allocator, endAllocator := chromedp.NewExecAllocator(ctx, opts...)
	browser, endBrowser := chromedp.NewContext(allocator)
	cancel = func() {
		endBrowser()
		endAllocator()
	}
	if err := chromedp.Do(browser); err != nil { // starts it
		cancel()
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	return browser, cancel, nil
}

// Tab opens a tab with cookies and storage of its own. It closes with cancel.
func Tab(browser context.Context) (tab context.Context, cancel context.CancelFunc) {
	return chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
}

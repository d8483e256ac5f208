// SPDX-License-Identifier: Apache-2.0

package chromium

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// View returns an action that gives the tab a size in CSS pixels, a scale of device pixels, and a colour scheme, "light" or
// "dark". Animations are off.
func View(width, height int64, scale float64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, height, chromedp.EmulateScale(scale)), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// Until waits until a JavaScript expression is true, at most for limit, and returns how long it took. An expression that throws
// is not true yet.
func Until(tab context.Context, expression string, limit time.Duration) (time.Duration, error) {
	begin := time.Now()
	for {
		ok, err := chromedp.Run(tab, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		took := time.Since(begin)
		switch {
		case err == nil && ok:
			return took, nil
		case tab.Err() != nil:
			return took, tab.Err()
		case took > limit && err != nil:
			return took, fmt.Errorf("after %v %s: %w", took.Round(time.Millisecond), expression, err)
		case took > limit:
			return took, fmt.Errorf("after %v still not true: %s", took.Round(time.Millisecond), expression)
		}
		time.Sleep(25 * time.Millisecond)
	}
}

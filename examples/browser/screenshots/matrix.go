// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/otelperf/otelperf-go/examples/browser/internal/chromium"
	"github.com/otelperf/otelperf-go/examples/browser/internal/days"
	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// state is one that a service can be in, and when the page shows it.
type state struct {
	name, title, ready string
	tenants            int
	mix                []visits
	slow               bool   // becomes slow after a while
	view               string // of the page, as its address has it; the last minute if it is ""
	past               bool   // there is a history of a month
}

const filled = `document.querySelector("#chart svg") && document.querySelector("#slow button") && document.querySelector("#errors tbody tr")`

// states come in the order in which they can be taken.
var states = []state{
	{name: "0", title: "No endpoint", ready: `!document.getElementById("nothing").hidden`},
	{name: "7", title: "7 endpoints", ready: filled, mix: shopping},
	{name: "300", title: "300 endpoints", ready: filled, tenants: 293, mix: slices.Concat(shopping, tenanted(293))},
	{name: "history", title: "A day of a history", ready: filled + ` && document.querySelector("#chart .then.last_week")`, mix: shopping, view: "window=24h&endpoint=GET+/products", past: true},
	{name: "week", title: "A week of a history, with a gap", ready: `document.querySelector("#chart .unstored")`, mix: shopping, view: "window=7d&endpoint=GET+/cart", past: true},
	{name: "spike", title: "A spike and its cause", ready: `document.querySelector("#spikes .cause-text")`, mix: shopping, slow: true},
}

var (
	widths  = []struct{ width, height int64 }{{390, 844}, {768, 1024}, {1280, 900}, {2000, 1200}}
	schemes = []string{"light", "dark"}
)

// learned is how long the services run until what is usual is known, and a chart of a minute is full.
const learned = 75 * time.Second

// takeMatrix takes the pictures of the states that are wanted, at every width and in every colour scheme, and writes the index of all.
func takeMatrix(ctx context.Context, dir string, height float64, wanted func(name string) bool) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	browser, end, err := openBrowser(ctx)
	if err != nil {
		return err
	}
	defer end()
	var cameras []*camera
	var slow []*shop
	all := slices.DeleteFunc(slices.Clone(states), func(st state) bool { return !wanted(st.name) })
	for _, st := range all {
		var opts []otelperf.Option
		if st.past {
			store, remove, err := aMonth(ctx)
			if err != nil {
				return err
			}
			defer remove()
			opts = append(opts, otelperf.WithHistory(store))
		}
		s, err := openShop(st.tenants, opts...)
		if err != nil {
			return err
		}
		defer s.close()
		if st.mix != nil {
			defer startLoad(ctx, s, st.mix)()
		}
		if st.slow {
			slow = append(slow, s)
		}
		c, err := openCamera(browser, s.url+"/debug/otelperf/#"+cmp.Or(st.view, "window=1m"), dir)
		if err != nil {
			return err
		}
		defer c.close()
		cameras = append(cameras, c)
	}
	begin := time.Now()
	waited := false
	for i, st := range all {
		if st.mix != nil && !waited {
			waited = true
			if !pause(ctx, time.Until(begin.Add(learned))) {
				return ctx.Err()
			}
			for _, s := range slow {
				s.locked.Store(true)
			}
		}
		if err := cameras[i].matrix(st, height); err != nil {
			return fmt.Errorf("%s: %w", st.title, err)
		}
	}
	return writeIndex(dir)
}

// aMonth is a history of the shop, which is removed in the end.
func aMonth(ctx context.Context) (store *bolt.Store, remove func(), err error) {
	dir, err := os.MkdirTemp("", "otelperf-screenshots-history-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	if store, err = bolt.Open(filepath.Join(dir, "shop.db")); err == nil {
		remove = func() { _ = errors.Join(store.Close(), os.RemoveAll(dir)) } // the pictures are taken
		err = days.Service{End: time.Now().Truncate(time.Minute), Endpoints: []days.Endpoint{
			{Method: "GET", Route: "/products", Query: "SELECT products", Typical: 2500 * time.Microsecond, PerMinute: 1320},
			{Method: "GET", Route: "/products/{id}", Query: "SELECT products", Typical: 8 * time.Millisecond, PerMinute: 960},
			{Method: "GET", Route: "/search", Query: "SELECT products", Typical: 15 * time.Millisecond, PerMinute: 480},
			{Method: "GET", Route: "/cart", Query: "SELECT articles", Typical: 22 * time.Millisecond, PerMinute: 360},
			{Method: "POST", Route: "/orders", Query: "INSERT orders", Typical: 17 * time.Millisecond, PerMinute: 180},
		}}.Write(ctx, store)
	}
	if err != nil {
		remove()
	}
	return store, remove, err
}

// matrix takes the pictures of one state.
func (c *camera) matrix(st state, height float64) error {
	for _, w := range widths {
		for _, scheme := range schemes {
			if err := chromedp.Do(c.tab, chromium.View(w.width, w.height, 1, scheme)); err != nil {
				return err
			}
			if _, err := chromium.Until(c.tab, st.ready, 2*time.Minute); err != nil {
				return err
			}
			shot, err := c.long(float64(w.width), height)
			if err != nil {
				return err
			}
			if err := c.keep(pictureName(st.name, w.width, scheme), shot); err != nil {
				return err
			}
		}
	}
	return nil
}

// long takes a picture of the page from its top to height, or to its end.
func (c *camera) long(width, height float64) ([]byte, error) {
	if err := chromedp.Do(c.tab, chromedp.Sleep(1200*time.Millisecond)); err != nil { // what is drawn once a second is drawn anew
		return nil, err
	}
	end, err := chromedp.Run(c.tab, chromedp.Evaluate[float64](`document.documentElement.scrollHeight`))
	if err != nil {
		return nil, err
	}
	shot, err := chromedp.Call(c.tab, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Clip: &page.Viewport{Width: width, Height: min(height, end), Scale: 1}, CaptureBeyondViewport: new(true),
	})
	return shot.Data, err
}

func pictureName(state string, width int64, scheme string) string {
	return fmt.Sprintf("%s-%d-%s", state, width, scheme)
}

// writeIndex writes a table of all pictures.
func writeIndex(dir string) error {
	var out strings.Builder
	out.WriteString("# The live page\n\nMade by `go run ./screenshots -matrix -out screenshots/img/matrix`: the window is one minute where it is not said; long pages are cut.\n")
	for _, st := range states {
		fmt.Fprintf(&out, "\n## %s\n\n| Width |", st.title)
		for _, scheme := range schemes {
			fmt.Fprintf(&out, " %s |", scheme)
		}
		out.WriteString("\n" + strings.Repeat("|---", 1+len(schemes)) + "|\n")
		for _, w := range widths {
			fmt.Fprintf(&out, "| %d |", w.width)
			for _, scheme := range schemes {
				name := pictureName(st.name, w.width, scheme) + ".png"
				fmt.Fprintf(&out, ` <a href="%s"><img src="%[1]s" alt="%s, %d pixels wide, %s" width="%d"></a> |`, name, st.title, w.width, scheme, min(w.width/2, 480))
			}
			out.WriteString("\n")
		}
	}
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(out.String()), 0o644)
}

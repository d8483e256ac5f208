// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	out := flag.String("out", ".", "`folder` for the pictures")
	calm := flag.Duration("calm", 5*time.Minute, "how long all is well before the pictures, 20s or more")
	matrix := flag.Bool("matrix", false, "instead of the README's pictures those of each state, width and colour scheme, with an index")
	height := flag.Float64("height", 2400, "with -matrix: how much of the page is taken, in CSS `pixels`")
	only := flag.String("state", "", "with -matrix: the `names` of the states that are taken, with commas between them; all by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	take := func() error { return run(ctx, *out, max(*calm, 20*time.Second)) }
	if *matrix {
		wanted := func(name string) bool { return *only == "" || slices.Contains(strings.Split(*only, ","), name) }
		take = func() error { return takeMatrix(ctx, *out, *height, wanted) }
	}
	if err := take(); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// run starts the shop, waits, and takes the pictures into dir.
func run(ctx context.Context, dir string, calm time.Duration) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s, err := openShop(0)
	if err != nil {
		return err
	}
	defer s.close()
	load := startLoad(ctx, s, slices.Concat(shopping, rare))
	defer load()
	browser, end, err := openBrowser(ctx)
	if err != nil {
		return err
	}
	defer end()
	c, err := openCamera(browser, s.url+"/debug/otelperf/", dir)
	if err != nil {
		return err
	}
	defer c.close()

	fmt.Println("the shop is open at", s.url, "and all is well for", calm)
	if !pause(ctx, calm) {
		return ctx.Err()
	}
	if err := c.calm(); err != nil {
		return err
	}
	fmt.Println("now a lock in the database")
	s.locked.Store(true)
	return c.trouble(ctx)
}

// pause reports whether ctx lasted for d.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

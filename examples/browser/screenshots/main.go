// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	out := flag.String("out", ".", "`folder` for the pictures")
	calm := flag.Duration("calm", 5*time.Minute, "how long all is well before the pictures, 20s or more")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, max(*calm, 20*time.Second)); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

// run starts the shop, waits, and takes the pictures into dir.
func run(ctx context.Context, dir string, calm time.Duration) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s, err := openShop()
	if err != nil {
		return err
	}
	defer s.close()
	load := startLoad(ctx, s)
	defer load()
	c, err := openCamera(ctx, s.url+"/debug/otelperf/", dir)
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

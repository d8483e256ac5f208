// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

// patience bounds how long the end of a run may take: replies that are under way, servers, exporters.
const patience = 10 * time.Second

// Run runs the demo until its time is over or ctx ends, and then writes the table. Neither is an error. What it
// writes goes to out in whole lines, the first of which says where the numbers are.
func Run(ctx context.Context, cfg Config, out io.Writer) error {
	d, err := start(cfg, &lockedWriter{w: out})
	if err != nil {
		return err
	}
	d.announce()
	if cfg.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cfg.For)
		defer cancel()
	}
	d.run(ctx)
	res, err := d.end(ctx)
	res.write(d.out)
	return err
}

// demo is one run.
type demo struct {
	cfg       Config
	out       io.Writer
	log       *slog.Logger
	telemetry *telemetry
	inventory *server
	shop      *server
	load      *load
	story     *story // nil: none
}

// start makes both services listen. The caller ends the demo.
func start(cfg Config, out io.Writer) (*demo, error) {
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: --listen %s: %w; --listen 127.0.0.1:0 takes any free port", ErrListen, cfg.Listen, reason(err))
	}
	d := &demo{cfg: cfg, out: out, log: newLogger(out)}
	if d.telemetry, err = newTelemetry(cfg, d.log, out); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if d.inventory, err = serveAnywhere(newInventory(), d.log); err != nil {
		return nil, errors.Join(err, l.Close(), d.telemetry.shutdown(context.Background()))
	}
	if cfg.Spike {
		d.story = &story{out: out}
	}
	d.shop = serve(l, newShop(d.telemetry, d.inventory.url, d.story), d.log)
	d.load = newLoad(d.shop.url, replyTimeout+cfg.Slack)
	return d, nil
}

// reason is the part of a network error that the address is not in already.
func reason(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func (d *demo) announce() {
	howLong := "until Ctrl-C"
	if d.cfg.For > 0 {
		howLong = fmt.Sprintf("for %v, or until Ctrl-C", d.cfg.For)
	}
	_, _ = fmt.Fprintf(d.out, `otelperf demo: http://%[1]s/debug/otelperf/
  load     %[2]d requests/s to a shop on this machine, %[3]s
  numbers  that page, or curl -s http://%[1]s/debug/otelperf/summary
  traces   %[4]g %% are sampled and exported, every request is counted
  lines    about %[5]d requests a second are shown (%.3[6]g %%), of panics and slow ones more
`, d.shop.address, d.cfg.Rate, howLong, headSampling*100, min(linesPerSecond, d.cfg.Rate), d.cfg.lineShare()*100)
	if d.story != nil {
		_, _ = fmt.Fprintf(d.out, "  spike    one endpoint becomes slow after %v, for %v; baselines begin to learn after %v (the default is a minute)\n", slowFrom, slowFor, storyGrace)
	}
	_, _ = fmt.Fprintln(d.out)
}

// run sends requests and reports progress until ctx ends.
func (d *demo) run(ctx context.Context) {
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		d.load.run(ctx, d.cfg.Rate)
	}()
	go d.story.tell(ctx)
	began := time.Now()
	tick := time.NewTicker(d.cfg.progressEvery())
	defer tick.Stop()
	for {
		select {
		case <-loaded:
			return
		case <-tick.C:
			if since := time.Since(began); !d.nearEnd(since) {
				writeProgress(d.out, since, d.telemetry.mon.Summary(otelperf.Window1m))
			}
		}
	}
}

// nearEnd tells that the table comes so soon that a line of progress would be in its way.
func (d *demo) nearEnd(since time.Duration) bool {
	return d.cfg.For > 0 && d.cfg.For-since < d.cfg.progressEvery()/2
}

// end lets the requests that are under way finish, takes the last summary, and shuts all down. ctx may have ended;
// it takes at most patience all the same.
func (d *demo) end(ctx context.Context) (result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience+d.cfg.Slack)
	defer cancel()
	err := d.load.wait(ctx)
	err = errors.Join(err, d.shop.shutdown(ctx), d.inventory.shutdown(ctx))
	res := result{summary: d.telemetry.mon.Summary(otelperf.WindowAll), sent: d.load.sent.snapshot(), slowest: slowest(d.telemetry.mon.SlowLog())}
	err = errors.Join(err, d.telemetry.shutdown(ctx))
	res.exported = d.telemetry.exported.counts()
	return res, err
}

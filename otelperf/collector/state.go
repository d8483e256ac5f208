// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/handover"
)

// openStore opens what the configuration says; nil for nothing.
func openStore(in *instance, host component.Host) (handover.Store, error) {
	c := &in.config.State
	switch {
	case c.Directory != "":
		d, err := handover.OpenDirectory(c.Directory)
		if err != nil {
			return nil, fmt.Errorf("state::directory: %w", err)
		}
		return d, nil
	case c.Storage != nil:
		ext, ok := host.GetExtensions()[*c.Storage]
		if !ok {
			return nil, fmt.Errorf("state::storage is %v, which is no extension of service::extensions", *c.Storage)
		}
		keeps, ok := ext.(storage.Extension)
		if !ok {
			return nil, fmt.Errorf("state::storage is %v, which is no storage extension", *c.Storage)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		client, err := keeps.GetClient(ctx, component.KindConnector, in.set.ID, "state")
		if err != nil {
			return nil, fmt.Errorf("state::storage: %w", err)
		}
		return client, nil
	}
	return nil, nil
}

// keeper is a [handover.Keeper] with the goroutine that asks the store.
type keeper struct {
	*handover.Keeper
	stop context.CancelFunc
	done chan struct{}
}

// newKeeper begins to keep what is known in a store; nil for none.
func (s *share) newKeeper(store handover.Store, in *instance) *keeper {
	if store == nil {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	c := &in.config.State
	k := &keeper{done: make(chan struct{}), Keeper: handover.New(handover.Settings{
		Fleet: s.fleet, Store: store, Collector: s.book.process, Host: host, Prefix: in.set.ID.String(), Interval: c.Interval, MaxBytes: c.MaxServiceMiB << 20,
		Logger: s.logger, Now: s.book.now, Deliver: s.out.event,
	})}
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	if !s.book.ticks {
		close(k.done)
		return k
	}
	go func() {
		defer close(k.done)
		k.Run(ctx)
	}()
	return k
}

// tick hands news on. Tests, whose time does not pass by itself, have it done at once.
func (k *keeper) tick(now time.Time, news []fleet.News, later bool) {
	k.Tick(now, news)
	if !later {
		k.Work(context.Background())
	}
}

// stats are zero where nothing is kept.
func (k *keeper) stats() handover.Stats {
	if k == nil {
		return handover.Stats{}
	}
	return k.Stats()
}

// close writes for the last time, within ctx. It does not wait for a store that does not answer.
func (k *keeper) close(ctx context.Context) error {
	if k == nil {
		return nil
	}
	k.stop()
	ended := make(chan error, 1)
	go func() {
		<-k.done
		ended <- k.Close(ctx)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

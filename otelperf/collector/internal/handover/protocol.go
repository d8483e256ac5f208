// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

const (
	// patience is how long the store has to answer, and rest for how long it is not asked when it did not.
	patience = 2 * time.Second
	rest     = 10 * time.Second
	// stale is after how many intervals a collector that writes nothing is taken for one that has ended.
	stale = 3
)

// errDown is reported in place of asking a store that does not answer.
var errDown = errors.New("the store has just failed")

// answer is whether a service is this collector's.
type answer int

const (
	unknown answer = iota // the store does not say
	yes
	no
)

func (k *Keeper) do(ctx context.Context, s *fleet.Service, j *job) {
	if j.arrive {
		k.arrive(ctx, s)
	}
	if !j.check && !j.save && len(j.news) == 0 {
		return
	}
	is := k.ours(ctx, s, "")
	if is == no {
		k.handedOver.Add(1)
		k.Fleet.Release(s)
		return
	}
	for i := range j.news {
		k.Deliver(&j.news[i])
	}
	if is == yes && j.save {
		k.save(ctx, s)
	}
}

// arrive makes a service that is new this collector's, and takes over what is known of it.
func (k *Keeper) arrive(ctx context.Context, s *fleet.Service) {
	key := Key(k.Prefix, s.Name())
	before, err := k.get(ctx, key+".owner")
	if err == nil {
		err = k.claim(ctx, s, active)
	}
	var data []byte
	if err == nil {
		data, err = k.get(ctx, key+".state")
	}
	log := k.Logger.With(zap.Stringer("service", s.Name()))
	if err != nil {
		s.Adopt(nil, time.Time{})
		log.Warn("what is known of a service that is new here cannot be read, and is learned anew", zap.Error(err))
		return
	}
	found, err := decode(data)
	if err != nil {
		k.failures.Add(1)
		s.Adopt(nil, time.Time{})
		log.Warn("what is known of a service that is new here cannot be used, and is learned anew", zap.Error(err))
		return
	}
	switch {
	case !s.Adopt(found.baselines, found.at):
		log.Warn("what is known of a service that is new here came too late, and is learned anew")
	case len(found.baselines) > 0:
		k.takenOver.Add(1)
		log.Info("what another collector knew of a service is taken over", zap.String("of", ownerOf(before).Host), zap.Int("endpoints", len(found.baselines)), zap.Time("written", found.at))
	default:
		log.Info("what is usual for a service is learned: nothing is known of it")
	}
}

// ours looks who has a service; if that is this collector, its status is written if it is another one, where "" is by whether the service is
// quiet.
func (k *Keeper) ours(ctx context.Context, s *fleet.Service, now status) answer {
	value, err := k.get(ctx, Key(k.Prefix, s.Name())+".owner")
	if err != nil {
		return unknown
	}
	if now == "" {
		now = active
		if k.isQuiet(s) {
			now = quiet
		}
	}
	o := ownerOf(value)
	switch {
	case o.Collector == k.Collector && o.Status == now:
		return yes
	case o.Collector == k.Collector || o.Collector == "":
	case o.Status == active || now != active:
		k.Logger.Info("another collector has taken a service over", zap.Stringer("service", s.Name()), zap.String("by", o.Host))
		return no
	}
	if k.claim(ctx, s, now) != nil {
		return unknown
	}
	return yes
}

func (k *Keeper) isQuiet(s *fleet.Service) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.entries[s]
	return e != nil && e.quiet
}

// claim writes that a service is this collector's.
func (k *Keeper) claim(ctx context.Context, s *fleet.Service, is status) error {
	value, err := json.Marshal(owner{Collector: k.Collector, Host: k.Host, Since: k.Now().UTC(), Status: is})
	if err != nil {
		return err // cannot be: it is plain text
	}
	return k.set(ctx, Key(k.Prefix, s.Name())+".owner", value)
}

// save writes what is known of a service.
func (k *Keeper) save(ctx context.Context, s *fleet.Service) {
	data, err := encode(s, k.Collector, k.Host, s.Judged(), k.MaxBytes)
	if err == nil {
		err = k.set(ctx, Key(k.Prefix, s.Name())+".state", data)
	}
	if err != nil && !errors.Is(err, errDown) {
		k.Logger.Warn("what is known of a service cannot be written", zap.Stringer("service", s.Name()), zap.Error(err))
	}
}

// lookAt looks whether a service that has moved is to be taken again, since the collector that has it gets nothing of it any more.
func (k *Keeper) lookAt(ctx context.Context, n fleet.Name) {
	key := Key(k.Prefix, n)
	value, err := k.get(ctx, key+".owner")
	if err != nil {
		return
	}
	o := ownerOf(value)
	if o.Status == active && o.Collector != k.Collector && !k.isStale(ctx, key, o.Since) {
		k.Logger.Warn("spans come of a service that another collector has, and are not looked at: those of a service have to go to one collector",
			zap.Stringer("service", n), zap.String("has it", o.Host))
		return
	}
	k.Fleet.Return(n)
}

func (k *Keeper) isStale(ctx context.Context, key string, since time.Time) bool {
	data, err := k.get(ctx, key+".state")
	if err != nil {
		return false
	}
	if found, err := decode(data); err == nil && found.at.After(since) {
		since = found.at
	}
	return k.Now().Sub(since) > stale*k.Interval
}

func (k *Keeper) get(ctx context.Context, key string) (value []byte, err error) {
	return value, k.ask(ctx, func(ctx context.Context) error {
		value, err = k.Store.Get(ctx, key)
		return err
	})
}

func (k *Keeper) set(ctx context.Context, key string, value []byte) error {
	return k.ask(ctx, func(ctx context.Context) error { return k.Store.Set(ctx, key, value) })
}

// ask asks the store, unless it has just failed.
func (k *Keeper) ask(ctx context.Context, what func(context.Context) error) error {
	k.mu.Lock()
	isDown := time.Now().Before(k.down)
	k.mu.Unlock()
	if isDown {
		return errDown
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := what(ctx)
	if err != nil {
		k.failures.Add(1)
		k.mu.Lock()
		k.down = time.Now().Add(rest)
		k.mu.Unlock()
	}
	return err
}

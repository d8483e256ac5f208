// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/otelperf/otelperf-go/otelperf/fleet"
)

const (
	// prefix is that of all keys.
	prefix = "otelperf:fleet:"
	// maxNames is how many names of instances there are, of which those that are gone fall out first.
	maxNames = 2 * fleet.MaxInstances
	// namesLive is for how long the names are kept at least after one was put: what is put for a short time does not take the names of others along.
	namesLive = 10 * time.Minute
	// atOnce is how many instances are read in one round trip.
	atOnce = 16
)

// ErrClient is what New returns for a client that is nil.
var ErrClient = errors.New("otelperf: fleet/redis: the client is nil")

// Store is a fleet.Store. Its methods are safe for concurrent use.
type Store struct{ client redis.UniversalClient }

// New returns a store in what client is connected to. It does not ask it anything yet.
func New(client redis.UniversalClient) (*Store, error) {
	if client == nil {
		return nil, ErrClient
	}
	return &Store{client}, nil
}

// set is the key of the names of a service's instances, and value that of an instance. All of a service are in one slot of a cluster.
func set(service string) string       { return prefix + "{" + service + "}" }
func value(service, of string) string { return set(service) + ":" + of }

// Put stores a blob for ttl.
func (s *Store) Put(ctx context.Context, k fleet.Key, blob []byte, ttl time.Duration) error {
	if err := k.Validate(); err != nil {
		return err
	}
	names, key := set(k.Service), value(k.Service, k.Instance)
	p := s.client.Pipeline()
	put := p.Set(ctx, key, blob, ttl)
	added := p.ZAdd(ctx, names, redis.Z{Score: float64(time.Now().UnixMilli()), Member: k.Instance})
	bounded := p.ZRemRangeByRank(ctx, names, 0, -maxNames-1)
	expires := p.PExpire(ctx, names, max(2*ttl, namesLive))
	_, err := p.Exec(ctx)
	return cmp.Or(named(key, put.Err()), named(names, cmp.Or(added.Err(), bounded.Err(), expires.Err())), err)
}

// Remove removes the blob of an instance.
func (s *Store) Remove(ctx context.Context, k fleet.Key) error {
	if err := k.Validate(); err != nil {
		return err
	}
	p := s.client.Pipeline()
	p.Del(ctx, value(k.Service, k.Instance))
	p.ZRem(ctx, set(k.Service), k.Instance)
	_, err := p.Exec(ctx)
	return err
}

// All returns what is stored of a service, those that were put last first.
func (s *Store) All(ctx context.Context, service string) (entries []fleet.Entry, more int, err error) {
	if err := (fleet.Key{Service: service, Instance: service}).Validate(); err != nil {
		return nil, 0, err
	}
	key := set(service)
	p := s.client.Pipeline()
	listed, counted := p.ZRevRange(ctx, key, 0, fleet.MaxInstances-1), p.ZCard(ctx, key)
	if _, err := p.Exec(ctx); err != nil {
		return nil, 0, named(key, err)
	}
	names, bytes := listed.Val(), 0
	more = int(counted.Val()) - len(names)
	for len(names) > 0 {
		some := names[:min(len(names), atOnce)]
		found, err := s.some(ctx, service, some)
		if err != nil {
			return nil, 0, err
		}
		for i, e := range found {
			if bytes += len(e.Blob); bytes > fleet.MaxBytes {
				return entries, more + len(names) - i, nil
			}
			entries = append(entries, e)
		}
		names = names[len(some):]
	}
	return entries, max(0, more), nil
}

// some are those of some instances that are stored still.
func (s *Store) some(ctx context.Context, service string, names []string) (entries []fleet.Entry, err error) {
	p := s.client.Pipeline()
	blobs, left := make([]*redis.StringCmd, len(names)), make([]*redis.DurationCmd, len(names))
	for i, name := range names {
		key := value(service, name)
		blobs[i], left[i] = p.GetRange(ctx, key, 0, fleet.MaxBlob), p.PTTL(ctx, key)
	}
	_, failed := p.Exec(ctx)
	for i := range names {
		blob, err := blobs[i].Bytes()
		switch {
		case redis.HasErrorPrefix(err, "WRONGTYPE"): // somebody else's key, which is none of ours
			blob = []byte{0}
		case err != nil:
			return nil, cmp.Or(failed, err)
		}
		if len(blob) > 0 {
			entries = append(entries, fleet.Entry{Blob: blob, Left: max(0, left[i].Val())})
		}
	}
	return entries, nil
}

// named says of an error which key it is about.
func named(key string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%.100q: %w", key, err)
}

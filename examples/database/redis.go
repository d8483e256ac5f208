// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
)

type cache struct{ client *redis.Client }

// openCache connects to Redis through redisotel. Its spans have the old attribute names (db.system, db.statement), which mean the
// same to otelperf.
func openCache(address string) (*cache, error) {
	client := redis.NewClient(&redis.Options{Addr: address, DisableIdentity: true})
	if err := redisotel.InstrumentTracing(client); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return &cache{client}, nil
}

// Stock returns how many of a product there are.
func (c *cache) Stock(ctx context.Context, product int) (int, error) {
	n, err := c.client.Get(ctx, "stock:"+strconv.Itoa(product)).Int()
	if errors.Is(err, redis.Nil) {
		return 0, c.client.Set(ctx, "stock:"+strconv.Itoa(product), 0, 0).Err()
	}
	return n, err
}

func (c *cache) Close() { _ = c.client.Close() }

// startRedis starts a small Redis in this process.
func startRedis() (stop func(), address string, err error) {
	m, err := miniredis.Run()
	if err != nil {
		return nil, "", err
	}
	for i := range lines {
		if err := m.Set("stock:"+strconv.Itoa(i), strconv.Itoa(i)); err != nil {
			return nil, "", err
		}
	}
	return m.Close, m.Addr(), nil
}

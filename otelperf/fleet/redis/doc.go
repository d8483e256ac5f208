// SPDX-License-Identifier: Apache-2.0

// Package redis is a fleet.Store in Redis (from version 6 on, or what speaks its protocol), a cluster or sentinels included:
//
//	client := goredis.NewClient(&goredis.Options{Addr: "redis:6379"})
//	store, err := redis.New(client)
//	...
//	mon, err := otelperf.New(otelperf.WithFleet(store))
//
// Of each service there is a sorted set, otelperf:fleet:{SERVICE}, of the names of its instances by the time at which they were put, and for each
// instance a string, otelperf:fleet:{SERVICE}:INSTANCE. All of them have a time to live: what no instance writes any more goes by itself. The set
// has at most 1000 names. Instances put theirs every five seconds, in one round trip.
//
// The client is the program's: its timeouts, its pool, its password and its Close. Its user needs SET, DEL, GETRANGE, PTTL, PEXPIRE, ZADD, ZREM,
// ZREVRANGE, ZCARD and ZREMRANGEBYRANK on these keys. Its option ContextTimeoutEnabled has calls end with their context, after 2 s; without it
// they may take as long as its timeouts and retries let them, which nobody waits for.
//
// What there is at a key is never trusted. Of a value that is too long one byte more than is accepted is read, and package otelperf refuses what
// it did not write; a set of names that is none is an error that names the key. What is at an instance's own key is overwritten.
package redis

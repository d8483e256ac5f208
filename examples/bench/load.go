// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mix is what each client asks for, in this order, over and over.
var mix = func() (all []string) {
	const list, one, checkout, order = "GET /products", "GET /products/17", "GET /checkout", "POST /orders"
	for _, what := range []string{list, one, list, list, checkout, list, one, list, list, order, list, one, list, one, list, checkout, list, one, list, list} {
		all = append(all, what+" HTTP/1.1\r\nHost: shop\r\nUser-Agent: bench\r\nContent-Length: 0\r\n\r\n")
	}
	return all
}()

// client speaks just enough HTTP/1.1 over one connection: it shares the machine with the service, so it must be cheap.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	next int
}

func dial(address string, first int) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReader(conn), first % len(mix)}, nil
}

// ask sends the next request of the mix and reads the reply.
func (c *client) ask() error {
	if _, err := io.WriteString(c.conn, mix[c.next]); err != nil {
		return err
	}
	c.next = (c.next + 1) % len(mix)
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || line[9] != '2' && line[9] != '5' {
		return fmt.Errorf("the service says %q", line)
	}
	return c.skip()
}

// skip reads over the headers and the body.
func (c *client) skip() error {
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("a reply without a length")
	}
	_, err := c.r.Discard(length)
	return err
}

// clients has so many clients each run f with a connection of its own, and returns how long the requests took.
func clients(address string, n int, f func(*client) ([]time.Duration, error)) (all []time.Duration, err error) {
	var mu sync.Mutex // guards all and err
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			c, e := dial(address, i*7)
			var took []time.Duration
			if e == nil {
				took, e = f(c)
				_ = c.conn.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			all, err = append(all, took...), errors.Join(err, e)
		})
	}
	wg.Wait()
	return all, err
}

// closedLoop has n clients ask for d, each as soon as it has its reply, and at least once: as much as the service can do.
func closedLoop(address string, n int, d time.Duration) ([]time.Duration, error) {
	end := time.Now().Add(d)
	return clients(address, n, func(c *client) (took []time.Duration, err error) {
		for began := time.Now(); ; {
			if err := c.ask(); err != nil {
				return nil, err
			}
			now := time.Now()
			took = append(took, now.Sub(began))
			if began = now; !now.Before(end) {
				return took, nil
			}
		}
	})
}

// openLoop sends so many requests a second for d, whether replies come or not, from as many as n clients. A request that had to
// wait for a free client has that wait in its time. One that was sent late because the timer was is timed from when it was sent.
func openLoop(address string, n int, perSecond float64, d time.Duration) ([]time.Duration, error) {
	interval, begin := time.Duration(float64(time.Second)/perSecond), time.Now()
	total := int64(d / interval)
	var taken atomic.Int64
	return clients(address, n, func(c *client) (took []time.Duration, err error) {
		for i := taken.Add(1) - 1; i < total; i = taken.Add(1) - 1 {
			due := begin.Add(time.Duration(i) * interval)
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
				due = time.Now()
			}
			if err := c.ask(); err != nil {
				return nil, err
			}
			took = append(took, time.Since(due))
		}
		return took, nil
	})
}

// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	maxConcurrent = 256             // requests under way
	replyTimeout  = 8 * time.Second // of one request
	maxBehind     = time.Second     // that run makes up for after a pause of the whole process
)

// load sends requests at random times, at a rate that does not depend on how long replies take (an open loop: a slow
// shop gets as many as a fast one). At most maxConcurrent are under way; what would be beyond that is not sent, but counted.
type load struct {
	url    string
	kept   *http.Client // reuses connections
	fresh  *http.Client // does not
	random *rand.Rand   // only run uses it
	slots  chan struct{}
	sent   sentCounter
	open   sync.WaitGroup // requests under way
}

func newLoad(url string, timeout time.Duration) *load {
	// A GET on a reused connection that breaks without a reply, as a panic makes it, is silently sent again by
	// net/http: then the shop would see more requests than were counted here.
	once := newTransport()
	once.DisableKeepAlives = true
	return &load{
		url:    url,
		kept:   &http.Client{Transport: newTransport(), Timeout: timeout},
		fresh:  &http.Client{Transport: once, Timeout: timeout},
		random: rand.New(rand.NewPCG(seed, 4)),
		slots:  make(chan struct{}, maxConcurrent),
	}
}

// run sends rate requests a second, on average, until ctx ends. Times between two are exponential, as those of
// independent clients.
func (l *load) run(ctx context.Context, rate int) {
	next := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return // both were ready
		}
		l.send(pick(l.random))
		next = next.Add(time.Duration(l.random.ExpFloat64() * float64(time.Second) / float64(rate)))
		if behind := time.Since(next); behind > maxBehind {
			next = next.Add(behind)
		}
		timer.Reset(time.Until(next))
	}
}

// send starts a request if there is room for one more.
func (l *load) send(s shot) {
	select {
	case l.slots <- struct{}{}:
	default:
		l.sent.skip()
		return
	}
	l.open.Go(func() {
		defer func() { <-l.slots }()
		l.sent.add(s.endpoint, l.do(s))
	})
}

// do returns the status of the reply, 0 if there was none.
func (l *load) do(s shot) int {
	// Not of run's context: a request that was sent is to be finished.
	req, err := http.NewRequestWithContext(context.Background(), s.method, l.url+s.path, strings.NewReader(s.body))
	if err != nil {
		return 0
	}
	client := l.kept
	if s.breaks {
		client = l.fresh
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body) // broken off: the status is known all the same
	_ = resp.Body.Close()
	return resp.StatusCode
}

// wait returns when no request is under way, or with the error of ctx.
func (l *load) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		l.open.Wait()
		close(done)
	}()
	defer l.kept.CloseIdleConnections()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

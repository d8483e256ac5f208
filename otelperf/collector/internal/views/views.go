// SPDX-License-Identifier: Apache-2.0

package views

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/otelperf/otelperf-go/otelperf"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/access"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// Settings are what Views may have.
type Settings struct {
	Most       int           // Monitors at a time
	MaxStreams int           // of each
	Idle       time.Duration // after which one ends that was not asked for
	Guard      *access.Guard // who may look and change
	Logger     *slog.Logger  // for what was changed
}

// Past is the history of a service; nil for none, or none yet.
type Past func(*fleet.Service) *otelperf.FeedHistory

// errFull is returned while all Monitors that there may be are read.
var errFull = errors.New("as many services as there may be are being looked at")

// errEnded is returned after Close, and for a service that was hidden.
var errEnded = errors.New("the service is no longer shown")

// Views are the Monitors of services that are looked at. They are safe for concurrent use.
type Views struct {
	settings Settings

	mu     sync.Mutex // guards all below
	open   map[*fleet.Service]*view
	closed bool

	ending sync.WaitGroup // of Monitors, and of the sweeper
	stop   chan struct{}
}

// view is a Monitor with those who ask it.
type view struct {
	service *fleet.Service
	past    *otelperf.FeedHistory // nil: it shows none
	monitor *otelperf.Monitor
	handler http.Handler
	users   int // requests under way
	last    time.Time
}

// New returns Views, which Close ends.
func New(s Settings) *Views {
	v := &Views{settings: s, open: map[*fleet.Service]*view{}, stop: make(chan struct{})}
	v.ending.Go(v.sweep)
	return v
}

// sweep ends what was not asked for in a while, until Close.
func (v *Views) sweep() {
	ticker := time.NewTicker(min(v.settings.Idle, 30*time.Second))
	defer ticker.Stop()
	for {
		select {
		case <-v.stop:
			return
		case now := <-ticker.C:
			v.Hide(func(*fleet.Service) bool { return false }, now)
		}
	}
}

// Serve answers a request to the companion endpoint of a service with a history, or nil, with what that is mounted below stripped from its path.
func (v *Views) Serve(w http.ResponseWriter, r *http.Request, s *fleet.Service, past *otelperf.FeedHistory) {
	one, err := v.take(s, past)
	switch {
	case err == nil:
		defer v.giveBack(one)
		one.handler.ServeHTTP(w, r)
	case errors.Is(err, errFull):
		w.Header().Set("Retry-After", "5")
		problem.Write(w, problem.Problem{Status: http.StatusServiceUnavailable, Detail: "As many services as max_views says are being read: close a page or a stream of another one."})
	case errors.Is(err, errEnded):
		problem.Write(w, problem.Problem{Status: http.StatusServiceUnavailable, Detail: "The extension is shutting down."})
	default:
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
	}
}

func (v *Views) take(s *fleet.Service, past *otelperf.FeedHistory) (*view, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errEnded
	}
	one := v.open[s]
	if one != nil && one.past != past { // its history has been opened since, or another one
		v.end(one)
		one = nil
	}
	if one == nil {
		if len(v.open) >= v.settings.Most && !v.makeRoom() {
			return nil, errFull
		}
		var err error
		if one, err = v.begin(s, past); err != nil {
			return nil, err
		}
	}
	one.users++
	one.last = time.Now()
	return one, nil
}

func (v *Views) giveBack(one *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	one.users--
	one.last = time.Now()
}

// begin makes a Monitor. The lock is held.
func (v *Views) begin(s *fleet.Service, past *otelperf.FeedHistory) (*view, error) {
	options := []otelperf.Option{
		otelperf.WithFeed(newSource(s, v.settings.Guard)), otelperf.WithMaxStreams(v.settings.MaxStreams), otelperf.WithLogger(v.settings.Logger),
		otelperf.WithLoggerProvider(lognoop.NewLoggerProvider()), otelperf.WithMeterProvider(noop.NewMeterProvider()),
	}
	if past != nil {
		options = append(options, otelperf.WithFeedHistory(past))
	}
	m, err := otelperf.New(options...)
	if err != nil {
		return nil, err
	}
	one := &view{service: s, past: past, monitor: m, handler: m.Handler()}
	v.open[s] = one
	return one, nil
}

// makeRoom ends the one that was asked for longest ago of those that nobody reads. The lock is held.
func (v *Views) makeRoom() bool {
	var oldest *view
	for _, one := range v.open {
		if one.users == 0 && (oldest == nil || one.last.Before(oldest.last)) {
			oldest = one
		}
	}
	if oldest == nil {
		return false
	}
	v.end(oldest)
	return true
}

// shutdownPatience is how long a Monitor has to end that ends by itself.
const shutdownPatience = 10 * time.Second

// end has a Monitor end. The lock is held.
func (v *Views) end(one *view) {
	delete(v.open, one.service)
	v.ending.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		defer cancel()
		_ = one.monitor.Shutdown(ctx) // what is late ends later
	})
}

// Hide ends those of services that are no longer to be seen, with their streams, and those that nobody has asked for by now.
func (v *Views) Hide(gone func(*fleet.Service) bool, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for s, one := range v.open {
		if gone(s) || one.users == 0 && now.Sub(one.last) >= v.settings.Idle {
			v.end(one)
		}
	}
}

// Open is how many Monitors there are.
func (v *Views) Open() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.open)
}

// Close ends all within ctx, and there are none any more.
func (v *Views) Close(ctx context.Context) error {
	v.mu.Lock()
	if !v.closed {
		v.closed = true
		close(v.stop)
	}
	for _, one := range v.open {
		v.end(one)
	}
	v.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		v.ending.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// shop is the service. Each of its resources is one that a fault can make scarce.
type shop struct {
	faults    atomic.Pointer[faults]
	cart      sync.Mutex
	catalogue sync.RWMutex
	db        *sql.DB
	mails     chan time.Duration
	bookings  chan booking
	printers  chan struct{}
	scanners  *semaphore.Weighted
	provider  *rate.Limiter
	inventory string
	tracer    trace.Tracer
	client    *http.Client
	visits    atomic.Uint64
	file      []byte
}

// connections is how many the shop's pool has.
const connections = 2

func newShop(db *sql.DB, inventory string, transport http.RoundTripper, tracer trace.Tracer) *shop {
	s := &shop{
		db: db, inventory: inventory, tracer: tracer, client: &http.Client{Transport: transport},
		mails: make(chan time.Duration, 4), bookings: make(chan booking), printers: make(chan struct{}, 2), scanners: semaphore.NewWeighted(2),
		provider: rate.NewLimiter(rate.Inf, 1), file: make([]byte, 3<<20),
	}
	s.faults.Store(&faults{})
	db.SetMaxOpenConns(connections)
	go s.mailer()
	go s.ledger()
	return s
}

// routes are the endpoints. What each does when nothing is wrong takes some milliseconds.
func (s *shop) routes() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, h func(ctx context.Context, f *faults, w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(r.Context(), s.faults.Load(), w, r); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	handle("GET /cart", s.getCart)
	handle("GET /products", s.getProducts)
	handle("POST /orders", s.postOrders)
	handle("GET /search", s.getSearch)
	handle("GET /labels", s.getLabels)
	handle("GET /report", s.getReport)
	handle("GET /stats", s.getStats)
	handle("GET /export", s.getExport)
	handle("POST /prices", s.postPrices)
	handle("POST /batch", s.postBatch)
	handle("POST /render", s.postRender)
	handle("GET /download", s.getDownload)
	handle("POST /upload", s.postUpload)
	return mux
}

// concerned picks the share of requests that a fault concerns.
func (s *shop) concerned(share float64) bool {
	return share == 0 || float64(s.visits.Add(37)%100) < share*100
}

func (s *shop) getCart(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	if s.concerned(f.share) {
		s.lockCart(f.cartHolds)
	}
	for range max(1, f.cartQueries) {
		if err := s.queryCart(ctx, orElse(f.cartQuery, 2*time.Millisecond)); err != nil {
			return err
		}
	}
	return nil
}

func (s *shop) lockCart(hold time.Duration) {
	s.cart.Lock()
	defer s.cart.Unlock()
	time.Sleep(hold)
	burn(20 * time.Microsecond)
}

func (s *shop) queryCart(ctx context.Context, takes time.Duration) error {
	var n int
	return s.db.QueryRowContext(ctx, work(takes)).Scan(&n)
}

// work is a query that takes a while.
func work(takes time.Duration) string { return fmt.Sprintf("SELECT work(%d)", takes.Milliseconds()) }

func (s *shop) getProducts(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	s.readCatalogue()
	takes := 3 * time.Millisecond
	if f.inventory > 0 && s.concerned(f.share) {
		takes = f.inventory
	}
	if f.parallel {
		return s.gather(ctx, takes)
	}
	for range max(1, f.inventoryCalls) {
		if err := s.callInventory(ctx, takes); err != nil {
			return err
		}
	}
	return nil
}

func (s *shop) readCatalogue() {
	s.catalogue.RLock()
	defer s.catalogue.RUnlock()
	burn(20 * time.Microsecond)
}

// gather calls several services at the same time.
func (s *shop) gather(ctx context.Context, takes time.Duration) error {
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { _ = s.callInventory(ctx, takes) })
	}
	all.Wait()
	return nil
}

func (s *shop) callInventory(ctx context.Context, takes time.Duration) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/stock?ms=%d", s.inventory, takes.Milliseconds()), nil)
	if err != nil {
		return err
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

func (s *shop) postOrders(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	if f.backOff > 0 && s.concerned(f.share) {
		backOff(f.backOff)
	}
	if f.poll > 0 {
		pollPayment(ctx, f.poll)
	}
	if f.booking > 0 {
		s.book(f.booking)
	}
	if err := s.takeToken(ctx); err != nil {
		return err
	}
	s.enqueueMail(orElse(f.mail, time.Millisecond))
	return nil
}

func backOff(d time.Duration) { time.Sleep(d) }

func pollPayment(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (s *shop) takeToken(ctx context.Context) error { return s.provider.Wait(ctx) }

func (s *shop) enqueueMail(takes time.Duration) { s.mails <- takes }

// mailer sends one mail after the other.
func (s *shop) mailer() {
	for takes := range s.mails {
		f := s.faults.Load()
		if f.mailByInventory {
			_ = s.callInventory(context.Background(), takes)
			continue
		}
		var span trace.Span
		if f.mailSpans {
			_, span = s.tracer.Start(context.Background(), "send mail", trace.WithSpanKind(trace.SpanKindConsumer))
		}
		sendMail(takes)
		if span != nil {
			span.End()
		}
	}
}

func sendMail(takes time.Duration) { time.Sleep(takes) }

// booking is a job for the ledger.
type booking struct {
	takes time.Duration
	done  chan struct{}
}

func (s *shop) book(takes time.Duration) {
	b := booking{takes, make(chan struct{})}
	s.bookings <- b
	s.awaitBooking(b)
}

func (s *shop) awaitBooking(b booking) { <-b.done }

// ledger books one after the other.
func (s *shop) ledger() {
	for b := range s.bookings {
		time.Sleep(b.takes)
		close(b.done)
	}
}

func (s *shop) getSearch(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	scoreMatches(orElse(f.score, 3*time.Millisecond))
	collectMatches(max(1<<10, f.allocate))
	return s.callInventory(ctx, 2*time.Millisecond)
}

func scoreMatches(d time.Duration) { burn(d) }

// matches are the last few that were found.
var matches struct {
	sync.Mutex
	last [50][]byte
}

func collectMatches(bytes int) {
	for i := range 400 {
		b := make([]byte, bytes)
		matches.Lock()
		matches.last[i%len(matches.last)] = b
		matches.Unlock()
	}
}

func (s *shop) getLabels(ctx context.Context, _ *faults, _ http.ResponseWriter, _ *http.Request) error {
	s.acquirePrinter()
	burn(50 * time.Microsecond)
	<-s.printers
	if err := s.acquireScanner(ctx); err != nil {
		return err
	}
	burn(50 * time.Microsecond)
	s.scanners.Release(1)
	return nil
}

func (s *shop) acquirePrinter() { s.printers <- struct{}{} }

func (s *shop) acquireScanner(ctx context.Context) error { return s.scanners.Acquire(ctx, 1) }

func (s *shop) getReport(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	if f.report == 0 {
		return s.callInventory(ctx, 20*time.Millisecond)
	}
	s.cart.Lock()
	defer s.cart.Unlock()
	if f.reportCalls {
		return s.callInventory(ctx, f.report)
	}
	sumUp(f.report)
	return nil
}

func sumUp(d time.Duration) { time.Sleep(d) }

func (s *shop) getStats(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	if f.transaction == 0 {
		return s.queryStats(ctx, orElse(f.statsQuery, 5*time.Millisecond))
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := s.callInventory(ctx, f.transaction); err != nil {
		return err
	}
	return tx.Commit()
}

func (s *shop) queryStats(ctx context.Context, takes time.Duration) error {
	var n int
	return s.db.QueryRowContext(ctx, work(takes)).Scan(&n)
}

func (s *shop) getExport(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	s.catalogue.RLock()
	defer s.catalogue.RUnlock()
	return s.callInventory(ctx, orElse(f.export, time.Millisecond))
}

func (s *shop) postPrices(_ context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	s.catalogue.Lock()
	defer s.catalogue.Unlock()
	changePrices(orElse(f.prices, time.Millisecond))
	return nil
}

func changePrices(d time.Duration) { time.Sleep(d) }

func (s *shop) postBatch(ctx context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	if f.scan > 0 {
		if err := s.acquireScanner(ctx); err != nil {
			return err
		}
		defer s.scanners.Release(1)
		scanPages(f.scan)
		return nil
	}
	s.acquirePrinter()
	defer func() { <-s.printers }()
	return s.callInventory(ctx, orElse(f.print, 3*time.Millisecond))
}

func scanPages(d time.Duration) { time.Sleep(d) }

func (s *shop) postRender(_ context.Context, f *faults, _ http.ResponseWriter, _ *http.Request) error {
	renderPages(orElse(f.render, 2*time.Millisecond))
	return nil
}

func renderPages(d time.Duration) { burn(d) }

func (s *shop) getDownload(_ context.Context, _ *faults, w http.ResponseWriter, _ *http.Request) error {
	sendFile(w, s.file)
	return nil
}

func sendFile(w io.Writer, b []byte) { _, _ = w.Write(b) }

func (s *shop) postUpload(_ context.Context, _ *faults, _ http.ResponseWriter, r *http.Request) error {
	receiveFile(r.Body)
	return nil
}

func receiveFile(body io.Reader) { _, _ = io.Copy(io.Discard, body) }

// burn works for about d on a CPU, longer where others want it.
func burn(d time.Duration) {
	const stepsPerMicrosecond = 700
	x := uint64(d)
	for range d / time.Microsecond * stepsPerMicrosecond {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sink.Store(x)
}

var sink atomic.Uint64

func orElse(d, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return d
}

// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// faults are what is wrong with the shop. The zero value is nothing. Durations are those of what the field names.
type faults struct {
	share float64 // of the requests concerned; 0 is all

	report      time.Duration // GET /report holds the lock of the carts
	reportCalls bool          // while it waits for the inventory, not while it sleeps
	cartHolds   time.Duration // each cart holds that lock
	reindex     time.Duration // a goroutine holds it, and rests as long
	export      time.Duration // GET /export reads the catalogue
	prices      time.Duration // POST /prices writes it

	statsQuery  time.Duration
	transaction time.Duration // GET /stats waits for the inventory in a transaction
	cartQuery   time.Duration
	cartQueries int
	connections int // more than the pool has else

	mail            time.Duration
	mailByInventory bool
	mailSpans       bool // the mailer has a consumer's span for each mail
	booking         time.Duration
	print           time.Duration // POST /batch has a printer
	scan            time.Duration // POST /batch has a scanner

	hogs      int // goroutines that use the CPU all the time
	render    time.Duration
	score     time.Duration
	allocate  int // bytes, 400 times a search
	live      int // objects on the heap, which are there from the start of the process
	gcPercent int
	spare     int64 // bytes between the heap and its limit
	quota     int   // percent of one CPU
	procs     int

	inventory      time.Duration
	inventoryCalls int
	parallel       bool

	backOff time.Duration
	poll    time.Duration
	orders  float64 // that the provider accepts, a second
}

func (s *shop) injectNamed(name string) error {
	fault, err := scenarioNamed(name)
	if err != nil {
		return err
	}
	return s.inject(&fault.faults)
}

// inject makes something wrong from now on, until the process ends.
func (s *shop) inject(f *faults) error {
	if f.connections > 0 {
		s.db.SetMaxOpenConns(f.connections)
		s.db.SetMaxIdleConns(f.connections)
	}
	if f.orders > 0 {
		s.provider.SetLimit(rate.Limit(f.orders))
	}
	if f.procs > 0 {
		runtime.GOMAXPROCS(f.procs)
	}
	if f.gcPercent > 0 {
		debug.SetGCPercent(f.gcPercent)
	}
	if f.spare > 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		debug.SetMemoryLimit(int64(m.Sys-m.HeapReleased) - int64(m.HeapIdle-m.HeapReleased) + f.spare)
	}
	if f.quota > 0 {
		if err := setQuota(f.quota); err != nil {
			return err
		}
	}
	s.faults.Store(f)
	if f.reindex > 0 {
		go s.rebuildIndex(f.reindex)
	}
	for range f.hogs {
		go crunchNumbers()
	}
	return nil
}

// rebuildIndex holds the lock of the carts half of the time.
func (s *shop) rebuildIndex(hold time.Duration) {
	for {
		s.cart.Lock()
		time.Sleep(hold)
		s.cart.Unlock()
		time.Sleep(hold)
	}
}

func crunchNumbers() {
	numbers := make([]uint64, 1<<14)
	for x := uint64(1); ; {
		for i := range numbers {
			x = x*6364136223846793005 + 1442695040888963407
			numbers[i] = x
		}
		slices.Sort(numbers)
	}
}

// node is a part of a heap with many pointers.
type node struct{ next [6]*node }

var live []*node

func fillHeap(objects int) {
	for range objects {
		n := &node{}
		n.next[0] = n
		live = append(live, n)
	}
}

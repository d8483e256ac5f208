// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/otelperf/internal/worker"
	"github.com/otelperf/otelperf-go/slowlog/fault"
)

const (
	// Every is how often an instance is put.
	Every = 5 * time.Second
	// TTL is for how long it is stored, and for how long the numbers of another are counted when the store does not answer.
	TTL = 30 * time.Second

	patience = 2 * time.Second // of a call of the store
	fresh    = time.Second     // for how long what was read is there for others who ask
	wanted   = time.Minute     // for how long it is stored when nobody asks
	lineGap  = time.Minute     // between two lines of the log
)

// State is how sharing goes.
type State struct {
	Puts      uint64    `json:"puts"`               // that went well
	Failed    uint64    `json:"failed"`             // puts and reads that did not
	Last      time.Time `json:"last,omitzero"`      // of the last put that went well
	Bytes     int       `json:"bytes"`              // of it
	RowsLeft  int       `json:"rows_left"`          // endpoints that did not fit into it
	Reads     uint64    `json:"reads"`              // that went well
	Instances int       `json:"instances"`          // that were found by the last read, this one aside
	Refused   int       `json:"refused"`            // that were no instances of this service, by the last read
	Error     string    `json:"error,omitzero"`     // what is wrong now; empty if nothing is
	SameName  bool      `json:"same_name,omitzero"` // another process has the name of this instance, and overwrites what it shares
}

// Trouble is what is wrong now; "" if nothing is, and without a fleet.
func (s *State) Trouble() string {
	if s == nil {
		return ""
	}
	return s.Error
}

// Sync puts an instance into a store, and reads the others. Its methods are safe for concurrent use.
type Sync struct {
	*worker.Worker
	store  fleet.Store
	self   func() *Instance
	log    func(trouble string) // "" that there is none any more
	faults *fault.Log
	ctx    context.Context //nolint:containedctx // of the goroutine, which Close may have to end early
	cancel context.CancelFunc
	puts   turn
	reads  turn

	line   time.Time // of the last one in the log; of the goroutine alone
	logged bool      // it says that there is trouble

	reading sync.Mutex           // held while others are read; guards decoded
	decoded map[uint64]*Instance // by the sum of their bytes

	mu      sync.Mutex // guards all below
	state   State
	putErr  string
	readErr string
	members []Member
	more    int
	read    time.Time // the last read that went well
	tried   time.Time // the last one at all
	want    time.Time // when somebody has asked last
}

// New returns a Sync without its goroutine. self is this instance at the time of the call; log is called at most once a minute.
func New(store fleet.Store, self func() *Instance, log func(trouble string), faults *fault.Log) *Sync {
	s := &Sync{Worker: worker.New(), store: store, self: self, log: log, faults: faults, puts: make(turn, 1), reads: make(turn, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start starts the goroutine.
func (s *Sync) Start() {
	s.Run(func() {
		timer := time.NewTimer(0)
		defer timer.Stop()
		var k fleet.Key
		for {
			select {
			case <-timer.C:
				k = s.put(k)
				s.forget()
				s.say()
				timer.Reset(Every)
			case <-s.Stopping():
				if k != (fleet.Key{}) {
					_ = s.call(s.puts, func(ctx context.Context) error { return s.store.Remove(ctx, k) }) // it is gone soon anyway
				}
				return
			}
		}
	})
}

// Close removes the instance from the store and ends the goroutine, within ctx.
func (s *Sync) Close(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.cancel)()
	return s.Worker.Close(ctx)
}

// put stores this instance, whose name may have become another since.
func (s *Sync) put(before fleet.Key) fleet.Key {
	var in *Instance
	if !s.faults.Guard("the fleet", func() { in = s.self() }) {
		return before
	}
	k := fleet.Key{Service: in.Service, Instance: in.Instance}
	blob, left := in.Encode()
	err := s.call(s.puts, func(ctx context.Context) error {
		if before != k && before != (fleet.Key{}) {
			_ = s.store.Remove(ctx, before)
		}
		return s.store.Put(ctx, k, blob, TTL)
	})
	s.count(func() {
		s.putErr, s.state.Bytes, s.state.RowsLeft = "", len(blob), left
		if err == nil {
			s.state.Puts, s.state.Last = s.state.Puts+1, time.Now().UTC()
		} else {
			s.state.Failed, s.putErr = s.state.Failed+1, "sharing what is here: "+fault.Text(err)
		}
	})
	return k
}

// turn is the right to call the store, of which there is one for puts and one for reads.
type turn chan struct{}

// call calls the store, which may be anybody's, and waits a little longer than it may take. One that does not return is left alone with its turn.
func (s *Sync) call(t turn, f func(context.Context) error) error {
	late := fmt.Errorf("the store has not answered within %v", patience)
	select {
	case t <- struct{}{}:
	default:
		return late
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	done := make(chan error, 1)
	go func() {
		err := errors.New("the store has panicked")
		s.faults.Guard("the fleet's store", func() { err = f(ctx) })
		cancel()
		<-t
		done <- err
	}()
	timer := time.NewTimer(patience + patience/4)
	defer timer.Stop()
	select {
	case err := <-done:
		if errors.Is(err, context.DeadlineExceeded) {
			return late
		}
		return err
	case <-timer.C:
		return late
	}
}

func (s *Sync) count(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// State is how it goes by now.
func (s *Sync) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.state
	st.Error = s.trouble()
	return st
}

// trouble is what is wrong; s.mu is held.
func (s *Sync) trouble() string {
	switch {
	case s.putErr != "":
		return s.putErr
	case s.readErr != "":
		return s.readErr
	case s.state.SameName:
		return "another process has the name of this instance, and overwrites what it shares: give each its own service.instance.id"
	}
	return ""
}

// say logs that there is trouble, once a minute, and that it is over.
func (s *Sync) say() {
	trouble := s.State().Error
	if trouble == "" && !s.logged || time.Since(s.line) < lineGap && !s.line.IsZero() {
		return
	}
	s.line, s.logged = time.Now(), trouble != ""
	s.log(trouble)
}

// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// maxDamages bounds the damaged parts that are told apart.
const maxDamages = 1000

// damages are parts of the file that turned out to be damaged when they were read.
type damages struct {
	mu       sync.Mutex // guards all below
	parts    map[damage]bool
	from, to int64     // unix seconds
	last     time.Time // when one was found, or found again
}

// damage is where one is: the rows or the signals of an hour, or an event of a minute.
type damage struct {
	part history.Part
	at   int64 // unix seconds
}

// found counts the part that an error is about, if that wraps ErrDamaged and the file as a whole can be read, and returns the error.
func (s *Store) found(part history.Part, at, seconds int64, err error) error {
	if !errors.Is(err, history.ErrDamaged) || s.faulted.Load() {
		return err
	}
	d := &s.damages
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last = time.Now(); len(d.parts) == 0 {
		d.parts, d.from, d.to = map[damage]bool{}, at, at+seconds
	}
	if len(d.parts) < maxDamages {
		d.parts[damage{part, at}] = true
	}
	d.from, d.to = min(d.from, at), max(d.to, at+seconds)
	return err
}

func (d *damages) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parts = nil
}

// found is how many parts there are, and of which time; last is when one was found.
func (d *damages) found() (n int, from, to, last time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.parts) == 0 {
		return 0, from, to, last
	}
	return len(d.parts), time.Unix(d.from, 0).UTC(), time.Unix(d.to, 0).UTC(), d.last
}

// String says how many there are and of which time, if one was found within a day.
func (d *damages) String() string {
	n, from, to, last := d.found()
	if n == 0 || time.Since(last) >= saidFor {
		return ""
	}
	const layout = "2006-01-02 15:04"
	return fmt.Sprintf("damaged parts of the history, which are left out: %d, of the time from %s to %s", n, from.Format(layout), to.Format(layout+" MST"))
}

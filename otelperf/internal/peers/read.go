// SPDX-License-Identifier: Apache-2.0

package peers

import (
	"cmp"
	"context"
	"hash/maphash"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/fleet"
	"github.com/otelperf/otelperf-go/slowlog/fault"
	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Member is another instance.
type Member struct {
	*Instance           // not to be changed
	At        time.Time // that its numbers are of, by this process's clock
}

// Age is how old its numbers are.
func (m *Member) Age() time.Duration { return max(0, time.Since(m.At)) }

// Counted reports whether its numbers are recent enough to be among those of the fleet.
func (m *Member) Counted() bool { return m.Age() <= TTL+Every }

// Others is what is known of the other instances.
type Others struct {
	Members []Member // by name, at most fleet.MaxInstances; not to be changed
	More    int      // instances beyond what is read at once
	Refused int      // entries that are no instances of this service
	Read    time.Time
	Error   string // why nothing could be read since; empty if it could
}

var seed = maphash.MakeSeed()

// Others returns the other instances: as they were read up to a second ago, or else read now, which takes two seconds at most. Where that
// fails they are what was read last, which is stored for as long as it is asked for each minute.
func (s *Sync) Others(service, instance, writer string) Others {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.count(func() { s.want = time.Now() })
	if s.stale() {
		s.readAll(service, instance, writer)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Others{Members: s.members, More: s.more, Refused: s.state.Refused, Read: s.read, Error: s.readErr}
}

func (s *Sync) stale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried.IsZero() || time.Since(s.tried) >= fresh
}

// readAll reads all there is; s.reading is held.
func (s *Sync) readAll(service, instance, writer string) {
	type all struct {
		entries []fleet.Entry
		more    int
	}
	answer := make(chan all, 1) // of a call that is no longer waited for, nobody takes it
	err := s.call(s.reads, func(ctx context.Context) error {
		e, m, err := s.store.All(ctx, service)
		answer <- all{e, m}
		return err
	})
	now := time.Now()
	if err != nil {
		s.count(func() {
			s.tried, s.readErr = now, "reading the others: "+fault.Text(err)
			s.state.Failed++
		})
		return
	}
	a := <-answer
	found, refused, same := s.take(a.entries, now, service, instance, writer)
	s.count(func() {
		s.tried, s.read, s.readErr, s.members, s.more = now, now, "", found, a.more
		s.state.Reads, s.state.Instances, s.state.Refused, s.state.SameName = s.state.Reads+1, len(found), refused, same
	})
}

// take decodes what has changed. Of two with one name the more recent one counts.
func (s *Sync) take(entries []fleet.Entry, now time.Time, service, instance, writer string) (found []Member, refused int, same bool) {
	decoded, newest, bytes := map[uint64]*Instance{}, map[string]Member{}, 0
	for i := range entries[:min(len(entries), fleet.MaxInstances)] {
		if bytes += len(entries[i].Blob); bytes > fleet.MaxBytes {
			refused += len(entries) - i
			break
		}
		in, sum := s.decode(entries[i].Blob)
		decoded[sum] = in
		switch {
		case in == nil || in.Service != service:
			refused++
			continue
		case in.Head.Instance == instance:
			same = same || in.Writer != writer
			continue
		}
		ago := time.Duration(in.TTL*float64(time.Second)) - entries[i].Left
		m := Member{Instance: in, At: now.Add(-min(max(0, ago), time.Hour))}
		if old, twice := newest[in.Head.Instance]; !twice || old.At.Before(m.At) {
			newest[in.Head.Instance] = m
		}
	}
	s.decoded = decoded
	for _, m := range newest {
		found = append(found, m)
	}
	order.By(found, func(a, b *Member) int { return cmp.Compare(a.Head.Instance, b.Head.Instance) })
	return found, refused, same
}

// decode decodes a blob, or finds it as it was decoded before. It is nil for what is refused.
func (s *Sync) decode(blob []byte) (in *Instance, sum uint64) {
	sum = maphash.Bytes(seed, blob)
	if in, known := s.decoded[sum]; known {
		return in, sum
	}
	s.faults.Guard("reading an instance of the fleet", func() {
		if read, err := Decode(blob); err == nil {
			in = read
		}
	})
	return in, sum
}

// forget gives up what was read, if nobody has asked for a while.
func (s *Sync) forget() {
	if !s.reading.TryLock() {
		return
	}
	defer s.reading.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.want) > wanted {
		s.decoded = nil
		s.members, s.more, s.readErr, s.tried = nil, 0, "", time.Time{}
		s.state.Instances, s.state.Refused = 0, 0
	}
}

// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
)

// run judges each second, and sends metrics now and then, until the share ends.
func (s *share) run(flush time.Duration) {
	defer close(s.done)
	ticks, flushes := time.NewTicker(time.Second), time.NewTicker(flush)
	defer ticks.Stop()
	defer flushes.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticks.C:
			s.tick(s.book.now())
		case <-flushes.C:
			s.flush(s.book.now())
		}
	}
}

// tick judges what is complete, and hands on what is new.
func (s *share) tick(now time.Time) {
	defer s.recover()
	s.tell(now, slices.DeleteFunc(s.fleet.Tick(now), func(n fleet.News) bool { return n.Member == nil && n.Event.Part != nil })) // the rest are messages
	s.past.tick(s.book.ticks)
	s.told.look(s, now)
}

// tell hands messages on: with a state, once it is known that their services have not moved.
func (s *share) tell(now time.Time, news []fleet.News) {
	if s.keeper != nil {
		s.keeper.tick(now, news, s.book.ticks)
		return
	}
	for i := range news {
		s.out.event(&news[i])
	}
}

// flush hands on the metrics.
func (s *share) flush(now time.Time) {
	defer s.recover()
	if s.out.wantsMetrics() {
		s.out.points(metricsOf(s.fleet, now))
	}
}

// observe are the values of metadata.Instruments.
func (s *share) observe() []int64 {
	st, moves, past := s.fleet.Stats(), s.keeper.stats(), s.past.stats()
	return []int64{
		int64(st.Spans), int64(st.Requests), int64(st.Invalid), int64(st.Late), int64(st.Ahead), int64(st.Crowded), int64(st.OtherServices), int64(st.OtherEndpoints),
		int64(st.SpansDropped), int64(st.SpansAstray), int64(st.SlowDropped), int64(s.out.eventsDropped.Load() + moves.Dropped), int64(s.out.pointsDropped.Load()),
		int64(st.Services), int64(st.Endpoints), st.SpansHeld, st.RequestsPending,
		int64(st.Metered), int64(st.Twice), int64(st.Points.Taken), int64(st.Points.First), int64(st.Points.Stale), int64(st.Points.Shared),
		int64(st.Points.Absurd), int64(st.Points.Sumless), int64(st.Points.Crowded), int64(st.MembersBeyond), int64(st.Points.Series), int64(st.Points.Bytes),
		int64(st.Moved), int64(moves.TakenOver), int64(moves.HandedOver), int64(moves.Failures),
		int64(past.Open), int64(past.Without), int64(past.Minutes), int64(past.Failed), int64(past.Lost),
	}
}

// said is what was logged: each at most once a minute.
type said struct {
	mu      sync.Mutex // guards all below
	at      time.Time
	last    map[string]uint64
	faultAt time.Time
}

// look says what was late, ahead or left out since it was said last.
func (t *said) look(s *share, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.at) < time.Minute {
		return
	}
	t.at = now
	st := s.fleet.Stats()
	if t.last == nil {
		t.last = map[string]uint64{}
	}
	for _, c := range []struct {
		n    uint64
		text string
	}{
		{st.Late, "requests came when their second had been judged, and count in a later one: is lateness shorter than the delay of the batches?"},
		{st.Ahead, "requests ended ahead of this collector's clock, and count now: is the clock of an instance wrong?"},
		{st.Invalid, "spans were left out, since they have no start and end, end before they start, or took more than a day"},
		{st.Crowded, "requests were left out, since too many waited for their second to be judged"},
		{st.OtherServices, "resources are of more services than max_services, and are judged as one, (other)"},
		{st.OtherEndpoints, "requests are of more endpoints than max_endpoints, and count in the row (other) of their service"},
		{st.Points.Crowded, "points are of series for which there was no room, and were not counted: max_series_mib"},
		{st.Points.Shared, "points are of processes that export as one: have they no service.instance.id?"},
		{st.Points.Sumless, "points have no sum that their buckets can have: averages of what they have are from the buckets"},
		{st.MembersBeyond, "reports of instances were not looked at, since a service has more than max_instances"},
		{st.SpansDropped, "spans were not held for anatomies, for want of room: max_span_mib"},
		{st.SpansAstray, "spans were not held for anatomies, since their times cannot be, or are more than half an hour from those of others: is the clock of an instance wrong?"},
	} {
		if more := c.n - t.last[c.text]; more > 0 {
			s.logger.Warn(c.text, zap.Uint64("count", more))
		}
		t.last[c.text] = c.n
	}
}

// fault says that something was recovered.
func (t *said) fault(s *share, r any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.faultAt) >= time.Minute {
		t.faultAt = now
		s.logger.Error("a fault of the connector was recovered", zap.String("fault", fmt.Sprint(r)), zap.Uint64("faults", s.faults.Load()), zap.ByteString("stack", debug.Stack()))
	}
}

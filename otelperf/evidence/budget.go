// SPDX-License-Identifier: Apache-2.0

package evidence

import (
	"fmt"
	"time"
)

// budget counts the recordings of the last hour against the limits. Its list is as long as the limit of recordings at most.
type budget struct {
	limits Limits
	spent  []expense
	next   time.Time // when Cooldown is over
}

// expense is what a recording took.
type expense struct {
	at    time.Time
	bytes int64
	work  time.Duration
}

// expire forgets what is older than an hour.
func (b *budget) expire(now time.Time) {
	for len(b.spent) > 0 && now.Sub(b.spent[0].at) >= time.Hour {
		b.spent = b.spent[1:]
	}
}

// totals of the last hour.
func (b *budget) totals(now time.Time) (bytes int64, work time.Duration) {
	b.expire(now)
	for _, e := range b.spent {
		bytes += e.bytes
		work += e.work
	}
	return bytes, work
}

// allows returns nil if a recording may begin, else what is against it and until when.
func (b *budget) allows(now time.Time, cooldown bool) (until time.Time, err error) {
	bytes, work := b.totals(now)
	refuse := func(until time.Time, format string, args ...any) (time.Time, error) {
		return until, fmt.Errorf("%w: %s; in %v", ErrLimit, fmt.Sprintf(format, args...), until.Sub(now).Round(time.Second))
	}
	if cooldown && now.Before(b.next) {
		return refuse(b.next, "there is one every %v", b.limits.Cooldown)
	}
	if len(b.spent) == 0 {
		return now, nil
	}
	oldest := b.spent[0].at.Add(time.Hour)
	switch l := b.limits; {
	case len(b.spent) >= l.RecordingsPerHour:
		return refuse(oldest, "%d an hour is the limit", l.RecordingsPerHour)
	case bytes >= l.BytesPerHour:
		return refuse(oldest, "the last hour's were of %d bytes, %d are the limit", bytes, l.BytesPerHour)
	case work >= l.WorkPerHour:
		return refuse(oldest, "reading the last hour's took %v, %v is the limit", work.Round(time.Millisecond), l.WorkPerHour)
	}
	return now, nil
}

// spend counts a recording.
func (b *budget) spend(now time.Time, bytes int64, work time.Duration) {
	b.expire(now)
	b.next = now.Add(b.limits.Cooldown)
	b.spent = append(b.spent, expense{now, bytes, work})
}

// discard notes a recording that was not worth reading. It cost little: the next one comes sooner.
func (b *budget) discard(now time.Time) { b.next = now.Add(b.limits.Cooldown / 6) }

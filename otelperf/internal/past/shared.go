// SPDX-License-Identifier: Apache-2.0

package past

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

const (
	// sharedFresh is for how long it is known who has stored something lately.
	sharedFresh = 2 * time.Second
	// sharedAgain is after how long a store that could not say it is asked again.
	sharedAgain = 30 * time.Second
	// runsLately is how long ago one that runs has stored a minute at least.
	runsLately = 3 * time.Minute
	// maxInstances bounds the instances that a Coverage names.
	maxInstances = 20
	// unnamed stands for those that share a store and have no name.
	unnamed = "unnamed"
)

// Whose says of which instances numbers are.
type Whose struct {
	Instances     []string // by name, at most 20; none where there is no name, or the store is one of a single instance
	MoreInstances int      // that are not in Instances
}

// recently is who has stored something within the last hour.
type recently struct {
	asked  time.Time
	err    error
	others bool      // not this instance alone
	twins  bool      // several processes have its name
	runs   bool      // somebody has stored a minute within the last three
	end    time.Time // of the last whole minute that all who run have stored; zero if nobody has
}

// lately asks who has stored something within the last hour. It is known for two seconds.
func (r *Reader) lately() recently {
	r.shared.Lock()
	defer r.shared.Unlock()
	fresh := sharedFresh
	if r.recently.err != nil {
		fresh = sharedAgain
	}
	if age := time.Since(r.recently.asked); !r.recently.asked.IsZero() && age >= 0 && age < fresh {
		return r.recently
	}
	now := time.Now()
	l := recently{}
	all, err := r.instances(now.Add(-time.Hour), now.Add(time.Hour))
	l.asked, l.err, l.others = time.Now(), err, r.others(all)
	var whole, last time.Time
	for _, in := range all {
		l.twins = l.twins || in.Several && in.Name == r.several.Instance()
		end := in.Last.Add(history.Minute)
		if last = later(last, end); now.Sub(in.Last) < runsLately && (whole.IsZero() || end.Before(whole)) {
			whole = end
		}
	}
	l.runs = !whole.IsZero()
	if l.end = whole; whole.IsZero() {
		l.end = last
	}
	if running := now.Truncate(history.Minute); l.end.After(running) {
		l.end = running
	}
	if r.recently = l; errors.Is(err, ErrBusy) {
		r.recently.asked = l.asked.Add(sharedFresh - sharedAgain)
	}
	return l
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// others reports whether some of these are not this instance alone.
func (r *Reader) others(all []history.Instance) bool {
	own := r.several.Instance()
	return slices.ContainsFunc(all, func(in history.Instance) bool { return in.Several || in.Name != own })
}

func (r *Reader) instances(from, to time.Time) (all []history.Instance, err error) {
	err = r.turn(func(ctx context.Context) (err error) {
		all, err = r.several.Instances(ctx, from, to)
		return err
	})
	if err != nil { // else it is noted how what is read next goes
		r.failures.note(history.States, 0, err)
	}
	return all, err
}

// Shared reports whether memory does not have all of a time that began then and that it was there for: other instances have stored something
// within the last hour, and all that run have some of the time. Of a store that does not say so nobody knows.
func (r *Reader) Shared(from time.Time) bool {
	if r.several == nil {
		return false
	}
	l := r.lately()
	return l.err != nil || l.shared() && !l.tooLate(from)
}

// shared reports whether there are others than this process.
func (l *recently) shared() bool { return l.others || l.twins }

// tooLate reports whether a time began when not all who run have stored anything of it yet.
func (l *recently) tooLate(from time.Time) bool { return !l.end.IsZero() && !from.Before(l.end) }

// Own is this instance where others may share the store, with a note if some do; ok is false if none can.
func (r *Reader) Own() (own Whose, note string, ok bool) {
	if r.several == nil {
		return own, "", false
	}
	if l := r.lately(); l.err == nil && l.shared() {
		note = ownAlone
	}
	return r.own(), note, true
}

func (r *Reader) own() (own Whose) {
	if r.several != nil && r.several.Instance() != "" {
		own.Instances = []string{r.several.Instance()}
	}
	return own
}

// Of is the name of another instance, "" if it is this one.
func (r *Reader) Of(instance string) string {
	if r.several == nil || instance == r.several.Instance() {
		return ""
	}
	return instance
}

// ownAlone is the note of what began so lately that not all have stored some of it.
const ownAlone = "It is of this instance alone: what others did since is not stored yet."

// pending is from when on what was done is not stored by all yet, though some run: this process does.
func (r *Reader) pending(l *recently) time.Time {
	if l.runs {
		return l.end
	}
	return later(l.end, later(r.memory.Unwritten(), r.memory.Started()))
}

// readable is a time as people read it.
func readable(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

// part says what of a time is the store's, and what the memory's.
type part struct {
	from, to time.Time
	at       time.Time // from it on it is the memory's
	until    time.Time // up to it it is the store's: at, or a minute later while the minute in which this process began is not written
	written  time.Time // up to it the store is read
	late     int64     // changes as long as others may write what belongs to it
	asked    Span      // what was asked for, in whole minutes and up to now
	pending  time.Time // from it on what several instances did is not stored by all yet; zero if it is of one
	note     string    // what it lacks; "" mostly
	whose    Whose
	renewal  history.Renewal // of the store, before it is read
}

// part divides a time. Where other instances have stored something of it, all of it is the store's, up to the last whole minute that all who
// run have stored.
func (r *Reader) part(from, to time.Time) (p part, err error) {
	p = part{from: from, to: to, renewal: history.RenewalOf(r.store)}
	p.at = r.memory.Unwritten()
	if p.written = p.at; p.at.Equal(r.memory.Started().Truncate(time.Minute)) {
		p.written = p.at.Add(time.Minute) // of which the store has what the process before did
	}
	p.at, p.until = nearest(p.at, from, to), nearest(p.written, from, to)
	if r.several == nil {
		return p, nil
	}
	p.whose = r.own()
	l := r.lately()
	if l.err != nil {
		return p, l.err
	}
	now := time.Now()
	if l.shared() && l.tooLate(from) {
		p.at, p.until, p.note = from, from, ownAlone
		return p, nil
	}
	all, err := cachedOf(&r.cache, fmt.Sprint("instances ", from.Unix(), to.Unix(), now.Unix()/int64(sharedFresh/time.Second)), func() (all []history.Instance, bytes int, err error) {
		if all, err = r.instances(from, to); err == nil && len(all) == 0 && to.Before(now.Add(-time.Hour)) {
			all, err = r.instances(time.Unix(0, 0), now.Add(time.Hour)) // it is not known any more: who shares the store
		}
		return all, 100 * len(all), err
	})
	if others := r.others(all) || l.twins; err != nil || !others {
		return p, err
	}
	p.whose = whoseOf(all)
	if !l.end.IsZero() && p.to.After(l.end) {
		p.to = later(l.end, from)
	}
	p.at, p.until, p.pending = p.to, p.to, r.pending(&l)
	if behind := r.memory.Unwritten(); behind.Before(p.to) && now.Sub(behind) > runsLately {
		p.note = "What this instance did from " + readable(behind) + " on is not stored, and left out."
	}
	p.written, p.late = later(p.to, l.end), r.late(p.to, now)
	return p, nil
}

// late changes each minute for as long as others may write something of a time that ends then.
func (r *Reader) late(to, now time.Time) int64 {
	if r.several == nil || to.Before(now.Add(-2*time.Hour)) {
		return 0
	}
	return now.Unix() / 60
}

func whoseOf(all []history.Instance) (w Whose) {
	for _, in := range all {
		if in.Name == "" {
			in.Name = unnamed
		}
		w.Instances = append(w.Instances, in.Name)
	}
	w.MoreInstances = max(0, len(w.Instances)-maxInstances)
	w.Instances = w.Instances[:len(w.Instances)-w.MoreInstances]
	return w
}

// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

const (
	mostMinutes     = int(mutes.MaxTime / time.Minute)
	acceptedPattern = `a pattern of "METHOD ROUTE" of at most 256 bytes, in which * is any run of characters but / and ** any at all; "" or "*" is everything`
)

func (c *Companion) serveMutes(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Mutes())
}

func (c *Companion) serveMute(w http.ResponseWriter, r *http.Request) {
	f := readFields(w, r, "mute", `an object such as {"endpoint": "GET /reports/**", "by": "ana", "why": "deployment", "minutes": 15}`,
		"endpoint", "matter", "by", "why", "until", "minutes")
	m := f.mute(time.Now().UTC())
	if f.fault != nil {
		problem.Write(w, *f.fault)
		return
	}
	set, err := c.service.Mute(m)
	switch {
	case errors.Is(err, mutes.ErrFull):
		problem.Write(w, problem.Problem{
			Status: http.StatusConflict, Detail: fmt.Sprintf("%d mutes are in force: end one of them, or mute more endpoints by one pattern.", mutes.MaxMutes),
			Accepted: fmt.Sprintf("at most %d mutes at a time", mutes.MaxMutes),
		})
		return
	case err != nil:
		problem.Write(w, problem.Invalid("endpoint", "endpoint: "+err.Error()+".", acceptedPattern))
		return
	}
	c.changed(r, "otelperf muted", muteAttrs(set, set.By)...)
	web.JSON(w, r, set)
}

// mute is what is asked for.
func (f *fields) mute(now time.Time) mutes.Mute {
	m := mutes.Mute{At: now, By: f.text("by", 1, mutes.MaxBy), Why: f.text("why", 0, mutes.MaxWhy)}
	f.read("endpoint", acceptedPattern, &m.Endpoint)
	if plain := mutes.Plain(m.Endpoint); plain != m.Endpoint {
		f.refuse("endpoint", "endpoint has characters that no endpoint has.", acceptedPattern)
	}
	m.Endpoint = cmp.Or(m.Endpoint, mutes.Everything)
	matters := strings.Join(mutes.Matters, ", ")
	f.read("matter", matters, &m.Matter)
	if m.Matter != "" && !slices.Contains(mutes.Matters, m.Matter) {
		f.refuse("matter", "There is no such matter.", matters)
	}
	m.Until = f.until(now)
	return m
}

// until is when the mute is to end.
func (f *fields) until(now time.Time) time.Time {
	const accepted = "RFC 3339, later than now and at most 7 days from now"
	if f.has("until") == f.has("minutes") {
		f.refuse("until, minutes", "It takes one of the two.", fmt.Sprintf("until: %s; or minutes: more than 0 and at most %d", accepted, mostMinutes))
		return now
	}
	if f.has("minutes") {
		var n float64
		byNumber := fmt.Sprintf("more than 0 and at most %d", mostMinutes)
		if f.read("minutes", byNumber, &n); !(n > 0 && n <= float64(mostMinutes)) {
			f.refuse("minutes", fmt.Sprintf("minutes is %g.", n), byNumber)
			return now
		}
		return now.Add(time.Duration(n * float64(time.Minute)))
	}
	var until time.Time
	if f.read("until", accepted, &until); !until.After(now) || until.Sub(now) > mutes.MaxTime {
		f.refuse("until", "until is too early or too late.", accepted)
	}
	return until.UTC()
}

func (c *Companion) serveUnmute(w http.ResponseWriter, r *http.Request) {
	by, ok := byOf(w, r)
	if !ok {
		return
	}
	id := r.PathValue("id")
	was, ok := c.service.Unmute(id)
	if !ok {
		web.NotFound(w, "id", "There is no mute %.40q, or no longer. GET mutes lists those in force.", id)
		return
	}
	c.changed(r, "otelperf mute ended", muteAttrs(was, by)...)
	web.JSON(w, r, was)
}

func muteAttrs(m mutes.Mute, by string) []slog.Attr {
	return []slog.Attr{
		slog.String("mute_id", m.ID), slog.String("endpoint", m.Endpoint), slog.String("matter", m.Matter), slog.String("by", by),
		slog.String("why", m.Why), slog.Time("until", m.Until),
	}
}

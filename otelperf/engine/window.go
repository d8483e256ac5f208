// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"time"

	"github.com/otelperf/otelperf-go/otelperf/internal/timeline"
)

// Window is a span of time that numbers cover: the requests that ended in it. One that is not in the list counts as All.
type Window uint8

const (
	// Minute is the last six whole steps of ten seconds and the running one.
	Minute Window = iota
	// FiveMinutes is the last five whole minutes and the running one.
	FiveMinutes
	// Hour is the last sixty whole minutes and the running one.
	Hour
	// All is all since the start or the last reset.
	All
)

var spans = [...]timeline.Span{Minute: {Steps: 6}, FiveMinutes: {Minutes: 5}, Hour: {Minutes: 60}, All: {}}

func (w Window) span() timeline.Span { return spans[min(w, All)] }

// covered is how long window w really is by now.
func (e *Engine) covered(w Window) time.Duration {
	begin := w.span().Begin(e.step)
	if begin.Before(e.began) {
		begin = e.began
	}
	return e.now.Sub(begin)
}

// SPDX-License-Identifier: Apache-2.0

// Package engine turns requests, a second's worth at a time, into windows, history, baselines and incidents. It has no clock and no
// goroutine: time is what [Engine.Advance] is given, so that recorded requests run through it as live ones do.
//
//	e, err := engine.New(engine.Options{})
//	...
//	for _, ev := range e.Advance(now, deltas) { // once a second, with what came since
//		if ev.Part == nil { // a message: it has opened, grown, closed or come back
//			fmt.Println(ev.Incident.Reason)
//		}
//	}
//	snapshot := e.Snapshot(engine.FiveMinutes)
//
// Its answers are plain values in Go's units: durations, counts, times. Package otelperf drives an engine from a span processor or a
// MeterProvider and gives the answers their JSON form; "otelperf replay" drives one with recorded requests.
//
// # Incidents
//
// Endpoints that spike are one incident if their evidence began, or was enough, at about the same time (20 seconds, or as exactly as that
// is known, 90 at most), if their slow requests wait for the same dependency, which [Requests] knows, or if both began when the same signal
// of the process left its normal, which [Options].Signals knows. The first message of one is due at its detection; it waits for at most 5
// seconds, for other endpoints that are about to follow and for a request to show. An endpoint that spikes again within ten minutes goes on
// with its incident, which says once that it has come back, and that it has ended when nothing has come back for ten minutes.
//
// Latency is one [Matter] of several: an endpoint may also fail, panic, be refused for what callers do, or be silent. It has a part for each.
// Failures and panics join an incident as latency does; what else is wrong with an endpoint joins the incident that it has open; client
// errors and silence join no other. Silence of the whole service is of [AllEndpoints], and while it is, that of endpoints is not reported.
//
// What is open when a process ends is open in the next one, by [Baseline].Open: it goes on under its id when its endpoints are slow again
// once they are judged, and else ends. What an endpoint does between the end of its part and the report of it, such as a stall for which
// there is no alarm so soon, belongs to the part.
//
// Ages are by the monotonic part of the times that [Engine.Advance] is given, where they have one. When the clock is set back, the
// incidents move along with the history.
//
// # Bounds
//
// An endpoint takes at most 40 KiB of windows and history, 8 KiB of baseline and 1.7 KiB for failures and traffic; an engine has as many
// endpoints as its source brings. The history is an hour of minutes. The last [MaxIncidents] incidents are stored, 1 KiB for each
// endpoint in one.
//
// All exported methods are safe for concurrent use.
package engine

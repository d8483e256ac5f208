// SPDX-License-Identifier: Apache-2.0

package slowlog

// Outcome is how a request ended. This is the one list of them: recorder, slow log, middleware, JSON and page take their
// names from here.
type Outcome uint8

const (
	// OutcomeOK is every ending that is none of the others.
	OutcomeOK Outcome = iota
	// OutcomeClientError is a 4xx, or an RPC status that blames the caller.
	OutcomeClientError
	// OutcomeServerError is a 5xx, an RPC status that blames the server, or a span with status Error.
	OutcomeServerError
	// OutcomePanic is a handler that panicked.
	OutcomePanic
	// OutcomeAborted is a reply that was broken off on this side: its handler panicked with http.ErrAbortHandler on purpose, or the
	// deadline of writes passed.
	OutcomeAborted
	// OutcomeCanceled is a client that went away before its reply was complete.
	OutcomeCanceled
	// OutcomeStream is a websocket, a server-sent event stream or a hijacked connection: counted, never timed.
	OutcomeStream

	// NumOutcomes is the number of outcomes, at most 16. As an Outcome it is one that was read under a name that is not in
	// the list, such as a newer version may write.
	NumOutcomes = iota
)

var outcomeNames = [NumOutcomes]string{
	OutcomeOK: "ok", OutcomeClientError: "client_error", OutcomeServerError: "server_error", OutcomePanic: "panic",
	OutcomeAborted: "aborted", OutcomeCanceled: "canceled", OutcomeStream: "stream",
}

// String returns the value that attribute otelperf.outcome has for o, "unknown" for what is not in the list.
func (o Outcome) String() string {
	if o >= NumOutcomes {
		return "unknown"
	}
	return outcomeNames[o]
}

// MarshalText returns the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name. One that is not in the list, of a newer version, is NumOutcomes.
func (o *Outcome) UnmarshalText(text []byte) error {
	var ok bool
	if *o, ok = ParseOutcome(string(text)); !ok {
		*o = NumOutcomes
	}
	return nil
}

// ParseOutcome is the inverse of String; ok is false for a name that is not in the list.
func ParseOutcome(name string) (o Outcome, ok bool) {
	for i, n := range outcomeNames {
		if n == name {
			return Outcome(i), true
		}
	}
	return OutcomeOK, false
}

// OutcomeOfStatus is the outcome that an HTTP status code alone tells. 499 is what nginx and others after it write of a client that
// went away.
func OutcomeOfStatus(code int) Outcome {
	switch {
	case code >= 500:
		return OutcomeServerError
	case code == 499:
		return OutcomeCanceled
	case code >= 400:
		return OutcomeClientError
	case code == 101:
		return OutcomeStream
	default:
		return OutcomeOK
	}
}

// Failed reports whether the service is to blame: a server error or a panic.
func (o Outcome) Failed() bool { return o == OutcomeServerError || o == OutcomePanic }

// Timed reports whether the request's duration counts in percentiles.
func (o Outcome) Timed() bool { return o != OutcomeStream }

// StatusTells reports whether the outcome follows from an HTTP status code; others need the attribute otelperf.outcome.
func (o Outcome) StatusTells() bool { return o <= OutcomeServerError }

// OutcomeCounts counts requests by outcome; the index is an Outcome. It is not safe for concurrent use.
type OutcomeCounts [NumOutcomes]uint64

// Total returns the number of requests of any outcome.
func (c *OutcomeCounts) Total() (n uint64) {
	for _, x := range c {
		n += x
	}
	return n
}

// Failed returns the number of requests that were the service's fault.
func (c *OutcomeCounts) Failed() (n uint64) {
	for o, x := range c {
		if Outcome(o).Failed() {
			n += x
		}
	}
	return n
}

// Timed returns the number of requests whose duration was recorded.
func (c *OutcomeCounts) Timed() uint64 { return c.Total() - c[OutcomeStream] }

// Add adds d to c.
func (c *OutcomeCounts) Add(d *OutcomeCounts) {
	for i, n := range d {
		c[i] += n
	}
}

// Sub subtracts d from c; a count never goes below zero.
func (c *OutcomeCounts) Sub(d *OutcomeCounts) {
	for i, n := range d {
		c[i] -= min(n, c[i])
	}
}

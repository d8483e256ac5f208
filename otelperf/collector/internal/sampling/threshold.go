// SPDX-License-Identifier: Apache-2.0

// Package sampling says how many requests a sampled span stands for, by what consistent probability samplers write into its tracestate
// (OpenTelemetry specification, "TraceState: Probability Sampling"; W3C Trace Context Level 2 for the randomness of trace ids).
package sampling

import (
	"encoding/binary"
	"strings"
)

const (
	digits = 14 // of a threshold or a random value, at most
	whole  = 1 << (4 * digits)
	// MostWeight is what one span stands for at most: a sampler of one in a million. What says more is not believed, since callers
	// have a hand in tracestates.
	MostWeight = 1_000_000
)

// Weight is how many requests a span stands for: 1 for a threshold of 0, which says that all are there. known is false without a threshold, or
// one that cannot be: that does not go with the random value by which it was sampled, or says more than MostWeight. Then
// weight is 1. It allocates nothing.
func Weight(tracestate string, traceID [16]byte) (weight float64, known bool) {
	th, rv := members(tracestate)
	if th == "" {
		return 1, false
	}
	threshold, ok := parse(th, true)
	if !ok {
		return 1, false
	}
	random := binary.BigEndian.Uint64(traceID[8:]) & (whole - 1)
	if rv != "" {
		if random, ok = parse(rv, false); !ok {
			return 1, false
		}
	}
	if random < threshold || whole-threshold < whole/MostWeight {
		return 1, false
	}
	return whole / float64(whole-threshold), true
}

// members finds th and rv in the member of the list that is OpenTelemetry's, "ot=th:c;rv:…".
func members(tracestate string) (th, rv string) {
	for len(tracestate) > 0 {
		var member string
		member, tracestate, _ = strings.Cut(tracestate, ",")
		ot, ok := strings.CutPrefix(strings.Trim(member, " \t"), "ot=")
		if !ok {
			continue
		}
		for len(ot) > 0 {
			var field string
			field, ot, _ = strings.Cut(ot, ";")
			if v, ok := strings.CutPrefix(field, "th:"); ok {
				th = v
			}
			if v, ok := strings.CutPrefix(field, "rv:"); ok {
				rv = v
			}
		}
		return th, rv
	}
	return "", ""
}

// parse reads hexadecimal digits in lower case: 14, or fewer where zeros at the end are left out.
func parse(s string, short bool) (n uint64, ok bool) {
	if len(s) == 0 || len(s) > digits || len(s) < digits && !short {
		return 0, false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n << (4 * (digits - len(s))), true
}

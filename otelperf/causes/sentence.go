// SPDX-License-Identifier: Apache-2.0

package causes

import (
	"fmt"
	"strings"
)

// Sentence says the cause in words, such as "96 % waiting for the lock at cart.go:88, held by GET /report (report.go:40), which was
// sleeping".
func (c Cause) Sentence() string { return fmt.Sprintf("%.0f %% %s", 100*min(c.Share, 1), c.Text()) }

// Text is the sentence without the share.
func (c Cause) Text() string { return textOf(c.Reason, c.Times, " a request") }

// Text says what the request did with that time, such as "waiting for the lock at cart.go:88, held by GET /report (report.go:40)".
func (p Part) Text() string { return textOf(p.Reason, p.Times, "") }

func textOf(r Reason, times float64, of string) string {
	if times >= manyTimes {
		return fmt.Sprintf("%s, %.0f times%s", r, times, of)
	}
	return r.String()
}

// manyTimes is from how many waits of one request at one line their number is worth a word.
const manyTimes = 5

// String says the reason in words.
func (r Reason) String() string {
	w, ok := wordsOf[r.State]
	if !ok {
		return "unknown"
	}
	var b strings.Builder
	b.WriteString(w.is)
	if r.Line != (Place{}) {
		b.WriteString(at(r.State, r.Line))
	}
	switch {
	case r.Who == Itself && r.What == r.State, r.State == GC, r.State == NotScheduled:
	case r.Who == Nobody:
		if w.by == "held by" {
			b.WriteString(", by whom it was held is unknown")
		}
	case r.Who == Several:
		b.WriteString(", " + orElse(w.by, "due to") + " several others")
	case r.Who == Itself:
		if did := r.did(); did != "" {
			b.WriteString(": it was " + did)
		}
	default:
		b.WriteString(", " + orElse(w.by, "due to") + " " + r.Who)
		if r.Where != (Place{}) && r.Where != r.Line && r.What != Running {
			b.WriteString(" (" + r.Where.String() + ")")
		}
		if did := r.did(); did != "" && r.State != Runnable {
			b.WriteString(", which was " + did)
		}
	}
	return b.String()
}

// did says what the one behind the reason did.
func (r Reason) did() string {
	w, ok := wordsOf[r.What]
	if !ok || r.What == Waiting || r.What == r.State && r.Where == r.Line || r.Where == r.Line && r.Who == Itself && r.State.reply() && r.What == NetworkRead {
		return ""
	}
	if r.Where != (Place{}) && (r.What == Running || r.Who == Itself) {
		return w.is + at(r.What, r.Where)
	}
	return w.is
}

// reply reports whether it is the answer of somebody else that is waited for: then data from the network are waited for, too.
func (s State) reply() bool {
	return s == DBReply || s == HTTPReply || s == RPCReply || s == CacheReply
}

// At says in words that somebody is in the state at a line, as in "waiting for the lock at cart.go:88".
func (s State) At(line Place) string {
	w, ok := wordsOf[s]
	switch {
	case !ok:
		return "unknown"
	case line == Place{}:
		return w.is
	}
	return w.is + at(s, line)
}

// at is where something happens: work is told by its function, since the line is that of the moment at which it was seen.
func at(s State, p Place) string {
	if s == Running {
		return " " + p.Func + " (" + p.File + ")"
	}
	return " at " + p.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

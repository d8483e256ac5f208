// SPDX-License-Identifier: Apache-2.0

// Package marks keeps the moments at which something was changed: a new version, a deployment, a setting. They are what lines in charts
// are drawn by, and what an incident that began soon afterwards is put beside.
package marks

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelperf/otelperf-go/slowlog/order"
)

// Bounds of what is kept.
const (
	Max     = 100       // marks; the oldest gives way
	MaxText = 200       // bytes of a text
	MaxAge  = time.Hour // how far back a mark may be dated by whoever sets it
)

// Kind is what was changed.
type Kind string

// The kinds there are.
const (
	Version Kind = "version" // another service.version than that of the process before
	Start   Kind = "start"   // the process began, with the version of the one before or one that cannot be compared
	Deploy  Kind = "deploy"  // somebody deployed something
	Config  Kind = "config"  // a setting was changed
	Reset   Kind = "reset"   // the numbers were reset, with the baselines or without
)

// Kinds are those that may be set from outside: what is said of a start or a reset, the Monitor alone knows.
func Kinds() []string { return []string{string(Deploy), string(Version), string(Config)} }

// A Mark is one such moment.
type Mark struct {
	ID   string    `json:"id"`   // unique, also among instances: its time, four letters or digits by chance, and a number; it stays over restarts with a state file or a history
	Time time.Time `json:"time"` // when it was changed
	Kind Kind      `json:"kind"` // version, start, deploy, config or reset
	Text string    `json:"text"` // what was changed: 1 to 200 bytes, printable
	By   string    `json:"by"`   // who set it: the address of a client, "program" for a call in Go, "otelperf" for what was noticed
}

// phrase names a mark in a sentence: "version 1.5.0", "the deployment “build 77”".
func (m *Mark) phrase() string {
	switch m.Kind {
	case Version:
		return m.Text
	case Start:
		return "the " + m.Text
	case Config:
		return "the change “" + m.Text + "”"
	default:
		return "the deployment “" + m.Text + "”"
	}
}

// List is the marks of a process. The zero value is empty; its methods are safe for concurrent use.
type List struct {
	mu  sync.Mutex
	all []Mark // by time
	n   int    // ids given
	tag string // of this process in ids: four letters or digits by chance, as others may have one of the same second; made by the first Add
}

// Add keeps a mark, gives it an id, and returns it as it is kept. Its text is to be clean, and is clipped.
func (l *List) Add(m Mark) Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	m.Text, m.By, m.Time = clip(m.Text, MaxText), clip(m.By, MaxText), m.Time.UTC()
	for m.ID == "" || slices.ContainsFunc(l.all, func(o Mark) bool { return o.ID == m.ID }) {
		if l.tag == "" {
			l.tag = strings.ToLower(rand.Text()[:4])
		}
		l.n++
		m.ID = fmt.Sprintf("%s-%s-%d", m.Time.Format("20060102T150405"), l.tag, l.n)
	}
	l.insert(m)
	return m
}

func (l *List) insert(m Mark) {
	at := len(l.all)
	for at > 0 && l.all[at-1].Time.After(m.Time) {
		at--
	}
	l.all = slices.Insert(l.all, at, m)
	if len(l.all) > Max {
		l.all = slices.Delete(l.all, 0, len(l.all)-Max)
	}
}

// Restore takes in the marks of the process before. What no process of ours would have kept is left out: a file may be anybody's.
func (l *List) Restore(saved []Mark, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range saved {
		if m, ok := m.cleaned(now); ok && !slices.ContainsFunc(l.all, func(o Mark) bool { return o.ID == m.ID }) {
			l.insert(m)
		}
	}
}

// cleaned is a mark that was stored as a process of ours would have kept it by now; ok is false if none would have.
func (m Mark) cleaned(now time.Time) (_ Mark, ok bool) {
	m.Text, m.By, m.Time = Clean(m.Text), clip(Clean(m.By), MaxText), m.Time.UTC()
	return m, m.Kind.known() && m.Text != "" && len(m.Text) <= MaxText && m.ID != "" && len(m.ID) <= 64 && m.ID == Clean(m.ID) && !m.Time.IsZero() && !m.Time.After(now)
}

// Within are the marks of a time, newest first, of those and of others that were stored, each once, at most Max; more is how many older ones
// there are. Of what was stored it leaves out what no process of ours would have kept.
func Within(all, stored []Mark, from, to time.Time) (out []Mark, more int) {
	out, now := []Mark{}, time.Now()
	seen := map[string]bool{}
	add := func(m Mark) {
		if !seen[m.ID] && !m.Time.Before(from) && m.Time.Before(to) {
			seen[m.ID] = true
			out = append(out, m)
		}
	}
	for _, m := range all {
		add(m)
	}
	for _, m := range stored {
		if m, ok := m.cleaned(now); ok {
			add(m)
		}
	}
	order.By(out, func(a, b *Mark) int { return b.Time.Compare(a.Time) })
	more = max(0, len(out)-Max)
	return out[:len(out)-more], more
}

func (k Kind) known() bool { return slices.Contains([]Kind{Version, Start, Deploy, Config, Reset}, k) }

// All are the marks, newest first.
func (l *List) All() []Mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := append(make([]Mark, 0, len(l.all)), l.all...)
	slices.Reverse(out)
	return out
}

// Find returns the mark with an id.
func (l *List) Find(id string) (m Mark, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.all, func(m Mark) bool { return m.ID == id })
	if i < 0 {
		return m, false
	}
	return l.all[i], true
}

func (l *List) before(t time.Time) (m Mark, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range slices.Backward(l.all) {
		reach := Reach
		if m.Kind == Start {
			reach = StartReach
		}
		if ago := t.Sub(m.Time); m.Kind != Reset && ago >= -exactness && ago <= reach {
			return m, true
		}
	}
	return m, false
}

// Clean makes a text harmless that somebody else has written: what is not printable, such as controls, newlines and what changes the
// direction of text, becomes a space, and no two spaces follow each other.
func Clean(text string) string {
	printable := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(printable), " ")
}

// clip is at most limit bytes of a text, and whole runes.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	const more = "…"
	limit -= len(more)
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit] + more
}

// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// maxPatch bounds the body of PATCH config, in bytes.
const maxPatch = 4 << 10

func (m *Monitor) serveConfig(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, m.Settings())
}

// serveConfigure takes a JSON object with some of the changeable settings. All of it is put in force or nothing.
func (m *Monitor) serveConfigure(w http.ResponseWriter, r *http.Request) {
	patch, p := readPatch(w, r)
	if p != nil {
		problem.Write(w, *p)
		return
	}
	m.settings.changing.Lock()
	defer m.settings.changing.Unlock()
	before := m.settings.now.Load()
	next, faults := m.patched(*before, patch)
	if len(faults) > 0 {
		problem.Write(w, faults.problem())
		return
	}
	if err := m.apply(next); err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	m.snapshots.forget()
	attrs := []slog.Attr{slog.String("client.address", r.RemoteAddr)}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		attrs = append(attrs, slog.String(name, string(patch[name])))
	}
	m.audit(r.Context(), "otelperf configuration changed", attrs...)
	writeJSON(w, r, m.Settings())
}

// readPatch reads the body as an object of at most maxPatch bytes.
func readPatch(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, *problem.Problem) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "application/merge-patch+json" {
		return nil, &problem.Problem{Status: http.StatusUnsupportedMediaType, Field: "Content-Type",
			Detail: "Send the settings to be changed as a JSON object.", Accepted: "application/json, application/merge-patch+json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPatch))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &problem.Problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("A change has at most %d bytes.", maxPatch)}
	}
	var patch map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(body))
	if err == nil {
		err = d.Decode(&patch)
	}
	if err != nil || d.More() || len(patch) == 0 {
		p := problem.Invalid("body", "The body is no JSON object with settings in it.", `an object such as {"slow_threshold_ms": 300}`)
		return nil, &p
	}
	return patch, nil
}

// knob is a setting that can be changed: its range in words, and how it is set. set reports false for what is not accepted.
type knob struct {
	accepted string
	set      func(*live, json.RawMessage) bool
}

// knobs are what PATCH config accepts.
func knobs() map[string]knob {
	return map[string]knob{
		"request_log_rate": number64("0 to 1", 0, 1, func(l *live, x float64) { l.requestLog = x }),
		"log_level": {"debug, info, warn, error", func(l *live, raw json.RawMessage) bool {
			var text string
			return json.Unmarshal(raw, &text) == nil && slices.Contains([]string{"debug", "info", "warn", "error"}, text) &&
				l.level.UnmarshalText([]byte(text)) == nil
		}},
		"baseline_ratio":            number64("1.2 to 100", 1.2, 100, func(l *live, x float64) { l.baseline.Ratio = x }),
		"baseline_weight":           number64("0.1 to 0.999", 0.1, 0.999, func(l *live, x float64) { l.baseline.Weight = x }),
		"slow_threshold_ms":         number64("0.001 to 86400000", 0.001, 8.64e7, func(l *live, x float64) { l.slowThreshold = seconds(x / 1e3) }),
		"baseline_cooldown_seconds": number64("0.001 to 86400", 0.001, 86400, func(l *live, x float64) { l.baseline.Cooldown = seconds(x) }),
		"baseline_floor_ms":         number64("0.001 to 3600000", 0.001, 3.6e6, func(l *live, x float64) { l.baseline.Floor = seconds(x / 1e3) }),
		"baseline_grace_seconds":    number64("0.001 to 3600", 0.001, 3600, func(l *live, x float64) { l.baseline.Grace = seconds(x) }),
	}
}

func number64(accepted string, low, high float64, set func(*live, float64)) knob {
	return knob{accepted, func(l *live, raw json.RawMessage) bool {
		var x *float64
		if json.Unmarshal(raw, &x) != nil || x == nil || math.IsNaN(*x) || *x < low || *x > high {
			return false
		}
		set(l, *x)
		return true
	}}
}

// maxFaults bounds how many settings a refusal names.
const maxFaults = 10

// faults are the settings of a change that were refused, by name.
type faults map[string]string

// patched is l with the changes of patch, and what is wrong with them.
func (m *Monitor) patched(l live, patch map[string]json.RawMessage) (live, faults) {
	wrong, knobs := faults{}, knobs()
	for name, raw := range patch {
		k, known := knobs[name]
		switch {
		case !known:
			wrong[name] = "no setting that can be changed; those are " + strings.Join(slices.Sorted(maps.Keys(knobs)), ", ")
		case !k.set(&l, raw):
			wrong[name] = k.accepted
		}
	}
	if len(wrong) == 0 {
		if err := l.baseline.Validate(); err != nil {
			wrong["baseline"] = err.Error()
		}
	}
	return l, wrong
}

// problem names the fields that were refused, the first maxFaults of them.
func (f faults) problem() problem.Problem {
	names := slices.Sorted(maps.Keys(f))
	names = names[:min(len(names), maxFaults)]
	var accepted []string
	for _, name := range names {
		accepted = append(accepted, fmt.Sprintf("%.64s: %s", name, f[name]))
	}
	return problem.Problem{
		Status: http.StatusBadRequest, Field: strings.Join(names, ", "), Accepted: strings.Join(accepted, "; "),
		Detail: "Nothing was changed: " + strings.Join(accepted, "; ") + ".",
	}
}

// SPDX-License-Identifier: Apache-2.0

// Package statefile reads and writes the file by which one process leaves its baselines, which spikes are open, the budgets of its
// objectives, and acks and mutes to the next: a line of JSON that says what it is, then a line for each endpoint, each budget, what people
// said, and the marks. At most 128 MiB are read.
package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/engine"
	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/mutes"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const (
	format   = "otelperf-baselines"
	version  = 1
	maxBytes = 128 << 20
)

// Err is wrapped by what is reported of a state file that cannot be used.
var Err = errors.New("otelperf: state file")

// ErrNewer is reported of a file that a newer version of otelperf has written. It wraps Err.
var ErrNewer = fmt.Errorf("%w of a newer version", Err)

// Header is the first line, of at most 64 KiB. Write fills in Format, Version, Bytes and CRC32.
type Header struct {
	Format         string    `json:"format"`
	Version        int       `json:"version"`
	Service        string    `json:"service"`
	ServiceVersion string    `json:"service_version"`
	Instance       string    `json:"instance"`
	Writer         string    `json:"writer"` // of one process, whatever its instance is called
	Written        time.Time `json:"written"`
	Bytes          int       `json:"bytes"` // of what follows the first line
	CRC32          uint32    `json:"crc32"` // of the same, IEEE

	// Marks are in a line of their own behind those of the endpoints; files of earlier versions have none.
	Marks []marks.Mark `json:"-"`
}

// Content is what follows the first line.
type Content struct {
	Baselines  []engine.Baseline
	Objectives []engine.SavedObjective
	Book       *mutes.Saved // nil: neither acks nor mutes, as in files of earlier versions
}

// line is one endpoint's, one budget's, or that of the book: earlier versions take those for the line of an endpoint without a name.
type line struct {
	Kind   conventions.Kind `json:"kind"`
	Method string           `json:"method"`
	Route  string           `json:"route"`
	At     time.Time        `json:"at"`
	State  []byte           `json:"state"` // baseline.Detector.AppendState
	// SpikingSince is when the spike began that was open then; files of earlier versions have none.
	SpikingSince time.Time `json:"spiking_since,omitzero"`
	// Open is its part in a spike that was reported as open; files of earlier versions have none.
	Open *engine.OpenPart `json:"open,omitzero"`
	// Others are its parts that are not about latency, Failures and Traffic the states of those detectors; files of earlier versions have
	// none.
	Others   []engine.OpenPart `json:"others,omitzero"`
	Failures []byte            `json:"failures,omitzero"` // failures.Detector.AppendState
	Traffic  []byte            `json:"traffic,omitzero"`  // quiet.Detector.AppendState
	// Book is what people said; there is nothing else in its line.
	Book *mutes.Saved `json:"book,omitzero"`
	// Objective is a budget; there is nothing else in its line.
	Objective *engine.SavedObjective `json:"objective,omitzero"`
	// Marks make it a line of no endpoint.
	Marks []marks.Mark `json:"marks,omitempty"`
}

func parseHeader(first []byte) (h Header, err error) {
	if err := json.Unmarshal(first, &h); err != nil || h.Format != format || h.Version < 1 {
		return Header{}, fmt.Errorf("%w: it holds something else than baselines of otelperf", Err)
	}
	if h.Version > version {
		return h, fmt.Errorf("%w: version is %d, accepted is %d", ErrNewer, h.Version, version)
	}
	return h, nil
}

// Read reads a state file, whose header it returns even if the rest is damaged. One that does not exist or is empty is no error and
// holds nothing.
func Read(path string) (h Header, c Content, err error) {
	if h, err = Look(path); err != nil || h.Format == "" {
		return h, c, err
	}
	f, err := os.Open(path)
	if err != nil {
		return h, c, fmt.Errorf("%w: %w", Err, err)
	}
	defer func() { _ = f.Close() }() // was only read
	all, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return h, c, fmt.Errorf("%w: %w", Err, err)
	}
	return Decode(all)
}

// Decode reads the content of a state file.
func Decode(all []byte) (h Header, c Content, err error) {
	if len(all) > maxBytes {
		return h, c, fmt.Errorf("%w: more than %d bytes", Err, maxBytes)
	}
	head, body, _ := bytes.Cut(all, []byte("\n"))
	if h, err = parseHeader(head); err != nil {
		return h, c, err
	}
	if len(body) != h.Bytes || crc32.ChecksumIEEE(body) != h.CRC32 {
		return h, c, fmt.Errorf("%w: damaged: %d bytes, the first line says %d, or the checksum differs", Err, len(body), h.Bytes)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	for dec.More() {
		var l line
		if err := dec.Decode(&l); err != nil {
			return h, Content{}, fmt.Errorf("%w: damaged: %w", Err, err)
		}
		if l.Book != nil {
			c.Book = l.Book
			continue
		}
		if l.Objective != nil {
			c.Objectives = append(c.Objectives, *l.Objective)
			continue
		}
		if l.Marks != nil {
			h.Marks = l.Marks
			continue
		}
		c.Baselines = append(c.Baselines, engine.Baseline{
			Endpoint: conventions.Endpoint{Kind: l.Kind, Method: l.Method, Route: l.Route}, At: l.At, State: l.State, SpikingSince: l.SpikingSince, Open: l.Open,
			Others: l.Others, Failures: l.Failures, Traffic: l.Traffic,
		})
	}
	return h, c, nil
}

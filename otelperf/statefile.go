// SPDX-License-Identifier: Apache-2.0

package otelperf

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// The state file holds the baselines of a process so that the next one need not learn them anew: a line of JSON that
// says what it is, then a line for each endpoint. At most maxStateBytes are read.
const (
	stateFormat   = "otelperf-baselines"
	stateVersion  = 1
	maxStateBytes = 128 << 20
	maxStateAge   = 7 * 24 * time.Hour
)

// ErrStateFile is wrapped by what is reported of a state file that cannot be used. It is never fatal.
var ErrStateFile = errors.New("otelperf: state file")

type stateHeader struct {
	Format         string    `json:"format"`
	Version        int       `json:"version"`
	Service        string    `json:"service"`
	ServiceVersion string    `json:"service_version"`
	Instance       string    `json:"instance"`
	Writer         string    `json:"writer"` // of one process, whatever its instance is called
	Written        time.Time `json:"written"`
	Bytes          int       `json:"bytes"` // of what follows the first line
	CRC32          uint32    `json:"crc32"` // of the same, IEEE
}

// savedBaseline is one endpoint's line.
type savedBaseline struct {
	Kind   conventions.Kind `json:"kind"`
	Method string           `json:"method"`
	Route  string           `json:"route"`
	At     time.Time        `json:"at"`
	State  []byte           `json:"state"` // baseline.Detector.AppendState
}

func (s *savedBaseline) endpoint() conventions.Endpoint {
	return conventions.Endpoint{Kind: s.Kind, Method: s.Method, Route: s.Route}
}

// writeState replaces the file in one step: what a reader finds is whole, the old or the new.
func writeState(path string, h stateHeader, saved []savedBaseline) (err error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for i := range saved {
		if err := enc.Encode(&saved[i]); err != nil {
			return fmt.Errorf("%w: encoding: %w", ErrStateFile, err)
		}
	}
	h.Format, h.Version, h.Bytes, h.CRC32 = stateFormat, stateVersion, body.Len(), crc32.ChecksumIEEE(body.Bytes())
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("%w: encoding: %w", ErrStateFile, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStateFile, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // a leftover is all there is to lose
			err = fmt.Errorf("%w: %w", ErrStateFile, err)
		}
	}()
	_, werr := f.Write(append(append(head, '\n'), body.Bytes()...))
	if err = errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// readHeader reads the first line of a state file.
func readHeader(path string) (h stateHeader, err error) {
	f, err := os.Open(path)
	if err != nil {
		return h, err
	}
	defer func() { _ = f.Close() }() // was only read
	line, err := bufio.NewReader(io.LimitReader(f, 64<<10)).ReadBytes('\n')
	if err != nil {
		return h, fmt.Errorf("%w: %s: no first line", ErrStateFile, path)
	}
	return parseHeader(line)
}

func parseHeader(line []byte) (h stateHeader, err error) {
	if err := json.Unmarshal(line, &h); err != nil || h.Format != stateFormat {
		return h, fmt.Errorf("%w: not one of ours", ErrStateFile)
	}
	if h.Version != stateVersion {
		return h, fmt.Errorf("%w: version is %d, accepted is %d", ErrStateFile, h.Version, stateVersion)
	}
	return h, nil
}

// readState reads a state file. A file that does not exist is no error and holds nothing.
func readState(path string) (h stateHeader, saved []savedBaseline, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return h, nil, nil
	}
	if err != nil {
		return h, nil, fmt.Errorf("%w: %w", ErrStateFile, err)
	}
	defer func() { _ = f.Close() }() // was only read
	all, err := io.ReadAll(io.LimitReader(f, maxStateBytes+1))
	if err != nil {
		return h, nil, fmt.Errorf("%w: %w", ErrStateFile, err)
	}
	return parseState(all)
}

func parseState(all []byte) (h stateHeader, saved []savedBaseline, err error) {
	if len(all) > maxStateBytes {
		return h, nil, fmt.Errorf("%w: more than %d bytes", ErrStateFile, maxStateBytes)
	}
	head, body, _ := bytes.Cut(all, []byte("\n"))
	if h, err = parseHeader(head); err != nil {
		return h, nil, err
	}
	if len(body) != h.Bytes || crc32.ChecksumIEEE(body) != h.CRC32 {
		return h, nil, fmt.Errorf("%w: damaged: %d bytes, the first line says %d, or the checksum differs", ErrStateFile, len(body), h.Bytes)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	for dec.More() {
		var s savedBaseline
		if err := dec.Decode(&s); err != nil {
			return h, nil, fmt.Errorf("%w: damaged: %w", ErrStateFile, err)
		}
		saved = append(saved, s)
	}
	return h, saved, nil
}

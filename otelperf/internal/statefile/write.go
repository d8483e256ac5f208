// SPDX-License-Identifier: Apache-2.0

package statefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// What is being written has a name of this form, beside the file.
const (
	temporary    = ".otelperf-state-"
	temporaryEnd = ".tmp"
	leftoverAge  = time.Hour // after which nobody writes it any more
)

// Write replaces the file in one step: what a reader finds is whole, the old or the new. A symbolic link stays, and what it leads to is
// replaced; the permissions of a file that is there stay. Whether it may be replaced, Look says.
func Write(path string, h Header, c Content) error {
	content, err := Encode(h, c)
	if err == nil {
		err = replace(path, content)
	}
	if err != nil {
		return fmt.Errorf("%w: writing: %w", Err, err)
	}
	return nil
}

// Encode is the content of a state file.
func Encode(h Header, c Content) ([]byte, error) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	for _, b := range c.Baselines {
		l := line{
			Kind: b.Endpoint.Kind, Method: b.Endpoint.Method, Route: b.Endpoint.Route, At: b.At, State: b.State, SpikingSince: b.SpikingSince, Open: b.Open,
			Others: b.Others, Failures: b.Failures, Traffic: b.Traffic,
		}
		err := enc.Encode(l)
		if err != nil && (l.Open != nil || l.Others != nil) { // a number that JSON has none for: the baseline matters more
			l.Open, l.Others = nil, nil
			err = enc.Encode(l)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(h.Marks) > 0 {
		if err := enc.Encode(line{Marks: h.Marks}); err != nil {
			return nil, err
		}
	}
	if c.Book != nil {
		if err := enc.Encode(line{Book: c.Book}); err != nil {
			return nil, err
		}
	}
	for i := range c.Objectives {
		if err := enc.Encode(line{Objective: &c.Objectives[i]}); err != nil {
			return nil, err
		}
	}
	h.Service, h.ServiceVersion, h.Instance = conventions.Clip(h.Service), conventions.Clip(h.ServiceVersion), conventions.Clip(h.Instance)
	h.Format, h.Version, h.Bytes, h.CRC32 = format, version, body.Len(), crc32.ChecksumIEEE(body.Bytes())
	head, err := json.Marshal(h)
	return append(append(head, '\n'), body.Bytes()...), err
}

func replace(path string, content []byte) (err error) {
	at, err := target(path)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(at), temporary+"*"+temporaryEnd)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // a leftover is all there is to lose
		}
	}()
	if info, err := os.Stat(at); err == nil {
		_ = f.Chmod(info.Mode().Perm()) // else it is readable by us alone
	}
	_, werr := f.Write(content)
	if err = errors.Join(werr, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), at)
}

// Sweep removes what processes that were killed while they wrote have left beside the file: regular files of our temporary names that
// are an hour old or older.
func Sweep(path string, now time.Time) error {
	at, err := target(path)
	if err != nil {
		return fmt.Errorf("%w: %w", Err, err)
	}
	dir, err := os.Open(filepath.Dir(at))
	if err != nil {
		return fmt.Errorf("%w: %w", Err, err)
	}
	defer func() { _ = dir.Close() }() // was only read
	var errs []error
	for {
		entries, err := dir.ReadDir(256)
		for _, e := range entries {
			if leftover(e, now) {
				errs = append(errs, os.Remove(filepath.Join(filepath.Dir(at), e.Name())))
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				errs = append(errs, err)
			}
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: removing what is left of earlier processes: %w", Err, err)
	}
	return nil
}

func leftover(e os.DirEntry, now time.Time) bool {
	if !strings.HasPrefix(e.Name(), temporary) || !strings.HasSuffix(e.Name(), temporaryEnd) || !e.Type().IsRegular() {
		return false
	}
	info, err := e.Info()
	return err == nil && now.Sub(info.ModTime()) >= leftoverAge
}

// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/internal/layers"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// Endpoints are stored in parts, so that a chart of one does not need all. After them come the signals.
const (
	rowParts    = 8
	signalsPart = rowParts
)

// partOf is where an endpoint is.
func partOf(e conventions.Endpoint) int {
	return int(crc32.ChecksumIEEE(append([]byte{byte(e.Kind), byte(len(e.Method))}, e.Method+e.Route...)) % rowParts)
}

// part is one of a minute.
type part struct {
	number int
	data   []byte
}

// Append stores a batch in one transaction, of four statements as a rule. A batch whose Origin is the same as that of one of the same
// minute takes its place, or is taken for the same if the hour has been merged since. Afterwards, when an hour is over, Append merges it
// and deletes what has been stored for long enough, unless another instance does; if that fails, Append does not: see Trouble. While the file of a SQLite database is not where it was, Append refuses
// to write.
func (s *Store) Append(ctx context.Context, b *history.Batch) error {
	if err := b.Validate(); err != nil {
		return err
	}
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	parts := s.parts(b)
	events, err := s.eventsOf(b)
	if err != nil {
		return err
	}
	old := false
	put := func(t *session) error {
		if err := s.checkFile(t); err != nil {
			return err
		}
		v, err := s.version(t)
		if old = v < len(migrations); err != nil || old {
			return err
		}
		if err := s.putParts(t, b, parts); err != nil {
			return err
		}
		return s.putEvents(t, events)
	}
	err = s.write(ctx, put)
	if err == nil && old {
		if err = s.migrate(ctx); err == nil {
			err = s.write(ctx, put)
		}
	}
	if err == nil {
		s.keepUp(ctx, b.Time.Unix())
	}
	return err
}

// parts writes the rows and signals of a batch, and with these when it was observed.
func (s *Store) parts(b *history.Batch) (parts []part) {
	if s.writer == nil {
		s.writer = layers.NewWriter()
	}
	var rows [rowParts][]history.Row
	for _, r := range b.Rows {
		p := partOf(r.Endpoint)
		rows[p] = append(rows[p], r)
	}
	for i, these := range rows {
		if len(these) > 0 {
			parts = append(parts, part{i, s.writer.Minute(these)})
		}
	}
	if data := layers.MinuteSignals(b, s.instance); len(data) > 0 {
		parts = append(parts, part{signalsPart, data})
	}
	return parts
}

// putParts stores the parts of a minute in the place of those of the same origin.
func (s *Store) putParts(t *session, b *history.Batch, parts []part) error {
	origin, began := []byte(b.Origin), b.Time.Unix()
	if len(origin) == 0 {
		origin = []byte("\x00" + rand.Text())
	}
	var attempts, sealed int
	err := t.query(`INSERT INTO otelperf_batches AS b (service, began, origin, instance, attempts, sealed) VALUES ($1, $2, $3, $4, 1, 0)
		ON CONFLICT (service, began, origin) DO UPDATE SET attempts = b.attempts + 1 RETURNING attempts, sealed`,
		func(r *sql.Rows) error { return r.Scan(&attempts, &sealed) }, s.service, began, origin, s.instance)
	if err != nil || sealed != 0 {
		return err
	}
	if attempts > 1 {
		_, err := t.exec("DELETE FROM otelperf_recent WHERE service = $1 AND began = $2 AND origin = $3", s.service, began, origin)
		if err != nil {
			return err
		}
	}
	var recent []minute
	for _, p := range parts {
		recent = append(recent, minute{began: began, part: p.number, origin: origin, data: p.data})
	}
	return s.putRecent(t, recent, 0)
}

// minute is a part of one, as it is stored.
type minute struct {
	began  int64
	part   int
	origin []byte
	data   []byte
}

// atOnce bounds the rows that a statement is about.
const atOnce = 500

func (s *Store) putRecent(t *session, all []minute, aside int) error {
	return inserts(all, atOnce, func(these []minute) error {
		args := make([]any, 0, 6*len(these))
		for _, m := range these {
			args = append(args, s.service, m.began, m.part, m.origin, aside, m.data)
		}
		_, err := t.exec("INSERT INTO otelperf_recent (service, began, part, origin, aside, data) VALUES "+places(len(these), 6), args...)
		return err
	})
}

// inserts calls f with at most n of all at a time.
func inserts[T any](all []T, n int, f func([]T) error) error {
	for len(all) > 0 {
		these := all[:min(n, len(all))]
		if err := f(these); err != nil {
			return err
		}
		all = all[len(these):]
	}
	return nil
}

// places is the parameters of so many rows: ($1, $2), ($3, $4).
func places(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i%columns > 0:
			b.WriteString(", ")
		case i > 0:
			b.WriteString("), (")
		default:
			b.WriteString("(")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

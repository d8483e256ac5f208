// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// filled is a file with two hours and a bit.
func filled(t *testing.T) (file string, shop *historytest.Shop) {
	t.Helper()
	file, shop = path(t), historytest.NewShop(5, 2)
	s := open(t, file)
	for i := range 130 {
		historytest.Put(t, s, shop.Minute(start.Add(time.Duration(i)*time.Minute)))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return file, shop
}

// requestsIn is how many requests a store has, and what could not be read.
func requestsIn(s *Store) (n uint64, err error) {
	rows, err := history.Total(s.Range(context.Background(), history.Query{From: start.Add(-time.Hour), To: start.Add(100 * time.Hour), Step: history.Hour}))
	for i := range rows {
		n += rows[i].Outcomes.Total()
	}
	return n, err
}

func quiet(to *bytes.Buffer) Option { return WithLogger(slog.New(slog.NewTextHandler(to, nil))) }

// A file that another has is left alone, and taken as soon as it is free.
func TestLockedFile(t *testing.T) {
	file, shop := filled(t)
	other, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, file)
	b := shop.Minute(start.Add(200 * time.Minute))
	if err := s.Append(t.Context(), b); err == nil || !strings.Contains(s.Trouble(), "another process") {
		t.Errorf("error %v, trouble %q", err, s.Trouble())
	}
	if _, err := requestsIn(s); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("reading: %v", err)
	}
	if err := s.Append(t.Context(), b); !errors.Is(err, history.ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	historytest.Put(t, s, b)
	if s.Trouble() != "" {
		t.Errorf("trouble %q after the file was free", s.Trouble())
	}
}

// change opens a file with bbolt and changes it.
func change(t *testing.T, file string, f func(*bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestNewerAndOtherFilesAreLeftAlone(t *testing.T) {
	newer, _ := filled(t)
	change(t, newer, func(tx *bbolt.Tx) error {
		return tx.Bucket(aboutBucket).Put(formatKey, []byte(`{"format":"otelperf-history","version":2}`))
	})
	other := path(t)
	change(t, other, func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("orders"))
		return err
	})
	text := path(t)
	if err := os.WriteFile(text, bytes.Repeat([]byte("listen: :8080\n"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := path(t)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{newer: "newer version", other: "something else", text: "something else", folder: "no regular file", filepath.Join(text, "x"): "not a directory"} {
		before, _ := os.ReadFile(file)
		s := open(t, file)
		err := s.Append(t.Context(), historytest.NewShop(1, 1).Minute(start))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(s.Trouble(), want) {
			t.Errorf("%s: error %v, trouble %q; want %q", file, err, s.Trouble(), want)
		}
		if errors.Is(err, history.ErrNewer) != (file == newer) || errors.Is(err, history.ErrDamaged) {
			t.Errorf("%s: error %v", file, err)
		}
		if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", file)
		}
		if all, _ := filepath.Glob(filepath.Dir(file) + "/*"); len(all) != 1 && want != "not a directory" {
			t.Errorf("beside %s there are %v", file, all)
		}
	}
}

// Whatever a file is damaged by, the store goes on with it or with a new one, and the old one stays under another name.
func TestDamagedFiles(t *testing.T) {
	file, shop := filled(t)
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pageSize := os.Getpagesize()
	damages := map[string]func([]byte) []byte{
		"cut in the middle": func(b []byte) []byte { return b[:len(b)/2] },
		"cut to a page":     func(b []byte) []byte { return b[:pageSize] },
		"zeros from a page": func(b []byte) []byte { clear(b[2*pageSize:]); return b },
		"both metas":        func(b []byte) []byte { b[20], b[pageSize+20] = 77, 77; return b },
	}
	for i := range 100 {
		damages[fmt.Sprint("noise ", i)] = func(b []byte) []byte {
			r := rand.New(rand.NewPCG(5, uint64(i))) // of its own, so that it is the same in each order
			at := pageSize*2 + r.IntN(len(b)-pageSize*2-64)
			if i%3 == 0 { // the header of a page
				at = at / pageSize * pageSize
			}
			for j := range 1 + r.IntN(32) {
				b[at+j] ^= byte(1 << r.IntN(8))
			}
			return b
		}
	}
	aside, skipped := 0, 0
	damages["all zeros"] = func(b []byte) []byte { clear(b); return b }
	damages["zeros, and few"] = func(b []byte) []byte { return make([]byte, 100) }
	damages["zeros at the head"] = func(b []byte) []byte { clear(b[:max(8<<10, 2*pageSize)]); return b }
	for _, name := range slices.Sorted(maps.Keys(damages)) { // the noise is by their order
		file := path(t)
		damaged := damages[name](bytes.Clone(sound))
		if err := os.WriteFile(file, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s := open(t, file, quiet(&log))
		for _, i := range []int{130, 170} { // over the hour, which is put into layers
			if err := s.Append(t.Context(), shop.Minute(start.Add(time.Duration(i)*time.Minute))); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}

		n, err := requestsIn(s)
		if n == 0 || err != nil && !errors.Is(err, history.ErrDamaged) {
			t.Errorf("%s: %d requests, %v", name, n, err)
		}
		if err != nil {
			skipped++
		}
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.SetAside == "" {
			continue
		}
		aside++
		if kept, err := os.ReadFile(st.SetAside); err != nil || st.Skipped == 0 && len(kept) < len(damaged) {
			t.Errorf("%s: set aside as %s, %d bytes of %d, %v", name, st.SetAside, len(kept), len(damaged), err)
		}
		if !strings.Contains(s.Trouble(), st.SetAside) || !strings.Contains(log.String(), st.SetAside) {
			t.Errorf("%s: trouble %q, log %q", name, s.Trouble(), &log)
		}
	}
	t.Logf("of %d damaged files %d were set aside, and of %d parts could not be read", len(damages), aside, skipped)
	if aside < 7 {
		t.Errorf("only %d files were set aside", aside)
	}
}

// A file that is cut while it is open must not take the process along.
func TestFileCutWhileOpen(t *testing.T) {
	file, shop := filled(t)
	var log bytes.Buffer
	s := open(t, file, quiet(&log))
	if err := os.Truncate(file, int64(3*os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	if n, err := requestsIn(s); err == nil {
		t.Errorf("read %d requests of a file that was cut", n)
	}
	for i := range 3 {
		if err := s.Append(t.Context(), shop.Minute(start.Add(time.Duration(200+i)*time.Minute))); err != nil && !errors.Is(err, history.ErrDamaged) {
			t.Errorf("appending: %v", err)
		}
	}
	if n, err := requestsIn(s); n == 0 || err != nil {
		t.Errorf("%d requests, %v; want those since in a new file (trouble: %s)", n, err, s.Trouble())
	}
}

func TestAfterClose(t *testing.T) {
	s := open(t, path(t))
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if err := s.Append(t.Context(), historytest.NewShop(1, 1).Minute(start)); !errors.Is(err, history.ErrClosed) {
		t.Errorf("Append: %v", err)
	}
	if _, err := requestsIn(s); !errors.Is(err, history.ErrClosed) {
		t.Errorf("Range: %v", err)
	}
}

// A file that is deleted, or moved away, while it is open: a new one takes its place, which is said.
func TestFileGone(t *testing.T) {
	for name, away := range map[string]func(file string) error{
		"deleted": os.Remove,
		"moved":   func(file string) error { return os.Rename(file, file+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			file, shop := filled(t)
			var log bytes.Buffer
			s := open(t, file, quiet(&log))
			historytest.Put(t, s, shop.Minute(start.Add(200*time.Minute)))
			if err := away(file); err != nil {
				t.Skip(err) // of a system that has it locked
			}
			if n, err := requestsIn(s); n == 0 || err != nil {
				t.Errorf("%d requests, %v, before the next batch", n, err)
			}
			b := shop.Minute(start.Add(201 * time.Minute))
			historytest.Put(t, s, b)
			if !strings.Contains(s.Trouble(), "deleted or moved away") || !strings.Contains(log.String(), "deleted or moved away") {
				t.Errorf("trouble %q, log %q", s.Trouble(), &log)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			c, err := OpenCopy(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:errcheck // of a copy
			same := historytest.Read(t, c, history.Query{From: start, To: start.Add(10 * time.Hour)})
			if len(same) != 1 || !same[0].Time.Equal(b.Time) {
				t.Errorf("%d batches are in the new file, want that of %v", len(same), b.Time)
			}
		})
	}
}

// Another file in the place of the one that is open is left alone, until it is gone.
func TestFileReplaced(t *testing.T) {
	file, shop := filled(t)
	another, _ := filled(t)
	var log bytes.Buffer
	s := open(t, file, quiet(&log))
	before, err := os.ReadFile(another)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(another, file); err != nil {
		t.Skip(err) // of a system that has it locked
	}
	const want = "is not the file any more that was opened"
	b := shop.Minute(start.Add(200 * time.Minute))
	if err := s.Append(t.Context(), b); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(s.Trouble(), want) {
		t.Errorf("error %v, trouble %q", err, s.Trouble())
	}
	if n, err := requestsIn(s); n == 0 || err != nil {
		t.Errorf("%d requests of the file that is open, %v", n, err)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the other file was changed")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	historytest.Put(t, s, b)
	if strings.Contains(s.Trouble(), want) {
		t.Errorf("trouble %q", s.Trouble())
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// Where no new file can be made, what was stored can still be read, and the batch is stored as soon as one can.
func TestDirectoryGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, shop := open(t, filepath.Join(dir, "shop.db"), quiet(&log)), historytest.NewShop(1, 1)
	historytest.Put(t, s, shop.Minute(start))
	if err := os.RemoveAll(dir); err != nil {
		t.Skip(err) // of a system that has it locked
	}
	b := shop.Minute(start.Add(time.Minute))
	for range 2 {
		if err := s.Append(t.Context(), b); err == nil || !strings.Contains(err.Error(), "deleted or moved away") || s.Trouble() == "" {
			t.Errorf("error %v, trouble %q", err, s.Trouble())
		}
		if n, err := requestsIn(s); n == 0 || err != nil {
			t.Errorf("%d requests, %v", n, err)
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	historytest.Put(t, s, b)
	if !strings.Contains(s.Trouble(), "deleted or moved away") {
		t.Errorf("trouble %q", s.Trouble())
	}
}

// Of parts whose bits have changed health says how many there are, and of which time, and so does the error of what reads them.
func TestDamagedParts(t *testing.T) {
	file, _ := filled(t)
	hour := start.Truncate(time.Hour).Add(time.Hour)
	change(t, file, func(tx *bbolt.Tx) error {
		value := bytes.Clone(tx.Bucket(hoursBucket).Get(key32(hour.Unix() / 3600)))
		value[len(value)/2] ^= 1
		return tx.Bucket(hoursBucket).Put(key32(hour.Unix()/3600), value)
	})
	for name, read := range map[string]func(*Store) error{
		"Range": func(s *Store) error { _, err := requestsIn(s); return err },
		"Sum": func(s *Store) error {
			_, err := s.Sum(t.Context(), history.Query{From: start.Add(-time.Hour), To: start.Add(9 * time.Hour), Step: history.Hour})
			return err
		},
	} {
		s := open(t, file)
		if s.Trouble() != "" {
			t.Errorf("%s: trouble %q before it was read", name, s.Trouble())
		}
		for range 2 {
			if err := read(s); !errors.Is(err, history.ErrDamaged) || !strings.Contains(err.Error(), "2026-03-05 11:00 to 12:00 UTC") {
				t.Errorf("%s: %v", name, err)
			}
		}
		const want = "1, of the time from 2026-03-05 11:00 to 2026-03-05 12:00 UTC"
		if !strings.Contains(s.Trouble(), want) {
			t.Errorf("%s: trouble %q, want %q", name, s.Trouble(), want)
		}
		st, err := s.Stats(t.Context())
		if err != nil || st.Damaged != 1 || !st.DamagedFrom.Equal(hour) || !st.DamagedTo.Equal(hour.Add(time.Hour)) {
			t.Errorf("%s: %+v, %v", name, st, err)
		}
		if info, err := os.Stat(file); err != nil || st.FileBytes != info.Size() {
			t.Errorf("%s: the file has %d bytes, said are %d, %v", name, info.Size(), st.FileBytes, err)
		}
		_ = s.Close()
	}
}

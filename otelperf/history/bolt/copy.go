// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
)

var (
	errCopy    = errors.New("otelperf: history: a copy is only read")
	errChanges = errors.New("it was written while it was copied")
)

// copyTries is how often a file is copied that is written meanwhile. A service writes it once a minute.
const copyTries = 5

// OpenCopy returns what a file has stored by now, for reading alone, also while a service has the file open, which does not notice: what is
// read is a copy of the file, in a directory of its own below os.TempDir, as large as the file, which Close deletes. Unlike Open it makes no
// file, sets none aside, and its error says what is wrong: it wraps fs.ErrNotExist where there is no file, history.ErrDamaged or
// history.ErrNewer, or the error of ctx.
func OpenCopy(ctx context.Context, path string) (*Store, error) {
	dir, err := os.MkdirTemp("", "otelperf-history-")
	if err != nil {
		return nil, fmt.Errorf("otelperf: history: %w", err)
	}
	s := &Store{path: filepath.Join(dir, "copy.db"), name: path, copied: true, maxBytes: defaultMaxBytes, logger: slog.New(slog.DiscardHandler)}
	if err = copyFile(ctx, path, s.path); err == nil {
		s.mu.Lock()
		err = s.tryLocked()
		s.mu.Unlock()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// copyFile copies a file as it is between two transactions. Each writes pages that were free, and then which one it was: where that is the
// same before and after, all pages that were in use then are as they were.
func copyFile(ctx context.Context, from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("otelperf: history: %w", err)
	}
	defer func() { _ = f.Close() }() // was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("otelperf: history: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("otelperf: history: %s is no regular file (%v)", from, info.Mode())
	case info.Size() == 0:
		return fmt.Errorf("otelperf: history: %s is empty: nothing was stored in it yet", from)
	}
	for range copyTries {
		if err = copyOnce(ctx, f, to); !errors.Is(err, errChanges) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("otelperf: history: copying %s: %w", from, err)
	}
	return nil
}

func copyOnce(ctx context.Context, f *os.File, to string) (err error) {
	before, err := lastWritten(f)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, ctxReader{ctx, io.NewSectionReader(f, 0, info.Size())}); err != nil {
		return err
	}
	after, err := lastWritten(f)
	if err == nil && after != before {
		err = errChanges
	}
	return err
}

// lastWritten is the transaction that was written last; 0 if there is none that is sound, which is said when the copy is opened.
func lastWritten(f *os.File) (uint64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	w := walk{file: f}
	_, _, _ = w.meta(info.Size())
	return w.tx, nil
}

// ctxReader reads until a context ends.
type ctxReader struct {
	ctx context.Context
	io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

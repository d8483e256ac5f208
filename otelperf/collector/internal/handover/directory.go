// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// extension is that of the files of a directory, and temporary the end of those that are being written.
	extension, temporary = ".otelperf", ".tmp"
	// keptFor is how long a file stays that nobody writes: what it has is too old to be taken over then.
	keptFor = 8 * 24 * time.Hour
	// maxFile is how much of a file is read.
	maxFile = 128 << 20
)

// directory keeps each value in a file, which is replaced as a whole. Several processes may have it, over a network as well.
type directory struct{ path string }

// OpenDirectory returns a Store in a directory that is there, and removes what nobody has written for eight days.
func OpenDirectory(path string) (Store, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory", path)
	}
	d := &directory{path}
	return d, errors.Join(d.sweep(time.Now()), d.writable())
}

// writable reports at the start what would fail later.
func (d *directory) writable() error {
	f, err := os.CreateTemp(d.path, "*"+extension+temporary)
	if err != nil {
		if of, ok := errors.AsType[*fs.PathError](err); ok {
			err = of.Err // the name was made up
		}
		return fmt.Errorf("%s cannot be written to: %w", d.path, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (d *directory) sweep(now time.Time) error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, old := e.Name(), keptFor
		if strings.HasSuffix(name, extension+temporary) {
			old = time.Hour
		} else if !strings.HasSuffix(name, extension) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && now.Sub(info.ModTime()) > old {
			_ = os.Remove(filepath.Join(d.path, name)) // another one may have
		}
	}
	return nil
}

func (d *directory) Get(_ context.Context, key string) ([]byte, error) {
	f, err := os.Open(filepath.Join(d.path, key+extension))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // was only read
	return io.ReadAll(io.LimitReader(f, maxFile))
}

func (d *directory) Set(_ context.Context, key string, value []byte) error {
	f, err := os.CreateTemp(d.path, "*"+extension+temporary)
	if err != nil {
		return err
	}
	_, err = f.Write(value)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.path, key+extension))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func (*directory) Close(context.Context) error { return nil }

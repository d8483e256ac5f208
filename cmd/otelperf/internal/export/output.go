// SPDX-License-Identifier: Apache-2.0

package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/otelperf/otelperf-go/otelperf/history/bolt"
)

// ErrOutput is wrapped where a file may not be written, because of what is there.
var ErrOutput = errors.New("not written")

// refusal is an ErrOutput in words of its own.
type refusal string

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrOutput }

// MayWrite returns an error that wraps ErrOutput where a file is there that may not be replaced: without force any, and with it the one that
// is read, whatever its name, any other history, and what is no regular file. Anything may be written to "-".
func MayWrite(path, input string, force bool) error {
	if path == "-" {
		return nil
	}
	refuse := func(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }
	if path == "" {
		return refuse("-o is empty: give a file, or - for standard output")
	}
	if info, err := os.Stat(path); err == nil {
		switch in, err := os.Stat(input); {
		case err == nil && os.SameFile(info, in):
			return refuse("-o %s is the history that is read, which is never replaced: give -o another name", path)
		case info.IsDir():
			return refuse("-o %s is a directory: give a file in it", path)
		case !info.Mode().IsRegular():
			return refuse("-o %s is no regular file (%v): give a file, or - for standard output", path, info.Mode())
		case bolt.IsHistory(path) || isSQLite(path):
			return refuse("-o %s is a history or another database, which is never replaced: give -o another name", path)
		}
	}
	if _, err := os.Lstat(path); err == nil && !force {
		return refuse("%s exists; --force replaces it", path)
	}
	return nil
}

// isSQLite reports whether a file is a database of SQLite, which a history can be in.
func isSQLite(path string) bool {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // was only read
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic
}

// toFile has a file written, which appears under its name only once all of it is there. input is the file that is read, if it is one.
func toFile(path, input string, force bool, write func(io.Writer) error) (err error) {
	if err := MayWrite(path, input, force); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return named(err, path)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := MayWrite(path, input, force); err != nil { // it was made meanwhile
		return err
	}
	return named(os.Rename(f.Name(), path), path)
}

// named is an error of a file that has another name for the time being, with the one that was given.
func named(err error, path string) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("-o %s: %w", path, at.Err)
	}
	if at, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("-o %s: %w", path, at.Err)
	}
	return err
}

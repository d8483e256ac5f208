// SPDX-License-Identifier: Apache-2.0

// Package outfile writes the files that a user names with -o, and replaces nothing that may not be had again: no history, no database and no
// state file, whatever it is called.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrRefused is wrapped where a file may not be written, because of what is there.
var ErrRefused = errors.New("not written")

// refusal is an ErrRefused in words of its own.
type refusal string

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrRefused }

// MayWrite returns an error that wraps ErrRefused where a file is there that may not be replaced: without force any, and with it input, which
// is what is read, whatever its name, any other that is precious, and what is no regular file. Anything may be written to "-".
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
		}
		if what := precious(path); what != "" {
			return refuse("-o %s is %s, which is never replaced: give -o another name", path, what)
		}
	}
	if _, err := os.Lstat(path); err == nil && !force {
		return refuse("%s exists; --force replaces it", path)
	}
	return nil
}

// Write has a file written, which appears under its name, readable by its owner alone, only once all of it is there. input is the file that is
// read, "" if none is.
func Write(path, input string, force bool, write func(io.Writer) error) (err error) {
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

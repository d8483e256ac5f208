// SPDX-License-Identifier: Apache-2.0

package statefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	maxHeader = 64 << 10 // bytes of the first line
	maxLinks  = 40       // symbolic links that are followed
)

// Look returns the header of what is at path, the zero Header for no file or an empty one. The error is ErrNewer for a file of a newer
// version, whose header is returned still, and another that wraps Err for all that must not be replaced: what is no regular file, holds
// something else, or cannot be read. It opens nothing but regular files, so that it does not wait for a named pipe.
func Look(path string) (h Header, err error) {
	at, err := target(path)
	if err != nil {
		return h, fmt.Errorf("%w: %w", Err, err)
	}
	info, err := os.Stat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return h, nil
	case err != nil:
		return h, fmt.Errorf("%w: %w", Err, err)
	case !info.Mode().IsRegular():
		return h, fmt.Errorf("%w: %s is no regular file (%v)", Err, at, info.Mode())
	}
	f, err := os.Open(at)
	if err != nil {
		return h, fmt.Errorf("%w: %w", Err, err)
	}
	defer func() { _ = f.Close() }() // was only read
	first, err := bufio.NewReader(io.LimitReader(f, maxHeader)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return h, fmt.Errorf("%w: %w", Err, err)
	}
	if len(first) == 0 { // files of /proc say that they are empty, and are not
		return h, nil
	}
	return parseHeader(first)
}

// target is where the symbolic links at path end, which need not exist; the directory it is in does.
func target(path string) (string, error) {
	for range maxLinks {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return path, err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return "", fmt.Errorf("%s: more than %d symbolic links", path, maxLinks)
}

// SPDX-License-Identifier: Apache-2.0

package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrExists is wrapped where a file is there that may not be replaced.
var ErrExists = errors.New("exists; --force replaces it")

// toFile has a file written, which appears under its name only once all of it is there.
func toFile(path string, force bool, write func(io.Writer) error) (err error) {
	if !force {
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s %w", path, ErrExists)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
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
	if !force {
		if _, err := os.Lstat(path); err == nil { // it was made meanwhile
			return fmt.Errorf("%s %w", path, ErrExists)
		}
	}
	return os.Rename(f.Name(), path)
}

// SPDX-License-Identifier: Apache-2.0

package chronicles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/collector/internal/fleet"
	"github.com/otelperf/otelperf-go/otelperf/collector/internal/handover"
)

// extension is that of the files. Damaged ones that were set aside have another one, and stay.
const extension = ".history.db"

// unused is after how long a file that nobody writes makes room for another one.
const unused = 24 * time.Hour

// Check reports whether a directory is there, and can be written to.
func Check(directory string) error {
	info, err := os.Stat(directory)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no directory", directory)
	}
	f, err := os.CreateTemp(directory, "*"+extension+".tmp")
	if err != nil {
		if of, ok := errors.AsType[*fs.PathError](err); ok {
			err = of.Err // the name was made up
		}
		return fmt.Errorf("%s cannot be written to: %w", directory, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// pathOf is the file of a service.
func (b *Book) pathOf(n fleet.Name) string {
	key := handover.Key(b.Prefix, n)
	if n == fleet.Other {
		key += "-rest"
	}
	return filepath.Join(b.Directory, key+extension)
}

// file is one that there is.
type file struct {
	path    string
	written time.Time
}

// files are those of the connector, the one that was written longest ago first.
func (b *Book) files() (all []file, err error) {
	entries, err := os.ReadDir(b.Directory)
	if err != nil {
		return nil, err
	}
	prefix := handover.Prefix(b.Prefix)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) || !strings.HasSuffix(e.Name(), extension) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, file{filepath.Join(b.Directory, e.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(x, y file) int { return x.written.Compare(y.written) })
	return all, nil
}

// sweep removes what has nothing any more that is to be stored.
func (b *Book) sweep() {
	all, _ := b.files() // said by whatever is done next
	for _, f := range all {
		if time.Since(f.written) > b.Keep {
			_ = os.Remove(f.path) // another one may have
		}
	}
}

// errFull says that there are as many histories as may be.
var errFull = errors.New("there are as many histories as history::max_services says, and all of them were written within a day")

// makeRoom has there be room for a file, unless it is there.
func (b *Book) makeRoom(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	all, err := b.files()
	if err != nil {
		return err
	}
	for ; len(all) >= b.MaxServices; all = all[1:] {
		if time.Since(all[0].written) < unused || b.has(all[0].path) {
			return errFull
		}
		if err := os.Remove(all[0].path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		b.Logger.Info("the history of a service that nothing was written to for the longest time has made room: " + filepath.Base(all[0].path))
	}
	return nil
}

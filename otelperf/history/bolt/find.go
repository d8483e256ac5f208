// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/otelperf/otelperf-go/otelperf/history"
)

// findLocked looks whether the path still names the file that is open: what is written to one that was deleted is lost. If there is none, a
// new one takes its place, until when the old one stays open; another one is left alone.
func (s *Store) findLocked() error {
	own, err := s.file.Stat()
	if err != nil {
		return s.failed(fmt.Errorf("otelperf: history: %w", err))
	}
	there, err := os.Stat(s.path)
	switch {
	case err == nil && os.SameFile(own, there):
		return s.failed(nil)
	case err == nil:
		return s.failed(fmt.Errorf("otelperf: history: %s is not the file any more that was opened, and nothing is written to either: "+
			"move it away, or start the service again, which opens it", s.name))
	case !errors.Is(err, fs.ErrNotExist):
		return s.failed(fmt.Errorf("otelperf: history: %w", err))
	}
	db, file, faulted := s.db, s.file, s.faulted.Load()
	s.renewing = &history.Renewal{At: time.Now().UTC(), Why: "its file was deleted or moved away"}
	if err := s.openLocked(); err != nil {
		return fmt.Errorf("otelperf: history: the file was deleted or moved away, and no new one can be begun: %w", err)
	}
	_ = letGo(db, file, faulted) // nobody can open it by its name
	s.gone.Store(new(time.Now().UTC()))
	s.logger.Error("otelperf: the history's file was deleted or moved away: a new one begins", "file", s.path)
	return nil
}

// failed has Trouble say why the file cannot be written.
func (s *Store) failed(err error) error {
	var failure *string
	if err != nil {
		failure = new(err.Error())
	}
	s.failure.Store(failure)
	return err
}

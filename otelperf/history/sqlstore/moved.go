// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// databaseFile is the file of a SQLite database, as it was when it was written to first.
type databaseFile struct {
	mu     sync.Mutex // guards all below
	known  bool       // what follows was asked for
	path   string     // "" where there is none, as in memory, or it cannot be told which it is
	info   os.FileInfo
	logged bool // that it is not where it was
}

// checkFile looks whether the path of a SQLite database still names the file that was written to first: what is written to one that was deleted,
// or moved away, is not there for whoever opens it. It is called within a transaction that writes, so that there is a file.
func (s *Store) checkFile(t *session) error {
	if t.dialect != SQLite {
		return nil
	}
	f := &s.file
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known {
		path, err := mainFile(t)
		if err != nil {
			return t.ctx.Err() // of a driver that does not say it nothing is known
		}
		f.known = true
		if info, err := os.Stat(path); path != "" && err == nil {
			f.path, f.info = path, info
		}
	}
	if f.path == "" {
		return nil
	}
	now, err := os.Stat(f.path)
	var moved string
	switch {
	case err == nil && os.SameFile(f.info, now):
		if f.logged {
			f.logged = false
			s.logger.Info("otelperf: the history's file is where it was again", "file", f.path)
		}
		return nil
	case err == nil:
		moved = fmt.Sprintf("%s is not the file any more that was opened", f.path)
	case errors.Is(err, fs.ErrNotExist):
		moved = fmt.Sprintf("the file %s was deleted or moved away", f.path)
	default:
		moved = fmt.Sprintf("the file %s cannot be found any more: %v", f.path, err)
	}
	if !f.logged {
		f.logged = true
		s.logger.Error("otelperf: the history's file was deleted, moved away or replaced, and nothing is written to it", "file", f.path)
	}
	return fmt.Errorf("%s, and nothing is written: move it back, with the files whose names begin with its own, or start the service again, "+
		"which opens what is there, or begins anew", moved)
}

// mainFile is the path of a SQLite database; "" for one in memory.
func mainFile(t *session) (path string, err error) {
	err = t.query("PRAGMA database_list", func(r *sql.Rows) error {
		var number int
		var name string
		var file sql.NullString
		if err := r.Scan(&number, &name, &file); err != nil || name != "main" {
			return err
		}
		path = file.String
		return nil
	})
	return path, err
}

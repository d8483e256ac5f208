// SPDX-License-Identifier: Apache-2.0

package bolt

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/otelperf/otelperf-go/otelperf/history"
	"github.com/otelperf/otelperf-go/otelperf/history/historytest"
)

// A copy has all that was stored while the service goes on, and what it stores later is not in it. Closing it leaves nothing behind.
func TestCopy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	file := path(t)
	service := open(t, file)
	shop := historytest.NewShop(1, 3)
	appendMinutes := func(from, n int) {
		for i := range n {
			if err := service.Append(t.Context(), shop.Minute(start.Add(time.Duration(from+i)*time.Minute))); err != nil {
				t.Fatal(err)
			}
		}
	}
	appendMinutes(0, 70)
	all := history.Query{From: start, To: start.Add(3 * time.Hour)}
	copied, err := OpenCopy(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	appendMinutes(70, 10)
	if got, want := len(historytest.Read(t, copied, all)), 70; got != want {
		t.Errorf("the copy has %d minutes, want %d", got, want)
	}
	if st, err := copied.Stats(t.Context()); err != nil || st.Version != 1 || st.FileBytes == 0 {
		t.Errorf("stats %+v, %v", st, err)
	}
	if err := copied.Append(t.Context(), shop.Minute(start)); !errors.Is(err, errCopy) {
		t.Errorf("appending to a copy: %v", err)
	}
	if err := copied.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
	if got := len(historytest.Read(t, service, all)); got != 80 {
		t.Errorf("the service has %d minutes, want 80", got)
	}
}

// A history is one also while it is open, and when it is damaged; texts, directories and what is not there are none.
func TestIsHistory(t *testing.T) {
	file := path(t)
	service := open(t, file)
	if err := service.Append(t.Context(), historytest.NewShop(1, 3).Minute(start)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !IsHistory(file) {
		t.Error("a file that is open is none")
	}
	dir := t.TempDir()
	for text, want := range map[string]bool{
		string(whole[:len(whole)/2]): true, strings.Repeat("\x00", 64) + string(whole[64:]): true, "": false, "time,kind\n": false, "PAR1" + strings.Repeat("x", 1<<16): false,
	} {
		at := filepath.Join(dir, "file")
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := IsHistory(at); got != want {
			t.Errorf("%d bytes, %.10q: %v, want %v", len(text), text, got, want)
		}
	}
	if IsHistory(dir) || IsHistory(filepath.Join(dir, "none")) {
		t.Error("a directory, or nothing, is one")
	}
}

// moments is a file of bbolt each of whose transactions writes 64 values, all of its own letter.
func moments(t *testing.T) (file string, write func(n int)) {
	t.Helper()
	file = path(t)
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	write = func(n int) {
		err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			for i := 0; i < 64 && err == nil; i++ {
				err = b.Put([]byte{byte(i)}, []byte(strings.Repeat(string(rune('a'+n%26)), 2000)))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	write(0)
	return file, write
}

// momentOf is the letter of a copy, which is sound and of one moment.
func momentOf(t *testing.T, file string) (letter byte) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(check(f), f.Close()); err != nil {
		t.Fatalf("a copy: %v", err)
	}
	copied, err := bbolt.Open(file, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = copied.Close() }()      // was only read
	_ = copied.View(func(tx *bbolt.Tx) error { // what is in it does not fail
		first := tx.Bucket([]byte("b")).Get([]byte{0})
		letter = first[0]
		return tx.Bucket([]byte("b")).ForEach(func(_, v []byte) error {
			if !bytes.Equal(v, first) {
				t.Error("a copy is of two moments")
			}
			return nil
		})
	})
	return letter
}

// amid is a context that calls a function with each piece of a copy.
type amid struct {
	context.Context
	piece func()
}

func (a amid) Err() error {
	a.piece()
	return a.Context.Err()
}

// A file that is written amid a copy, at whatever piece, is copied again, so that the copy is of one moment, that of the last try; one that
// is written amid all tries is not copied.
func TestCopyThatIsWrittenAmid(t *testing.T) {
	file, write := moments(t)
	to, pieces := filepath.Join(t.TempDir(), "copy"), 0
	if err := copyFile(amid{t.Context(), func() { pieces++ }}, file, to); err != nil || pieces < 4 || momentOf(t, to) != 'a' {
		t.Fatalf("%d pieces, %v", pieces, err)
	}
	n := 0
	for at := range pieces {
		seen := 0
		err := copyFile(amid{t.Context(), func() {
			if seen++; seen == at+1 {
				n++
				write(n)
			}
		}}, file, to)
		if err != nil || seen <= pieces || momentOf(t, to) != byte('a'+n%26) {
			t.Errorf("written at piece %d: %d pieces were copied, %v", at, seen, err)
		}
	}
	if err := copyFile(amid{t.Context(), func() { n++; write(n) }}, file, to); !errors.Is(err, errChanges) {
		t.Errorf("written at each piece: %v, want that it changes", err)
	}
	if err := copyFile(t.Context(), file, to); err != nil || momentOf(t, to) != byte('a'+n%26) {
		t.Errorf("once nobody writes: %v", err)
	}
}

// A file that is written without a pause is copied, or said to change; a copy that is made is sound and of one moment.
func TestCopyWhileItIsWritten(t *testing.T) {
	file, write := moments(t)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
				write(n)
			}
		}
	}()
	made := 0
	for range 100 {
		to := filepath.Join(t.TempDir(), "copy")
		switch err := copyFile(t.Context(), file, to); {
		case err == nil:
			made++
			momentOf(t, to)
		case !errors.Is(err, errChanges):
			t.Fatal(err)
		}
	}
	close(stop)
	<-done
	t.Logf("%d of 100 copies were made", made)
}

// What cannot be read is said by the name of the file, which stays as it is.
func TestCopyOfNoHistory(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	put := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	damaged := path(t)
	s := open(t, damaged)
	if err := s.Append(t.Context(), historytest.NewShop(1, 3).Minute(start)); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	content, _ := os.ReadFile(damaged)
	for i := range content[8192:] {
		content[8192+i] = 0xa5
	}
	_ = os.WriteFile(damaged, content, 0o600)
	ended, end := context.WithCancel(t.Context())
	end()
	for _, tt := range []struct {
		ctx        context.Context
		path, want string
		is         error
	}{
		{t.Context(), filepath.Join(dir, "none.db"), "none.db", fs.ErrNotExist},
		{t.Context(), put("empty.db", ""), "nothing was stored in it yet", nil},
		{t.Context(), put("text.db", strings.Repeat("text ", 1<<12)), "is something else", nil},
		{t.Context(), dir, "no regular file", nil},
		{t.Context(), damaged, damaged, history.ErrDamaged},
		{ended, damaged, "", context.Canceled},
	} {
		got, err := OpenCopy(tt.ctx, tt.path)
		if got != nil || err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) || strings.Contains(err.Error(), "copy.db") {
			t.Errorf("%s: %v, %v", tt.path, got, err)
		}
	}
	if now, _ := os.ReadFile(damaged); string(now) != string(content) {
		t.Error("the damaged file was changed")
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

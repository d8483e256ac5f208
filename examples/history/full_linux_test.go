// SPDX-License-Identifier: Apache-2.0

package history

import (
	"os"
	"syscall"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
)

// The disk of the database is full: it is one of 24 MB in memory, which root alone can make.
func TestFullDisk(t *testing.T) {
	server := exampletest.StartPostgres(t)
	db := connect(t, "pgx", server.URL)
	disk, err := os.MkdirTemp("/tmp", "otelperf-full-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(disk) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m,mode=0777"); err != nil {
		t.Skipf("only root can make a disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	location := server.Folder(t, disk)
	exec(t, db, "CREATE TABLESPACE small LOCATION '"+location+"'")
	exec(t, db, "CREATE DATABASE small TABLESPACE small")
	d := newPostgres(t, server)
	d.url = server.URL + "&dbname=small"
	d.db = connect(t, "pgx", d.url)
	filling(t, d, "No space left on device", func() {
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=100m"); err != nil {
			t.Fatal(err)
		}
	})
}

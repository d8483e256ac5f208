// SPDX-License-Identifier: Apache-2.0

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlstore

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lock locks a file, which it makes if there is none, until release is called or the process ends. taken is true if another has it, or it is
// somebody else's file; release is nil if nothing can be locked there.
func lock(path string) (release func(), taken bool) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		_, is := os.Lstat(path)
		return nil, is == nil || errors.Is(err, fs.ErrExist)
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return func() { _ = f.Close() }, false // the lock goes with it
	case errors.Is(err, syscall.EWOULDBLOCK):
		_ = f.Close()
		return nil, true
	default:
		_ = f.Close()
		return nil, false
	}
}

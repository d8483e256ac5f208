// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import "syscall"

// smallBuffer has the system hold 32 KiB for somebody who has not read them yet.
func smallBuffer(_, _ string, c syscall.RawConn) (err error) {
	failed := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<10) })
	if failed != nil {
		return failed
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0

// Package freeport finds an address for a server that another program starts, or that is started again.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Address returns an address of this machine that nobody listens at. Its port is not of those that the system hands out, to
// connections, too, so that it stays free.
func Address() (string, error) {
	err := errors.New("no port was tried")
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 15000+rand.IntN(15000))
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", err
}

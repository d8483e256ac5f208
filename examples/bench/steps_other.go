// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import (
	"context"
	"errors"
)

func stepped(string) { panic("bench: only Linux steps") }

// instructions is for Linux.
func instructions(context.Context, string) ([]float64, error) {
	return nil, errors.ErrUnsupported
}

// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import "errors"

func setQuota(int) error { return errors.New("CPU quotas are set on Linux only") }

func mayLimit() bool { return false }

func removeQuota(int) {}

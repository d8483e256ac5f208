// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// The roots of control groups of the CPU, of version 1 and 2.
var groups = []string{"/sys/fs/cgroup/cpu", "/sys/fs/cgroup"}

// errNoQuota is returned where this user may set none on this machine.
var errNoQuota = errors.New("no CPU quota can be set here")

// setQuota moves this process to a control group of its own, with so many percent of a CPU.
func setQuota(percent int) error {
	var errs []error
	for _, root := range groups {
		dir := filepath.Join(root, groupName(os.Getpid()))
		if err := os.Mkdir(dir, 0o755); err != nil {
			errs = append(errs, err)
			continue
		}
		const period = 100_000 // µs
		v1 := os.WriteFile(filepath.Join(dir, "cpu.cfs_quota_us"), []byte(strconv.Itoa(percent*period/100)), 0)
		v2 := os.WriteFile(filepath.Join(dir, "cpu.max"), fmt.Appendf(nil, "%d %d", percent*period/100, period), 0)
		if v1 != nil && v2 != nil {
			errs = append(errs, v1, v2, os.Remove(dir))
			continue
		}
		return os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
	}
	return errors.Join(append(errs, errNoQuota)...)
}

// mayLimit reports whether setQuota works for this user on this machine.
func mayLimit() bool {
	for _, root := range groups {
		dir := filepath.Join(root, groupName(os.Getpid())+"-tried")
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		_, v1 := os.Stat(filepath.Join(dir, "cpu.cfs_quota_us"))
		_, v2 := os.Stat(filepath.Join(dir, "cpu.max"))
		_ = os.Remove(dir)
		return v1 == nil || v2 == nil
	}
	return false
}

// removeQuota removes the group of a process that has ended.
func removeQuota(pid int) {
	for _, root := range groups {
		_ = os.Remove(filepath.Join(root, groupName(pid))) // where it is not, there is nothing to be removed
	}
}

func groupName(pid int) string { return "otelperf-causes-" + strconv.Itoa(pid) }

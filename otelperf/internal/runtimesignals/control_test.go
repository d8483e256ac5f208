// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	unifiedMount = "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	cpuMount     = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
	setMount     = "33 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
	stat         = "usage_usec 12\nnr_periods 100\nnr_throttled 3\nthrottled_usec 77\n"
	psi          = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
	group        = "sys/fs/cgroup/a/b"
)

// tree writes files below a new root.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// In each layout the files that count for this process are found: throttling of files that throttled from 3 to 28 of 100 more periods,
// half a second more of stalls.
func TestControlGroups(t *testing.T) {
	for name, tt := range map[string]struct {
		files    map[string]string
		changed  string // the cpu.stat that counts
		pressure string // the pressure file that counts
		quota    float64
		note     string
	}{
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount,
			group + "/cpu.stat": stat, group + "/cpu.max": "150000 100000\n", group + "/memory.pressure": psi,
			"sys/fs/cgroup/a/cpu.stat": stat, "sys/fs/cgroup/a/cpu.max": "900000 100000\n",
		}, group + "/cpu.stat", group + "/memory.pressure", 1.5, ""},
		"version 2, the quota is above": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount, "proc/pressure/memory": psi,
			group + "/cpu.stat": stat, group + "/cpu.max": "max 100000\n",
			"sys/fs/cgroup/a/cpu.stat": stat, "sys/fs/cgroup/a/cpu.max": "300000 100000\n",
			"sys/fs/cgroup/cpu.stat": "usage_usec 12\n",
		}, "sys/fs/cgroup/a/cpu.stat", "proc/pressure/memory", 3, "of the whole machine"},
		"version 2, no quota": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount,
			group + "/cpu.stat": stat, group + "/cpu.max": "max 100000\n", group + "/memory.pressure": psi,
		}, group + "/cpu.stat", group + "/memory.pressure", -1, ""},
		"version 2, a namespace of its own": {map[string]string{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": unifiedMount,
			"sys/fs/cgroup/cpu.stat": stat, "sys/fs/cgroup/cpu.max": "200000 100000\n", "sys/fs/cgroup/memory.pressure": psi,
		}, "sys/fs/cgroup/cpu.stat", "sys/fs/cgroup/memory.pressure", 2, ""},
		"version 2, a path that is not seen": {map[string]string{
			"proc/self/cgroup": "0::/../../x\n", "proc/self/mountinfo": unifiedMount,
			"sys/fs/cgroup/cpu.stat": stat, "sys/fs/cgroup/cpu.max": "200000 100000\n", "sys/fs/cgroup/memory.pressure": psi,
		}, "sys/fs/cgroup/cpu.stat", "sys/fs/cgroup/memory.pressure", 2, ""},
		"version 1 in a container": {map[string]string{
			"proc/self/cgroup":    "7:cpuset:/docker/x\n4:cpu,cpuacct:/docker/x\n0::/\n",
			"proc/self/mountinfo": setMount + strings.Replace(cpuMount, " / ", " /docker/x ", 1), "proc/pressure/memory": psi,
			"sys/fs/cgroup/cpu,cpuacct/cpu.stat": stat, "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		}, "sys/fs/cgroup/cpu,cpuacct/cpu.stat", "proc/pressure/memory", .5, "of the whole machine"},
		"version 1 without a quota, 2 beside it": {map[string]string{
			"proc/self/cgroup":           "1:cpu:/\n0::/\n",
			"proc/self/mountinfo":        strings.ReplaceAll(cpuMount, "cpu,cpuacct", "cpu") + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cpu/cpu.stat": "nr_periods 100\nnr_throttled 3\nthrottled_time 0\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n", "sys/fs/cgroup/unified/cgroup.procs": "1\n", "proc/pressure/memory": psi,
		}, "sys/fs/cgroup/cpu/cpu.stat", "proc/pressure/memory", -1, "of the whole machine"},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, tt.files)
			rg := newRig(t, root)
			rg.sample()
			rewrite(t, filepath.Join(root, tt.changed), "nr_periods 100", "nr_periods 200", "nr_throttled 3", "nr_throttled 28")
			rewrite(t, filepath.Join(root, tt.pressure), "total=1000", "total=501000")
			rg.sample()
			last := rg.Series(rg.now, 1, 1)
			if got := value(last.Signals[cpuThrottled].Values[0]); got != .25 {
				t.Errorf("throttled %v of the time, want .25", got)
			}
			if got := value(last.Signals[memoryPressure].Values[0]); got != .5 {
				t.Errorf("memory pressure is %v, want .5", got)
			}
			rg.puts(cpuUsed, 10, 0) // a step
			rep := rg.Report(rg.now)
			if got := value(rep.CPUQuota); got != tt.quota {
				t.Errorf("quota is %v, want %v", got, tt.quota)
			}
			if notes := strings.Join(rep.Notes, "; "); runtime.GOOS == "linux" && (!strings.Contains(notes, tt.note) || tt.note == "" && strings.Contains(notes, "known")) {
				t.Errorf("notes are %q, want %q", notes, tt.note)
			}
		})
	}
}

// rewrite changes a file in place, as the kernel does.
func rewrite(t *testing.T, name string, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(pairs...).Replace(string(text))
	if changed == string(text) {
		t.Fatalf("%s has none of %q", name, pairs)
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What there is not is said, and is no number.
func TestNoControlGroups(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"nothing":             {},
		"no mount":            {"proc/self/cgroup": "0::/a\n", "proc/self/mountinfo": "broken\n- -\n36 35 98:0 / /x rw - ext4 ext4 rw\n"},
		"garbage":             {"proc/self/cgroup": "x\n::::\n0::\n", "proc/self/mountinfo": unifiedMount, "sys/fs/cgroup/cpu.stat": "nr_periods x\n", "proc/pressure/memory": "some\n"},
		"no CPU controller":   {"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount, group + "/cpu.stat": "usage_usec 1\n"},
		"the quota is a joke": {"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount, group + "/cpu.stat": "usage_usec 1\n", group + "/cpu.max": "1 0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			rg := newRig(t, tree(t, files))
			for range 3 {
				rg.sample()
			}
			rep := rg.Report(rg.now)
			if th, mp := rep.Signals[cpuThrottled], rep.Signals[memoryPressure]; th.Now != nil || mp.Now != nil || rep.CPUQuota != nil {
				t.Errorf("throttled %+v, memory pressure %+v, quota %v; want nothing", th, mp, rep.CPUQuota)
			}
			if rep.Signals[goroutines].Now == nil {
				t.Error("the rest is unknown, too")
			}
			if len(rep.Notes) == 0 || !strings.Contains(rep.Notes[0], "not known") {
				t.Errorf("notes are %q", rep.Notes)
			}
		})
	}
	if what := new(control).missing("windows"); len(what) != 1 || !strings.Contains(what[0], "not known on windows") {
		t.Errorf("missing on windows: %q", what)
	}
}

// GOMAXPROCS that is more than the quota is said.
func TestMoreProcsThanQuota(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(8))
	rg := newRig(t, tree(t, map[string]string{
		"proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": unifiedMount, group + "/cpu.stat": stat, group + "/cpu.max": "250000 100000\n",
	}))
	rep := rg.Report(rg.now)
	if rep.Gomaxprocs != 8 || value(rep.CPUQuota) != 2.5 || !strings.Contains(strings.Join(rep.Notes, ""), "GOMAXPROCS is 8 and the CPU quota 2.5") {
		t.Errorf("GOMAXPROCS %d, quota %v, notes %q", rep.Gomaxprocs, value(rep.CPUQuota), rep.Notes)
	}
}

// What this machine tells is read, or it is said why not.
func TestThisMachine(t *testing.T) {
	rg := newRig(t, "/")
	for range 2 {
		rg.sample()
	}
	rep := rg.Report(rg.now)
	notes := strings.Join(rep.Notes, "; ")
	t.Logf("notes: %s; quota %v", notes, value(rep.CPUQuota))
	for signal, word := range map[int]string{cpuThrottled: "throttling", memoryPressure: "memory pressure is not known"} {
		s := rep.Signals[signal]
		if known := s.Now != nil; known == (strings.Contains(notes, word) && strings.Contains(notes, "not known")) {
			t.Errorf("%s is %v, and the notes are %q", s.Name, value(s.Now), notes)
		} else if known && (*s.Now < 0 || *s.Now > 1) {
			t.Errorf("%s is %v, want a share", s.Name, *s.Now)
		}
	}
	if time.Since(rg.began) < 0 {
		t.Error("time runs backwards")
	}
}

func FuzzFindPlaces(f *testing.F) {
	f.Add("0::/a/b\n", unifiedMount)
	f.Add("4:cpu,cpuacct:/../x\n", cpuMount)
	f.Add("1:cpu:\n", "1 1 1 .. ../../.. rw - cgroup cgroup rw,cpu")
	f.Fuzz(func(t *testing.T, groups, mounts string) {
		root := t.TempDir()
		if err := os.MkdirAll(filepath.Join(root, "proc/self"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"proc/self/cgroup": groups, "proc/self/mountinfo": mounts} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		unified, cpu := findPlaces(root)
		for _, p := range []place{unified, cpu} {
			if dirs := p.up(); len(dirs) > 4096 || p.dir != "" && !strings.HasPrefix(p.dir, p.mount) {
				t.Errorf("%+v: %d directories", p, len(dirs))
			}
		}
	})
}

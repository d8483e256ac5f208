// SPDX-License-Identifier: Apache-2.0

package runtimesignals

import (
	"cmp"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// place is where a process finds itself in a hierarchy of control groups; nothing if there is none.
type place struct {
	dir   string // of the process's own group
	mount string // of the hierarchy: no group above it is seen from here
}

// up are the directories from the process's own group to the topmost that is seen.
func (p place) up() (dirs []string) {
	for d := p.dir; d != "" && strings.HasPrefix(d, p.mount); d = filepath.Dir(d) {
		if dirs = append(dirs, d); d == filepath.Dir(d) {
			break
		}
	}
	return dirs
}

// mount is a line of /proc/self/mountinfo: what of a hierarchy is mounted, and where.
type mount struct{ root, point, kind, options string }

// findPlaces reads below root, which is "/" but in tests, where this process is in the unified hierarchy (version 2) and in that of
// version 1 with the CPU controller. What there is not has no directory.
func findPlaces(root string) (unified, cpu place) {
	groups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return unified, cpu
	}
	mounts, err := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return unified, cpu
	}
	for line := range strings.Lines(string(groups)) { // 4:cpu,cpuacct:/group, of version 2 0::/group
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) != 3 {
			continue
		}
		switch {
		case parts[0] == "0" && parts[1] == "":
			unified = locate(root, parts[2], string(mounts), func(m *mount) bool { return m.kind == "cgroup2" })
		case hasWord(parts[1], "cpu"):
			cpu = locate(root, parts[2], string(mounts), func(m *mount) bool { return m.kind == "cgroup" && hasWord(m.options, "cpu") })
		}
	}
	return unified, cpu
}

func hasWord(list, word string) bool { return strings.Contains(","+list+",", ","+word+",") }

// locate is where a group is among the mounts. A group that is not below what is mounted, as in a container that does not see its own
// path, is taken for the mounted one.
func locate(root, group, mounts string, is func(*mount) bool) place {
	for line := range strings.Lines(mounts) {
		m, ok := parseMount(line)
		if !ok || !is(&m) {
			continue
		}
		point := filepath.Join(root, m.point)
		if below, ok := strings.CutPrefix(path.Clean(group), m.root); ok || m.root == "/" {
			if dir := filepath.Join(point, cmp.Or(below, ".")); isDir(dir) && strings.HasPrefix(dir, point) {
				return place{dir, point}
			}
		}
		if isDir(point) {
			return place{point, point}
		}
	}
	return place{}
}

// parseMount reads lines like "36 35 98:0 /root /point rw,noatime shared:1 - cgroup2 cgroup2 rw".
func parseMount(line string) (m mount, ok bool) {
	left, right, found := strings.Cut(line, " - ")
	l, r := strings.Fields(left), strings.Fields(right)
	if !found || len(l) < 5 || len(r) < 3 {
		return m, false
	}
	plain := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	return mount{root: plain.Replace(l[3]), point: plain.Replace(l[4]), kind: r[0], options: r[2]}, true
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Dependabot's list, which it needs, has each module there is.
func TestDependabotListsTheModules(t *testing.T) {
	var modules []string
	err := filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "go.mod" {
			return err
		}
		rel, err := filepath.Rel(module, filepath.Dir(path))
		modules = append(modules, `"`+filepath.ToSlash(filepath.Join("/", rel))+`"`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(module, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "directories: [")
	list, _, _ = strings.Cut(list, "]")
	listed := strings.Split(list, ", ")
	slices.Sort(modules)
	slices.Sort(listed)
	if !slices.Equal(modules, listed) {
		t.Errorf("dependabot.yml lists %s, the modules are %s", listed, modules)
	}
}

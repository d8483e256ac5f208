// SPDX-License-Identifier: Apache-2.0

package readmecode

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build vets and compiles blocks of the module in a folder, all at once and without a network, as a user's module would that requires
// that one and the same versions of all else. It works in the folder dir, and returns the binary of each block; "" for what is no
// program. What is wrong with a block is reported at its line in the README.
func Build(module, dir string, blocks []Block) (binaries []string, err error) {
	if module, err = filepath.Abs(module); err != nil {
		return nil, err
	}
	if err := writeModule(module, dir); err != nil {
		return nil, err
	}
	var programs []string
	for i := range blocks {
		b := &blocks[i]
		source, err := sourceOf(b, filepath.Join(module, b.File))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.Name(), err)
		}
		pkg, binary := fmt.Sprint("block", i), ""
		if b.Program() {
			programs = append(programs, "./"+pkg)
			binary = filepath.Join(dir, "bin", pkg)
		}
		binaries = append(binaries, binary)
		if err := os.Mkdir(filepath.Join(dir, pkg), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, pkg, "main.go"), []byte(source), 0o600); err != nil {
			return nil, err
		}
	}
	if _, err := run(dir, "vet", "./..."); err != nil || len(programs) == 0 {
		return binaries, err
	}
	// Debugging information, which nobody asks for, would be a third of the work.
	_, err = run(dir, append([]string{"build", "-ldflags=-w", "-o", "bin" + string(filepath.Separator)}, programs...)...)
	return binaries, err
}

// writeModule writes the go.mod and go.sum of a module that requires the module in a folder, and what that one requires.
func writeModule(module, dir string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return err
		}
	}
	text, err := run(dir, "mod", "edit", "-json")
	if err != nil {
		return err
	}
	var mod struct {
		Module  struct{ Path string }
		Replace []struct {
			Old, New struct{ Path, Version string }
		}
	}
	if err := json.Unmarshal(text, &mod); err != nil {
		return err
	}
	edits := []string{"mod", "edit", "-module", "readme", "-require", mod.Module.Path + "@v0.0.0", "-replace", mod.Module.Path + "=" + module}
	for _, r := range mod.Replace {
		if r.New.Version == "" { // a folder, relative to the module
			edits = append(edits, "-replace", r.Old.Path+"="+filepath.Join(module, r.New.Path))
		}
	}
	_, err = run(dir, edits...)
	return err
}

// run runs a go command in a folder and returns its standard output.
func run(dir string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, exit.Stderr)
	}
	return out, err
}

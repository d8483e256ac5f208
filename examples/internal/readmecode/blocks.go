// SPDX-License-Identifier: Apache-2.0

// Package readmecode finds the Go code in README files and builds it. Only tests import it.
package readmecode

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Block is a piece of Go in a README: a whole program, declarations, or statements.
type Block struct {
	File string // path of the README, below the module's folder
	Line int    // where the code begins, from 1
	Code string
}

// Program reports whether the block is a whole program.
func (b *Block) Program() bool { return strings.HasPrefix(b.Code, "package main\n") }

// Name is where the block is, as file:line.
func (b *Block) Name() string { return fmt.Sprint(b.File, ":", b.Line) }

// Blocks returns the Go of every README.md of the module in a folder, in the order of the files. Nested modules are left out.
func Blocks(module string) (all []Block, err error) {
	err = filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != module && (nested(path) || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.Name() != "README.md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(module, path)
		if err != nil {
			return err
		}
		all = append(all, blocksOf(file, string(text))...)
		return nil
	})
	return all, err
}

func nested(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// blocksOf returns what stands between fences of a text, the first of which says that it is Go.
func blocksOf(file, text string) (all []Block) {
	var b *Block
	n := 0
	for line := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		n++
		switch fence := strings.TrimSpace(line); {
		case b == nil && fence == "```go":
			b = &Block{File: file, Line: n + 1}
		case b != nil && fence == "```":
			all = append(all, *b)
			b = nil
		case b != nil:
			b.Code += line
		}
	}
	return all
}

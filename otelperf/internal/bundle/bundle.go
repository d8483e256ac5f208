// SPDX-License-Identifier: Apache-2.0

// Package bundle packs what is known of one spike into a zip archive that can be sent to somebody: plain JSON, the execution trace, and
// a README that says how to read them. What identifies people or quotes data is not in it, see [Request].
package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxBytes bounds what a bundle holds before it is compressed. A file that would pass it is left out, and README.txt says so.
const MaxBytes = 32 << 20

// Bundle is what is known of a spike.
type Bundle struct {
	Title string    // one line
	Lines []string  // what is known in a few sentences, the first lines of README.txt
	Time  time.Time // when it was made
	Files []File    // the most important first
}

// File is one file of a bundle: bytes as they are, or a value as indented JSON.
type File struct {
	Name    string
	About   string // one sentence on what is in it, and how to read it
	Content []byte
	Value   any
}

// Write writes the archive.
func (b *Bundle) Write(w io.Writer) error {
	z := zip.NewWriter(w)
	readme := b.intro()
	left := MaxBytes
	var errs []error
	for _, f := range b.Files {
		content, err := f.bytes()
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
			continue
		case len(content) > left:
			fmt.Fprintf(&readme, "%s was left out: %d bytes would pass the bound of %d for all.\n\n", f.Name, len(content), MaxBytes)
			continue
		}
		left -= len(content)
		fmt.Fprintf(&readme, "%s\n    %s\n\n", f.Name, f.About)
		errs = append(errs, b.add(z, f.Name, content))
	}
	errs = append(errs, b.add(z, "README.txt", readme.Bytes()), z.Close())
	return errors.Join(errs...)
}

func (b *Bundle) intro() (t bytes.Buffer) {
	fmt.Fprintf(&t, "%s\n%s\n\n", b.Title, strings.Repeat("=", len([]rune(b.Title))))
	for _, line := range b.Lines {
		fmt.Fprintf(&t, "%s\n", line)
	}
	fmt.Fprintf(&t, "\nMade %s. Times are UTC; names end in their unit.\n", b.Time.UTC().Format(time.RFC3339))
	t.WriteString("Headers, queries, paths, statements, messages of errors and values of dimensions are not in these files, nor what the program\n" +
		"writes into an execution trace. Routes, names of functions, addresses of dependencies, and names of spans without what looks like data are.\n\n")
	return t
}

func (f *File) bytes() ([]byte, error) {
	if f.Value == nil {
		return f.Content, nil
	}
	content, err := json.MarshalIndent(f.Value, "", "  ")
	return append(content, '\n'), err
}

func (b *Bundle) add(z *zip.Writer, name string, content []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: b.Time.UTC()})
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

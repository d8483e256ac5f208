// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/replay/format"
)

// input is an open file.
type input struct {
	io.Reader
	name  string // of the file, as it was given
	size  int64  // bytes; 0 if not known
	read  int64  // bytes so far
	close func()
}

// stdinName is how standard input is called in messages and events.
const stdinName = "stdin"

// open opens a file, or stdin for "-". What begins as gzip does is uncompressed, whatever its name.
func open(name string, stdin io.Reader) (*input, error) {
	in := &input{name: name, close: func() {}}
	raw := stdin
	if name == "-" {
		in.name = stdinName
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		in.close = func() { _ = f.Close() }
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
		raw = f
	}
	counted := bufio.NewReaderSize(&countingReader{raw, &in.read}, format.MaxLine) // the size that Open needs, so that it needs no other
	in.Reader = counted
	if magic, err := counted.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(counted)
		if err != nil {
			in.close()
			return nil, fmt.Errorf("%s: %w", in.name, err)
		}
		in.Reader = z
	}
	return in, nil
}

// base is the name in events: without folders and .gz.
func (in *input) base() string { return strings.TrimSuffix(filepath.Base(in.name), ".gz") }

type countingReader struct {
	r io.Reader
	n *int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

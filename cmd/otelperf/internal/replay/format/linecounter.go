// SPDX-License-Identifier: Apache-2.0

package format

import (
	"fmt"
	"io"
)

// maxValue is the most bytes of JSON that are read ahead, which bounds a span or a string.
const maxValue = 16 << 20

var errLargeValue = fmt.Errorf("a JSON value is longer than %d MiB", maxValue>>20)

// lineCounter counts the newlines of what goes through it, and remembers those that the decoder has read ahead.
type lineCounter struct {
	r      io.Reader
	read   int64   // bytes
	used   int64   // bytes that the decoder is done with
	ahead  []int64 // offsets of newlines from used on
	passed int     // newlines before
	err    error   // of r
}

func (c *lineCounter) Read(p []byte) (int, error) {
	if c.read-c.used > maxValue {
		c.err = errLargeValue
		return 0, c.err
	}
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ahead = append(c.ahead, c.read+int64(i))
		}
	}
	c.read += int64(n)
	c.err = err
	return n, err
}

// lineAt returns the number of the line of an offset, which never goes back: what is before it is done with.
func (c *lineCounter) lineAt(offset int64) int {
	c.used = offset
	n := 0
	for n < len(c.ahead) && c.ahead[n] < offset {
		n++
	}
	if n > 0 {
		c.passed += n
		c.ahead = append(c.ahead[:0], c.ahead[n:]...)
	}
	return c.passed + 1
}

// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bufio"
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// csvTable writes rows as CSV by RFC 4180, in UTF-8 by the same rules as the page does, but without the mark at the beginning by which Excel knows
// that: to a program it would be part of the first column's name. All text is quoted, what a spreadsheet would take for a formula gets an apostrophe before it, and of what acts on a terminal or turns text around a picture is
// left. What has several values is JSON.
type csvTable[R any] struct{ to *bufio.Writer }

func newCSV[R any](w io.Writer) (*csvTable[R], error) {
	c := &csvTable[R]{bufio.NewWriterSize(w, 64<<10)}
	names := columns[R]()
	for i, n := range names {
		names[i] = quoted(n)
	}
	_, err := c.to.WriteString(strings.Join(names, ",") + "\r\n")
	return c, err
}

// columns are the names of the columns.
func columns[R any]() (names []string) {
	t := reflect.TypeFor[R]()
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("parquet"), ",")
		names = append(names, name)
	}
	return names
}

func (c *csvTable[R]) Write(rows []R) (int, error) {
	for n := range rows {
		row := reflect.ValueOf(&rows[n]).Elem()
		for i := range row.NumField() {
			if i > 0 {
				_ = c.to.WriteByte(',') // errors stay until Flush
			}
			_, _ = c.to.WriteString(field(row.Field(i)))
		}
		if _, err := c.to.WriteString("\r\n"); err != nil {
			return n, err
		}
	}
	return len(rows), nil
}

func (c *csvTable[R]) Close() error { return c.to.Flush() }

func field(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return field(v.Elem())
	case reflect.String:
		return quoted(v.String())
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	}
	if t, ok := v.Interface().(time.Time); ok {
		return quoted(t.Format(time.RFC3339Nano))
	}
	if v.Len() == 0 {
		return ""
	}
	text, err := json.Marshal(v.Interface())
	if err != nil { // cannot be: it is a list of numbers
		return ""
	}
	return quoted(string(text))
}

var (
	formula = regexp.MustCompile(`^[\s\x00-\x1f\p{Z}\x{feff}]*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]`)
	newline = regexp.MustCompile(`\r\n?`)
)

func quoted(text string) string {
	apostrophe := ""
	if formula.MatchString(text) {
		apostrophe = "'"
	}
	text = newline.ReplaceAllStringFunc(strings.ToValidUTF8(text, "\ufffd"), func(s string) string {
		if s == "\r" {
			return "\n"
		}
		return s
	})
	return `"` + apostrophe + strings.ReplaceAll(strings.Map(picture, text), `"`, `""`) + `"`
}

// picture is what is written for a character.
func picture(r rune) rune {
	switch {
	case r == '\n' || r == '\r': // of a line's end
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	case r >= 0x80 && r <= 0x9f, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
		return 0xfffd
	}
	return r
}

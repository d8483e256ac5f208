// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"encoding/base64"
)

// base64Text is what is known of a body that has its frames in base64, as application/grpc-web-text does. It comes in pieces that
// may each end in padding: a server that flushes pads what it has.
type base64Text struct {
	quad   [4]byte // four characters are three bytes
	have   int     // of the next four
	broken bool    // this is no base64; nothing more is read
}

// takeText reads a part of such a body.
func (f *frames) takeText(p []byte) {
	t := f.text
	for len(p) > 0 && !t.broken {
		if t.have > 0 || len(p) < len(t.quad) {
			n := copy(t.quad[t.have:], p)
			t.have, p = t.have+n, p[n:]
			if t.have == len(t.quad) {
				t.have = 0
				f.takeQuads(t.quad[:])
			}
			continue
		}
		n := min(len(p), maxQuads) &^ 3
		if pad := bytes.IndexByte(p[:n], '='); pad >= 0 {
			n = pad&^3 + 4
		}
		f.takeQuads(p[:n])
		p = p[n:]
	}
}

const maxQuads = 1 << 10 // bytes of base64 that are decoded at once

// takeQuads decodes a multiple of four characters, of which the last may be padding, up to those that are no base64. Package base64
// would pass over the ends of lines.
func (f *frames) takeQuads(p []byte) {
	if i := bytes.IndexAny(p, "\r\n"); i >= 0 {
		p, f.text.broken = p[:i&^3], true
	}
	var out [maxQuads / 4 * 3]byte
	n, err := base64.StdEncoding.Decode(out[:], p)
	if err != nil {
		n, f.text.broken = n/3*3, true
	}
	f.take(out[:n])
}

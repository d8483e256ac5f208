// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"encoding/binary"
	"sync"
)

// maxLastFrame bounds what is stored of the frame that ends a stream, in bytes.
const maxLastFrame = 4 << 10

// Flags of a frame. Bit 1 ends a stream of Connect, bit 7 one of gRPC-Web: neither is a message.
const (
	frameCompressed = 1 << 0
	frameEnd        = 1<<1 | 1<<7
)

// frames reads the frames of gRPC, gRPC-Web and Connect as they go by: a byte of flags, four of length, and a message. It
// counts messages, and has the frame that ends the stream.
type frames struct {
	mu       sync.Mutex // guards all of it: the reply may be over for others while its handler still writes
	head     [5]byte
	have     int    // bytes of head
	left     uint32 // bytes of the message that are to come
	messages int
	ends     bool // the frame is the last one
	last     []byte
	text     *base64Text // nil: the frames are in the body as they are
}

func newFrames(text bool) *frames {
	f := new(frames)
	if text {
		f.text = new(base64Text)
	}
	return f
}

// Write takes a part of the body. It never fails.
func (f *frames) Write(p []byte) (int, error) {
	f.write(p)
	return len(p), nil
}

func (f *frames) write(p []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.text != nil {
		f.takeText(p)
	} else {
		f.take(p)
	}
}

func (f *frames) take(p []byte) {
	for len(p) > 0 {
		if f.left == 0 {
			n := copy(f.head[f.have:], p)
			f.have, p = f.have+n, p[n:]
			if f.have == len(f.head) {
				f.begin()
			}
			continue
		}
		n := int(min(uint32(min(len(p), 1<<30)), f.left))
		if f.ends {
			f.last = append(f.last, p[:min(n, maxLastFrame-len(f.last))]...)
		}
		f.left, p = f.left-uint32(n), p[n:]
	}
}

func (f *frames) begin() {
	f.have, f.left = 0, binary.BigEndian.Uint32(f.head[1:])
	f.ends, f.last = f.head[0]&frameEnd != 0, nil
	if !f.ends {
		f.messages++
	}
}

// end is what has gone by. last is nil if the stream has not ended, or has its status in a trailer.
func (f *frames) end() (messages int, flags byte, last []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ends && f.left == 0 {
		flags, last = f.head[0], f.last
	}
	return f.messages, flags, last
}

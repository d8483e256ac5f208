// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// MaxMessage is the most bytes of a line that a client sends. What is longer is refused without being held.
const MaxMessage = 1 << 20

// Lines is a transport of messages, one a line, as the protocol has it on standard input and output. A line that is no message is answered
// with an error of JSON-RPC, and the next one is read.
func Lines(in io.Reader, out io.Writer) mcp.Transport { return &lineTransport{in, out} }

type lineTransport struct {
	in  io.Reader
	out io.Writer
}

func (t *lineTransport) Connect(context.Context) (mcp.Connection, error) {
	c := &lineConn{out: t.out, incoming: make(chan lineRead), closed: make(chan struct{}), answered: make(chan struct{}, 1)}
	go c.read(bufio.NewReaderSize(t.in, 64<<10))
	return c, nil
}

// lineRead is a line, or why there is none.
type lineRead struct {
	line []byte
	err  error // errTooLong: the next one may be read
}

var errTooLong = errors.New("too long")

// lineConn is used by one reader and several writers.
type lineConn struct {
	incoming chan lineRead
	closed   chan struct{}
	close    sync.Once

	writing sync.Mutex
	out     io.Writer

	waiting  atomic.Int64  // requests that are not answered yet
	answered chan struct{} // has something after an answer
}

// lastAnswers is how long answers are waited for after the last line: who pipes lines in closes that end at once.
const lastAnswers = 10 * time.Second

// read hands lines over until there are no more. Where reading blocks it outlives the connection: nothing ends a read of standard input.
func (c *lineConn) read(in *bufio.Reader) {
	for {
		line, err := readLine(in)
		select {
		case c.incoming <- lineRead{line, err}:
		case <-c.closed:
			return
		}
		if err != nil && !errors.Is(err, errTooLong) {
			return
		}
	}
}

// readLine is the next line without its end. One that is too long is read over.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxMessage; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && (len(line) == 0 && !long || !errors.Is(err, io.EOF)):
			return nil, err
		case long:
			return nil, errTooLong
		default: // the last line may lack its end
			return bytes.TrimRight(line, "\r\n"), nil
		}
	}
}

func (c *lineConn) Read(ctx context.Context) (jsonrpc.Message, error) {
	for {
		var got lineRead
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.closed:
			return nil, io.EOF
		case got = <-c.incoming:
		}
		if got.err != nil && !errors.Is(got.err, errTooLong) {
			c.awaitAnswers(ctx)
			return nil, got.err
		}
		m, refused := messageOf(got)
		if refused == nil {
			if r, ok := m.(*jsonrpc.Request); ok && r.IsCall() {
				c.waiting.Add(1)
			}
			return m, nil
		}
		if err := c.write(refused); err != nil {
			return nil, err
		}
	}
}

func (c *lineConn) awaitAnswers(ctx context.Context) {
	over := time.NewTimer(lastAnswers)
	defer over.Stop()
	for c.waiting.Load() > 0 {
		select {
		case <-c.answered:
		case <-over.C:
			return
		case <-ctx.Done():
			return
		case <-c.closed:
			return
		}
	}
}

// messageOf is the message on a line, or the answer to what is none.
func messageOf(got lineRead) (jsonrpc.Message, []byte) {
	switch {
	case got.err != nil:
		return nil, refusal(jsonrpc.CodeInvalidRequest, nil, fmt.Sprintf("the line has more than %d bytes", MaxMessage))
	case len(bytes.TrimSpace(got.line)) == 0:
		return nil, refusal(jsonrpc.CodeParseError, nil, "the line is empty: each line is one JSON-RPC message")
	case !utf8.Valid(got.line):
		return nil, refusal(jsonrpc.CodeParseError, nil, "the line is no UTF-8")
	case !json.Valid(got.line):
		return nil, refusal(jsonrpc.CodeParseError, nil, "the line is no JSON: each line is one JSON-RPC message")
	}
	m, err := jsonrpc.DecodeMessage(got.line)
	if err != nil {
		return nil, refusal(jsonrpc.CodeInvalidRequest, got.line, "the line is no message of JSON-RPC 2.0: "+plain.Clip(err.Error(), 160))
	}
	return m, nil
}

// refusal is an answer with an error, and with the id of the line if it has one.
func refusal(code int, line []byte, why string) []byte {
	var of struct {
		ID any `json:"id"`
	}
	_ = json.Unmarshal(line, &of) // otherwise there is no id
	switch of.ID.(type) {
	case string, float64:
	default:
		of.ID = nil
	}
	type fault struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	text, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      any    `json:"id"`
		Error   fault  `json:"error"`
	}{"2.0", of.ID, fault{code, why}})
	if err != nil || len(text) > 4<<10 { // an id of such length
		return refusal(code, nil, why)
	}
	return text
}

func (c *lineConn) Write(ctx context.Context, m jsonrpc.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text, err := jsonrpc.EncodeMessage(m)
	if err != nil {
		return err
	}
	err = c.write(text)
	if _, ok := m.(*jsonrpc.Response); ok {
		c.waiting.Add(-1)
		select {
		case c.answered <- struct{}{}:
		default:
		}
	}
	return err
}

func (c *lineConn) write(text []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.out.Write(append(text, '\n'))
	return err
}

func (c *lineConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return nil
}

func (c *lineConn) SessionID() string { return "" }

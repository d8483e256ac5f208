// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/otelperf/otelperf-go/slowlog"
	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

const headerStatus = "Grpc-Status"

// rpcOutcome is the outcome that a gRPC status or the end of a Connect stream tells; ok is false where there is none. A status
// stands in the header, in a trailer that was declared, in one that net/http takes from keys with a prefix, or, for gRPC-Web
// and Connect, in the last frame of the body.
func rpcOutcome(header http.Header, flags byte, last []byte) (o slowlog.Outcome, ok bool) {
	for _, key := range [...]string{headerStatus, http.TrailerPrefix + headerStatus} {
		if v := header[key]; len(v) > 0 {
			return outcomeOfStatusCode(v[0])
		}
	}
	if last == nil {
		return 0, false
	}
	if flags&frameCompressed != 0 {
		last = inflate(last)
	}
	if flags&^frameCompressed == 1<<1 {
		return endOfConnect(last)
	}
	for line := range strings.Lines(string(last)) {
		if key, value, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(key), headerStatus) {
			return outcomeOfStatusCode(strings.TrimSpace(value))
		}
	}
	return 0, false
}

func outcomeOfStatusCode(text string) (slowlog.Outcome, bool) {
	code, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, false
	}
	return conventions.OutcomeOfCode(int64(code)), true
}

// endOfConnect reads {"error":{"code":"internal"}}; without an error all went well.
func endOfConnect(last []byte) (slowlog.Outcome, bool) {
	var end struct {
		Error *struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	if json.Unmarshal(last, &end) != nil {
		return 0, false
	}
	if end.Error == nil {
		return slowlog.OutcomeOK, true
	}
	return conventions.OutcomeOfCodeName(end.Error.Code)
}

// inflate decompresses a frame, which was compressed with gzip as a rule; nothing if it was with something else. What comes out
// is bounded like what goes in.
func inflate(p []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxLastFrame)) // a part of it may tell, too
	return out
}

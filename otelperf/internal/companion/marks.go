// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"cmp"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/marks"
	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

func (c *Companion) serveMarks(w http.ResponseWriter, r *http.Request) {
	q := web.QueryOf(r)
	n, p := q.Limit(marks.Max), c.fixedTime(q)
	ofInstance(q)
	serveAnswer(w, r, q, func() (any, error) { return c.service.Marks(n, p) })
}

// serveMark takes a marks.Request, and answers with the mark as it is stored.
func (c *Companion) serveMark(w http.ResponseWriter, r *http.Request) {
	body, p := readObject(w, r, "a mark", `an object such as {"text": "build 77"}`)
	var want marks.Request
	if p == nil {
		want, p = markOf(body)
	}
	if p != nil {
		problem.Write(w, *p)
		return
	}
	answer, err := c.service.Mark(&want, client(r))
	if bad, ok := errors.AsType[*marks.FieldError](err); ok {
		problem.Write(w, problem.Invalid(bad.Field, "No mark was set: "+bad.Detail+".", bad.Accepted))
		return
	}
	if err != nil {
		web.Failed(w, err)
		return
	}
	c.shared.Forget()
	c.service.Audit(r.Context(), "otelperf mark set", slog.String("client.address", r.RemoteAddr),
		slog.String("kind", cmp.Or(want.Kind, string(marks.Deploy))), slog.String("text", marks.Clean(want.Text)))
	web.JSON(w, r, answer)
}

// markOf reads what is wanted, and names the first field that cannot be.
func markOf(body map[string]json.RawMessage) (r marks.Request, p *problem.Problem) {
	fields := map[string]struct {
		to       any
		accepted string
	}{
		"text": {&r.Text, "a string of 1 to 200 bytes"}, "kind": {&r.Kind, strings.Join(marks.Kinds(), ", ")},
		"time": {(*instant)(&r), "a time within the last hour: RFC 3339, such as 2026-03-01T12:00:00Z, or seconds since 1970"},
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		f, known := fields[name]
		if !known {
			return r, new(problem.Invalid(name, "A mark has no such field.", "text, kind, time"))
		}
		if err := json.Unmarshal(body[name], f.to); err != nil {
			return r, new(problem.Invalid(name, "No mark was set: it cannot be read.", f.accepted))
		}
	}
	return r, nil
}

// instant is the time of a mark: a string or a number that web.ParseInstant reads.
type instant marks.Request

// UnmarshalJSON reads one; null is none.
func (i *instant) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	t, err := web.ParseInstant(strings.Trim(string(text), `"`))
	i.Time = &t
	return err
}

// client names whoever sent a request, for a mark: the address without its port.
func client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = strings.Trim(r.RemoteAddr, "@")
	}
	return cmp.Or(host, "unix socket")
}

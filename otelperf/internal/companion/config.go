// SPDX-License-Identifier: Apache-2.0

package companion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
	"github.com/otelperf/otelperf-go/otelperf/internal/web"
)

// maxBody bounds the body of a change, in bytes.
const maxBody = 4 << 10

func (c *Companion) serveConfig(w http.ResponseWriter, r *http.Request) {
	web.JSON(w, r, c.service.Settings())
}

// serveChange takes a JSON object with some of the changeable settings. All of it is put in force or nothing.
func (c *Companion) serveChange(w http.ResponseWriter, r *http.Request) {
	patch, p := readPatch(w, r, `{"slow_threshold_ms": 300}`)
	if p != nil {
		problem.Write(w, *p)
		return
	}
	refused, err := c.service.Change(patch, client(r))
	if err != nil {
		web.Failed(w, err)
		return
	}
	if len(refused) > 0 {
		problem.Write(w, refusal(refused))
		return
	}
	c.shared.Forget()
	attrs := []slog.Attr{slog.String("client.address", r.RemoteAddr)}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		attrs = append(attrs, slog.String(name, string(patch[name])))
	}
	c.service.Audit(r.Context(), "otelperf configuration changed", attrs...)
	web.JSON(w, r, c.service.Settings())
}

// readPatch reads the body as an object of settings, such as the example.
func readPatch(w http.ResponseWriter, r *http.Request, example string) (map[string]json.RawMessage, *problem.Problem) {
	return readObject(w, r, "settings", "an object such as "+example, "application/merge-patch+json")
}

// readObject reads the body as an object of at most maxBody bytes with some of what in it; kinds are accepted beside application/json.
func readObject(w http.ResponseWriter, r *http.Request, what, example string, kinds ...string) (map[string]json.RawMessage, *problem.Problem) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kinds = append([]string{"application/json"}, kinds...); !slices.Contains(kinds, kind) {
		return nil, &problem.Problem{Status: http.StatusUnsupportedMediaType, Field: "Content-Type",
			Detail: "Send the " + what + " as a JSON object.", Accepted: strings.Join(kinds, ", ")}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &problem.Problem{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("A body has at most %d bytes.", maxBody)}
	}
	var patch map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(body))
	if err == nil {
		err = d.Decode(&patch)
	}
	if err != nil || d.More() || len(patch) == 0 {
		return nil, new(problem.Invalid("body", "The body is no JSON object with "+what+" in it.", example))
	}
	return patch, nil
}

// maxRefused bounds how many settings a refusal names.
const maxRefused = 10

// refusal names the settings that were refused, the first maxRefused of them.
func refusal(refused map[string]string) problem.Problem {
	names := slices.Sorted(maps.Keys(refused))
	names = names[:min(len(names), maxRefused)]
	var accepted []string
	for _, name := range names {
		accepted = append(accepted, fmt.Sprintf("%.64s: %s", name, refused[name]))
	}
	return problem.Problem{
		Status: http.StatusBadRequest, Field: strings.Join(names, ", "), Accepted: strings.Join(accepted, "; "),
		Detail: "Nothing was changed: " + strings.Join(accepted, "; ") + ".",
	}
}

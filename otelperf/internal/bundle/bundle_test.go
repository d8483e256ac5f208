// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/otelperf/otelperf-go/otelperf/internal/bundle"
	"github.com/otelperf/otelperf-go/slowlog"
)

// open returns the files of an archive.
func open(t *testing.T, b *bundle.Bundle) map[string]string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(content)
	}
	return files
}

func TestReadmeNamesEveryFile(t *testing.T) {
	files := open(t, &bundle.Bundle{Title: "GET /cart", Lines: []string{"GET /cart: p99 459 ms, usually 12 ms"}, Time: time.Unix(0, 0), Files: []bundle.File{
		{Name: "spike.json", About: "The spike.", Value: map[string]int{"n": 1}},
		{Name: "trace.out", About: "For go tool trace.", Content: []byte("go 1.26 trace")},
	}})
	if len(files) != 3 || files["spike.json"] != "{\n  \"n\": 1\n}\n" || files["trace.out"] != "go 1.26 trace" {
		t.Errorf("files: %v", files)
	}
	for _, part := range []string{"GET /cart\n=========\n", "usually 12 ms", "1970-01-01T00:00:00Z", "spike.json\n    The spike.", "trace.out\n    For go"} {
		if !strings.Contains(files["README.txt"], part) {
			t.Errorf("README.txt lacks %q:\n%s", part, files["README.txt"])
		}
	}
}

func TestWhatPassesTheBoundIsLeftOut(t *testing.T) {
	files := open(t, &bundle.Bundle{Title: "x", Files: []bundle.File{
		{Name: "large", Content: make([]byte, bundle.MaxBytes-1)}, {Name: "more", Content: make([]byte, 2)}, {Name: "small", Content: make([]byte, 1)},
	}})
	if _, ok := files["more"]; ok || len(files) != 3 || !strings.Contains(files["README.txt"], "more was left out") {
		t.Errorf("%d files, README.txt: %s", len(files), files["README.txt"])
	}
}

func TestFileThatCannotBeEncodedIsReported(t *testing.T) {
	var out bytes.Buffer
	if err := (&bundle.Bundle{Title: "x", Files: []bundle.File{{Name: "bad.json", Value: func() {}}}}).Write(&out); err == nil || !strings.Contains(err.Error(), "bad.json") {
		t.Errorf("error %v", err)
	}
}

// Whatever a request says of its caller is not in the bundle.
func TestNothingOfTheCallerIsInIt(t *testing.T) {
	const secret = "s3cr3t"
	names := []string{
		"SELECT * FROM users WHERE name='" + secret + "'", `get "` + secret + `"`, secret + "@example.com", "load 4711" + secret, "mail a" + secret + "@b",
	}
	start := time.Now()
	root := slowlog.Span{Name: "GET /cart", Start: start, End: start.Add(400 * time.Millisecond), SpanID: [8]byte{1}}
	var children []slowlog.Span
	for i, name := range names {
		children = append(children, slowlog.Span{
			Name: name, Start: start.Add(time.Duration(i) * 80 * time.Millisecond), End: start.Add(time.Duration(i+1) * 80 * time.Millisecond),
			SpanID: [8]byte{2, byte(i)}, Parent: root.SpanID, Status: codes.Error, StatusMessage: "no row for " + secret + ": " + secret,
			Call: slowlog.Call{DBStatement: "SELECT x FROM " + secret},
		})
	}
	e := &slowlog.Entry{
		Method: "GET", Route: "/cart", Path: "/cart/" + secret, Error: slowlog.ErrorInfo{Type: "*errors.errorString", Message: secret,
			Stack: "main.f(" + secret + ")\n\tmain.go:12 +0x1d"},
		Dimensions: map[string]string{"user.id": secret}, Anatomy: slowlog.Build(root, children, slowlog.BuildOptions{}), Start: start, Duration: root.End.Sub(start),
	}
	before, err := json.Marshal(e)
	if err != nil || strings.Count(string(before), secret) < 10 {
		t.Fatalf("the request as it is: %v %s", err, before)
	}
	text, err := json.Marshal(bundle.Request(e))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Errorf("it has the secret: %s", text)
	}
	for _, part := range []string{"SELECT * FROM users WHERE name=?", "main.f(...)", "main.go:12", "*errors.errorString", "failed after 80 ms"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("it lacks %q: %s", part, text)
		}
	}
	if after, _ := json.Marshal(e); !bytes.Equal(before, after) {
		t.Error("the request has changed")
	}
}

func TestHostsAndPortsStay(t *testing.T) {
	for detail, want := range map[string]string{
		"GET http://inventory:8080/people/alice": "GET http://inventory:8080/…",
		"GET inventory:8080":                     "GET inventory:8080",
		"GET 10.0.0.12:8080":                     "GET 10.0.0.12:8080",
		"SELECT users":                           "SELECT users",
		"GET http://inventory/items/471123":      "GET http://inventory/…",
	} {
		e := bundle.Request(&slowlog.Entry{Anatomy: &slowlog.Anatomy{Root: &slowlog.Node{Detail: detail}}})
		if got := e.Anatomy.Root.Detail; got != want {
			t.Errorf("%q became %q, want %q", detail, got, want)
		}
	}
}

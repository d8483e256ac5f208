// SPDX-License-Identifier: Apache-2.0

package client

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/otelperf/otelperf-go/otelperf"
)

const (
	goodSummary = `{"service":"shop","instance":"a","window":"5m","total_requests":7,"p99":1.5}`
	traceID     = "0af7651916cd43dd8448eb211c80319c"
)

// answer is a handler that sends the same to everybody.
func answer(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func newClient(t *testing.T, address string, o Options) *Client {
	t.Helper()
	c, err := New(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestBases(t *testing.T) {
	tests := []struct{ in, want string }{
		{"http://h:8080", "http://h:8080/debug/otelperf/ http://h:8080/"},
		{"http://h:8080/", "http://h:8080/debug/otelperf/ http://h:8080/"},
		{"h:8080", "http://h:8080/debug/otelperf/ http://h:8080/"},
		{":8080", "http://localhost:8080/debug/otelperf/ http://localhost:8080/"},
		{"https://h/debug/otelperf", "https://h/debug/otelperf/"},
		{"https://h/debug/otelperf/?window=1m#x", "https://h/debug/otelperf/"},
		{"https://h/a%2Fb", "https://h/a%2Fb/ https://h/a%2Fb/debug/otelperf/"},
		{"[::1]:80", "http://[::1]:80/debug/otelperf/ http://[::1]:80/"},
	}
	for _, tt := range tests {
		_, urls, err := bases(tt.in)
		var got []string
		for _, u := range urls {
			got = append(got, u.String())
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("bases(%q) is %v, %v, want %s", tt.in, got, err, tt.want)
		}
	}
	for _, in := range []string{"", "ftp://h", "http://", "http://h:port", "http://[::1", "\x1b[2J", "//"} {
		if _, urls, err := bases(in); err == nil || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("bases(%q) is %v, %v", in, urls, err)
		}
	}
}

func FuzzBases(f *testing.F) {
	f.Add("http://u:p@h:1/x?y#z")
	f.Fuzz(func(t *testing.T, address string) {
		_, urls, err := bases(address)
		if err != nil {
			return
		}
		for _, u := range urls {
			if !strings.HasSuffix(u.Path, "/") || u.RawQuery != "" || u.Fragment != "" || u.Host == "" {
				t.Errorf("bases(%q) has %q", address, u)
			}
		}
	})
}

// The endpoint is found wherever the service has it, and asked there from then on.
func TestFindsTheEndpoint(t *testing.T) {
	for _, mount := range []string{"/", "/debug/otelperf/", "/admin/perf/"} {
		asked := []string{}
		mux := http.NewServeMux()
		mux.Handle(mount+"summary", answer(200, "application/json", goodSummary))
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			mux.ServeHTTP(w, r)
		}))
		if mount == "/admin/perf/" {
			url += mount
		}
		c := newClient(t, url, Options{})
		for range 2 {
			if s, _, err := c.Summary(t.Context(), Period{Window: otelperf.Window5m}); err != nil || s.TotalRequests != 7 || *s.P99 != 1.5 {
				t.Fatalf("at %s: %+v, %v", mount, s, err)
			}
		}
		if last := asked[len(asked)-1]; last != mount+"summary" || len(asked) > 3 {
			t.Errorf("at %s: asked for %v", mount, asked)
		}
	}
}

// Where the endpoint is where it usually is, no path of the service itself is asked for, whatever is asked first: it would count as a request.
func TestAsksNoPathOfTheService(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/", answer(200, "application/json", goodSummary))
	for _, path := range []string{"", "/"} {
		url := serve(t, http.StripPrefix(strings.TrimSuffix(path, "/"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, usualMount) {
				t.Errorf("with the path %q it asks for %s", path, r.URL.Path)
			}
			mux.ServeHTTP(w, r)
		})))
		c := newClient(t, url+path, Options{})
		if _, err := c.Marks(t.Context()); err != nil {
			t.Errorf("with the path %q: %v", path, err)
		}
		if got := c.URL(); strings.Contains(got, "debug") {
			t.Errorf("the client of %s is named %s", url+path, got)
		}
	}
}

func TestTokenIsSentAndStaysThere(t *testing.T) {
	var leaked string
	other := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("Authorization") }))
	var got string
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		http.Redirect(w, r, other+"/login", http.StatusFound)
	}))
	_, _, err := newClient(t, url, Options{Token: "s3cret"}).Summary(t.Context(), Period{Window: otelperf.Window5m})
	if got != "Bearer s3cret" || leaked != "" {
		t.Errorf("the service got %q, another host %q", got, leaked)
	}
	if err == nil || !strings.Contains(err.Error(), "it redirects to "+other) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error is %v", err)
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	c := newClient(t, "http://user:s3cret@127.0.0.1:1/", Options{Timeout: time.Second})
	_, _, err := c.Summary(t.Context(), Period{Window: otelperf.Window5m})
	if strings.Contains(c.URL(), "s3cret") || err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("URL %q, error %v", c.URL(), err)
	}
}

// Every error is one line that says what to do next, and has nothing that a terminal acts on.
func TestFailures(t *testing.T) {
	problem := "application/problem+json"
	tests := []struct {
		name string
		h    http.HandlerFunc
		o    Options
		want string
	}{
		{"some page", answer(200, "text/html", "<html>"), Options{}, "no otelperf endpoint there (/debug/otelperf/: no JSON but a page; /: no JSON but a page)"},
		{"nothing there", answer(404, "text/plain", "no"), Options{}, "(/debug/otelperf/: status 404; /: status 404)"},
		{"other JSON", answer(200, "application/json", `{"status":"ok"}`), Options{}, "/: JSON without a window"},
		{"broken JSON", answer(200, "application/json", goodSummary[:20]), Options{}, "/: JSON that ends in the middle"},
		{"wrong types", answer(200, "application/json", `{"service":["\u001b[2J"]}`), Options{}, "JSON in which service is of another kind (array)"},
		{"token wanted", answer(401, problem, `{"detail":"x"}`), Options{}, "status 401: a token is needed: --token or OTELPERF_TOKEN"},
		{"wrong token", answer(401, problem, `{}`), Options{Token: "x"}, "status 401: the token is not the right one"},
		{"denied", answer(403, problem, `{"detail":"only \u001b[2Jfrom this machine\n"}`), Options{}, "status 403: only ?[2Jfrom this machine?"},
		{"denied by others", answer(403, "text/html", "<html>"), Options{}, "status 403 (Forbidden)"},
		{"server error", answer(502, "text/html", ""), Options{}, "status 502"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, Options{Timeout: 30 * time.Millisecond}, "no answer within 30ms"},
		{"too large", func(w http.ResponseWriter, _ *http.Request) { large(w) }, Options{Timeout: time.Minute}, "larger than 16 MiB"},
		{"too many objects", answer(200, "application/json", "["+strings.Repeat("{},", maxObjects+1)+"{}]"), Options{}, "more than 200000 objects"},
		{"in circles", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) }, Options{}, "it redirects in circles"},
		{"cuts off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Options{}, "no answer: the connection was closed"},
	}
	for _, tt := range tests {
		_, _, err := newClient(t, serve(t, tt.h), tt.o).Summary(t.Context(), Period{Window: otelperf.Window5m})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%s: error is %q, want %q in it", tt.name, err, tt.want)
		}
	}
}

// large sends a few KiB that become more than is read.
func large(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	chunk := strings.Repeat(" ", 1<<20)
	for range MaxAnswer>>20 + 1 {
		_, _ = io.WriteString(z, chunk)
	}
	_ = z.Close()
}

func TestNobodyThere(t *testing.T) {
	const address = "127.0.0.1:1"
	_, _, err := newClient(t, address, Options{}).Summary(t.Context(), Period{Window: otelperf.Window5m})
	if want := "http://" + address + "/: no answer: connection refused"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err = newClient(t, address, Options{}).Summary(ctx, Period{Window: otelperf.Window5m}); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a canceled context is %v", err)
	}
}

func TestTrace(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/slow/"+traceID, answer(200, "application/json",
		`{"service":"s","instance":"a","trace_id":"`+traceID+`","requests":[null,{"trace_id":"`+traceID+`","duration_ms":812.5}]}`))
	mux.Handle("/debug/otelperf/slow/", answer(404, "application/problem+json", `{"detail":"No request is kept.","field":"trace_id"}`))
	c := newClient(t, serve(t, mux), Options{})
	got, _, err := c.Trace(t.Context(), traceID)
	if err != nil || len(got.Requests) != 1 || got.Requests[0].Duration != 812500*time.Microsecond {
		t.Errorf("trace is %+v, %v", got, err)
	}
	if _, _, err := c.Trace(t.Context(), strings.Repeat("1", 32)); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "No request is kept.") {
		t.Errorf("error is %v, want ErrNotFound", err)
	}
}

// What answers may be anything: decoding neither panics nor accepts what is not ours.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(goodSummary))
	f.Add([]byte(`{"service":"s","instance":"a","requests":[{"anatomy":{"root":{"children":[null]}}}]}`))
	f.Add([]byte(`{"service":"s","instance":"a","endpoints":[{"histogram":{"counts":[18446744073709551615]}}],"slow":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var s otelperf.Summary
		if decodeSummary(body, &s) == nil && (s.Service == "" || s.Instance == "" || s.Window == "") {
			t.Errorf("%q is taken for a summary", body)
		}
		var trace SlowTrace
		if decodeTrace(body, &trace) == nil {
			for _, e := range trace.Requests {
				if e == nil {
					t.Errorf("%q gives a request that is nil", body)
				}
			}
		}
		for _, err := range []error{decodeEndpoints(body, new(EndpointList)), decodeDependencies(body, new(DependencyList)), decodeSlow(body, new(SlowList))} {
			if err != nil && (!errors.Is(err, ErrNotOurs) || strings.ContainsAny(err.Error(), "\n\x1b")) {
				t.Errorf("error is %q", err)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// guarded serves a page that only this machine may see, and returns its address.
func guarded(t *testing.T, cfg Config) *url.URL {
	t.Helper()
	srv := httptest.NewServer(New(cfg).Wrap(page))
	t.Cleanup(srv.Close)
	at, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// through sends a request to where a proxy listens as somebody elsewhere does, who knows the service as shop.example.
func through(t *testing.T, proxy http.Handler, method string, headers ...string) int {
	t.Helper()
	srv := httptest.NewServer(proxy)
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+"/summary", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "shop.example"
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// Proxies of the standard library stand in front of the page, on the same machine. What can be recognised is refused; what cannot
// be may look, and change nothing.
func TestReverseProxyLetsNobodyChange(t *testing.T) {
	at := guarded(t, Config{})
	hide := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(at) }}
	honest := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(at); r.SetXForwarded() }}
	usual := httputil.NewSingleHostReverseProxy(at)
	local := httputil.NewSingleHostReverseProxy(at)
	local.Director = func(r *http.Request) { r.URL.Scheme, r.URL.Host, r.Host = at.Scheme, at.Host, at.Host } //nolint:staticcheck // proxies of old have one
	for _, tt := range []struct {
		name    string
		proxy   http.Handler
		method  string
		headers []string
		want    int
	}{
		{"the default Director", usual, http.MethodGet, nil, 403},
		{"the default Director, pretending to be local", usual, http.MethodGet, []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"the default Director, asked to drop its header", usual, http.MethodGet, []string{"Connection", "X-Forwarded-For"}, 403},
		{"a Director that sets the Host", local, http.MethodGet, nil, 403},
		{"a Director that sets the Host, asked to drop its header", local, http.MethodGet, []string{"Connection", "X-Forwarded-For, Via"}, 403},
		{"a Rewrite with SetXForwarded", honest, http.MethodGet, nil, 403},
		{"a Rewrite with SetURL, a page in a browser", hide, http.MethodGet, []string{"Referer", "https://shop.example/debug/otelperf/"}, 403},
		{"a Rewrite with SetURL, a stream in a browser", hide, http.MethodGet, []string{"Origin", "https://shop.example"}, 403},
		{"a Rewrite with SetURL, POST", hide, http.MethodPost, nil, 403},
		{"a Rewrite with SetURL, PATCH", hide, http.MethodPatch, nil, 403},
		{"a Rewrite with SetURL, DELETE", hide, http.MethodDelete, nil, 403},
		{"a Rewrite with SetURL, another method", hide, "reset", nil, 403},
		{"a Rewrite with SetURL, a method in disguise", hide, http.MethodPost, []string{"X-HTTP-Method-Override", "GET"}, 403},
		{"a Rewrite with SetURL, a program that looks: it passes for a local client", hide, http.MethodGet, nil, 200},
	} {
		if got := through(t, tt.proxy, tt.method, tt.headers...); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	resp, err := http.Get(at.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("without a proxy: %s", resp.Status)
	}
}

// raw sends the lines of a request as they are, and returns the status.
func raw(t *testing.T, network, address string, lines ...string) int {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }() // was read as far as it matters
	if _, err := fmt.Fprint(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// These are the lines that a server gets from nginx and others, and from those who know what a proxy passes on.
func TestRequestLinesOfProxies(t *testing.T) {
	at := guarded(t, Config{LocalChanges: true})
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: New(Config{}).Wrap(page)}
	go func() { _ = srv.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = srv.Close() })
	for _, tt := range []struct {
		name  string
		lines []string
		want  int
	}{
		{"a local client", []string{"GET / HTTP/1.1", "Host: localhost"}, 200},
		{"nginx's proxy_pass", []string{"GET / HTTP/1.0", "Host: localhost", "Connection: close"}, 403},
		{"nginx's proxy_pass, POST", []string{"POST / HTTP/1.0", "Host: localhost", "Connection: close", "Content-Length: 0"}, 403},
		{"HTTP/1.0 without a Host", []string{"GET / HTTP/1.0"}, 403},
		{"a URL in the first line", []string{"GET http://localhost/ HTTP/1.1", "Host: localhost"}, 403},
		{"a URL in the first line, another Host", []string{"GET http://localhost/ HTTP/1.1", "Host: shop.example"}, 403},
		{"two lines for one header", []string{"GET / HTTP/1.1", "Host: localhost", "Referer: http://localhost/", "Referer: https://shop.example/"}, 403},
		{"a header in lower case and with an underscore", []string{"GET / HTTP/1.1", "Host: localhost", "x_forwarded_for: 127.0.0.1"}, 403},
		{"HAProxy with a Host of the client's", []string{"GET / HTTP/1.1", "Host: shop.example"}, 403},
	} {
		if got := raw(t, "tcp", at.Host, tt.lines...); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
		if got := raw(t, "unix", l.Addr().String(), tt.lines...); got != tt.want {
			t.Errorf("%s, over a unix socket: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// HTTP/2 without TLS has its Host in :authority.
func TestCleartextHTTP2(t *testing.T) {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	srv := httptest.NewUnstartedServer(New(Config{}).Wrap(page))
	srv.Config.Protocols = &protocols
	srv.Start()
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, srv.Listener.Addr().String())
	}}}
	defer client.CloseIdleConnections()
	for address, want := range map[string]int{"http://localhost/": 200, "http://shop.example/": 403, "http://localhost.shop.example/": 403} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 || resp.StatusCode != want {
			t.Errorf("%s: %s %d, want HTTP/2 and %d", address, resp.Proto, resp.StatusCode, want)
		}
	}
}

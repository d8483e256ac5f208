// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

var page = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// from is a request as a server would see it.
func from(peer, local, host string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/summary", nil)
	r.RemoteAddr, r.Host = peer, host
	if local != "" {
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(addr)))
	}
	return r
}

func status(g *Guard, r *http.Request) int {
	w := httptest.NewRecorder()
	g.Wrap(page).ServeHTTP(w, r)
	return w.Code
}

func TestOnlyThisMachine(t *testing.T) {
	const here, port = "127.0.0.1:40000", "127.0.0.1:8080"
	tests := []struct {
		name, peer, local, host string
		allowed                 bool
	}{
		{"plain", here, port, "localhost:8080", true},
		{"IPv6", "[::1]:40000", "[::1]:8080", "[::1]:8080", true},
		{"IPv4 mapped to IPv6", "[::ffff:127.0.0.1]:40000", "[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:8080", true},
		{"all of 127/8", "127.8.9.1:40000", "127.1.2.3:8080", "127.1.2.3", true},
		{"peer elsewhere", "192.0.2.1:40000", port, "localhost", false},
		{"peer in the local network", "10.0.0.7:40000", port, "localhost", false},
		{"peer elsewhere, mapped", "[::ffff:192.0.2.1]:40000", port, "localhost", false},
		{"peer without an address", "", port, "localhost", false},
		{"peer is no address", "localhost:40000", port, "localhost", false},
		{"peer unspecified", "0.0.0.0:40000", port, "localhost", false},
		{"came in from outside", here, "192.0.2.1:8080", "localhost", false},
		{"came in on an unknown address", here, "", "localhost", false},
		{"rebound name", here, port, "evil.com", false},
		{"Host elsewhere", here, port, "192.0.2.1:8080", false},
		{"IPv6 with a zone", "[::1%lo]:40000", "[::1%lo]:8080", "localhost:8080", true},
		{"peer is a link-local address", "[fe80::1%lo]:40000", "[::1]:8080", "localhost:8080", false},
		{"came in on a link-local address", "[::1]:40000", "[fe80::1%lo]:8080", "localhost:8080", false},
		{"Host with a zone", "[::1]:40000", "[::1]:8080", "[fe80::1%25lo]:8080", false},
		{"peer in IPv6 that embeds IPv4 (NAT64)", "[64:ff9b::7f00:1]:40000", "[::1]:8080", "localhost", false},
		{"Host empty", here, port, "", false},
		{"Host 0.0.0.0", here, port, "0.0.0.0:8080", false},
	}
	g := New(Config{})
	for _, tt := range tests {
		if got := status(g, from(tt.peer, tt.local, tt.host)); (got == http.StatusOK) != tt.allowed {
			t.Errorf("%s: %d, allowed should be %t", tt.name, got, tt.allowed)
		}
	}
}

func TestLoopbackHost(t *testing.T) {
	yes := []string{
		"localhost", "LOCALHOST", "LocalHost:8080", "localhost.", "localhost.:80", "localhost:", "localhost:65535",
		"127.0.0.1", "127.0.0.1:80", "127.255.255.254", "[::1]", "[::1]:443", "[0:0:0:0:0:0:0:1]:1", "[::ffff:127.0.0.1]",
	}
	no := []string{
		"", ".", ":", ":80", "localhost..", "localhost.evil.com", "evil-localhost", "localhost.evil.com:80", "x.localhost",
		"127.0.0.1.evil.com", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.01", "0.0.0.0", "::1",
		"[::1", "::1]", "[::1]x", "[::1]:80:80", "[127.0.0.1]", "[::1%25lo]", "[::1%lo]:80", "[::ffff:10.0.0.1]", "[::2]", "[]",
		"localhost:80:80", "localhost:evil", "localhost:65536", "localhost:99999999999999999999", "localhost:-1", "localhost:+1", "localhost:８０",
		"localhost@evil.com", "evil.com@localhost", "localhost/evil", "localhost ", " localhost", "localhost\x00", "localhost,evil.com",
		"ｌocalhost", "lоcalhost", "evil.com#localhost", "evil.com?localhost",
	}
	for _, host := range yes {
		if !loopbackHost(host) {
			t.Errorf("%q is refused", host)
		}
	}
	for _, host := range no {
		if loopbackHost(host) {
			t.Errorf("%q is taken for this machine", host)
		}
	}
}

func FuzzLoopbackHost(f *testing.F) {
	for _, s := range []string{"localhost:80", "[::1]:1", "127.0.0.1", "localhost.evil.com", "[::1%25x]", "::1", "LOCALHOST.:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !loopbackHost(host) {
			return
		}
		name := host
		if h, _, err := net.SplitHostPort(host); err == nil {
			name = h
		} else if strings.HasPrefix(host, "[") {
			name = strings.Trim(host, "[]")
		}
		name = strings.TrimSuffix(name, ".")
		if a, err := netip.ParseAddr(name); !strings.EqualFold(name, "localhost") && (err != nil || !a.Unmap().IsLoopback()) {
			t.Errorf("%q (%q) is taken for this machine", host, name)
		}
		for _, c := range []byte(host) {
			if c <= ' ' || c >= 0x7f || strings.IndexByte("/@?#,%\\", c) >= 0 {
				t.Errorf("%q is taken for this machine", host)
			}
		}
	})
}

func TestForwardedRequestsAreNotLocal(t *testing.T) {
	g := New(Config{})
	names := []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Anything", "x_forwarded_for",
		"X-Envoy-Attempt-Count", "x-envoy-internal", "X-Envoy-Peer-Metadata", "Tailscale-User-Login",
		"Proxy-Client-IP", "WL-Proxy-Client-IP", "X-Vercel-Forwarded-For", "X-Nf-Client-Connection-Ip", "Do-Connecting-IP",
		"X-Original-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CF-Connecting-IPv6", "Via",
	}
	for name := range forwardingHeaders {
		names = append(names, name)
	}
	for _, name := range names {
		for _, value := range []string{"127.0.0.1", "", "for=127.0.0.1"} {
			r := from("127.0.0.1:1", "127.0.0.1:2", "localhost")
			r.Header.Set(name, value)
			if got := status(g, r); got != http.StatusForbidden {
				t.Errorf("%s: %q: %d", name, value, got)
			}
		}
	}
	r := from("127.0.0.1:1", "127.0.0.1:2", "localhost")
	r.Header.Set("X-Request-Id", "1")
	if got := status(g, r); got != http.StatusOK {
		t.Errorf("an ordinary header: %d", got)
	}
}

// What a browser sends for a page of another host is refused, and what it sends for ours is not.
func TestPagesOfOthersAreNotLocal(t *testing.T) {
	g := New(Config{})
	for _, tt := range []struct {
		key, value string
		allowed    bool
	}{
		{"Referer", "https://shop.example/debug/otelperf/", false},
		{"Referer", "https://shop.example", false},
		{"Referer", "http://localhost.shop.example/", false},
		{"Referer", "http://localhost@shop.example/", false},
		{"Referer", "//shop.example/", false},
		{"Referer", "shop.example", false},
		{"Referer", "http://[::1", false},
		{"Referer", "about:blank", false},
		{"Referer", "http://192.168.0.7/", false},
		{"Referer", "http://localhost:8080/debug/otelperf/", true},
		{"Referer", "http://127.0.0.1:8080/debug/otelperf/?window=1h", true},
		{"Referer", "http://[::1]:8080/", true},
		{"Referer", "http://localhost:3000/", true}, // another program of this machine
		{"Referer", "", true},
		{"Origin", "https://shop.example", false},
		{"Origin", "null", false},
		{"Origin", "http://localhost:8080", true},
		{"Sec-Fetch-Site", "cross-site", false},
		{"Sec-Fetch-Site", "same-origin", true},
		{"Sec-Fetch-Site", "none", true},
	} {
		r := from("127.0.0.1:1", "127.0.0.1:2", "localhost")
		r.Header.Set(tt.key, tt.value)
		if got := status(g, r); (got == http.StatusOK) != tt.allowed {
			t.Errorf("%s: %s: %d, allowed should be %t", tt.key, tt.value, got, tt.allowed)
		}
	}
	r := from("127.0.0.1:1", "127.0.0.1:2", "localhost")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	if got := status(g, r); got != http.StatusOK {
		t.Errorf("a link that was followed: %d", got)
	}
	r = from("127.0.0.1:1", "127.0.0.1:2", "localhost")
	r.Header.Set("Referer", "https://shop.example/")
	r.Header.Set("Authorization", "Bearer t")
	if got := status(New(Config{BearerToken: "t"}), r); got != http.StatusOK {
		t.Errorf("behind a proxy with the token: %d", got)
	}
}

func TestRefusalSaysWhy(t *testing.T) {
	w := httptest.NewRecorder()
	g := New(Config{})
	g.Wrap(page).ServeHTTP(w, from("192.0.2.1:1", "127.0.0.1:2", "localhost"))
	var p problem.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if w.Code != 403 || p.Status != 403 || w.Header().Get("Content-Type") != problem.ContentType || !strings.Contains(p.Detail, "from another") ||
		!strings.Contains(p.Detail, "WithBearerToken") || g.Denied() != 1 {
		t.Errorf("%d %v %+v, %d denied", w.Code, w.Header(), p, g.Denied())
	}
}

func TestRealListeners(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ network, address string }{{"tcp", "127.0.0.1:0"}, {"unix", filepath.Join(dir, "s")}} {
		l, err := net.Listen(tt.network, tt.address)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: New(Config{}).Wrap(page)}
		go func() { _ = srv.Serve(l) }()
		client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, l.Addr().Network(), l.Addr().String())
		}}}
		for host, want := range map[string]int{"localhost": 200, "evil.com": 403} {
			resp, err := client.Get("http://" + host + "/")
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s, Host %s: %d, want %d", tt.network, host, resp.StatusCode, want)
			}
		}
		client.CloseIdleConnections()
		_ = srv.Close()
	}
}

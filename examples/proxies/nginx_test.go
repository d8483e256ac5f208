// SPDX-License-Identifier: Apache-2.0

package proxies

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelperf/otelperf-go/examples/internal/exampletest"
	"github.com/otelperf/otelperf-go/otelperf"
)

const token = "correct horse battery staple"

// locations are ways to pass requests on, by the path below which nginx does so. TCP, UNIX and TOKEN are upstreams.
var locations = map[string]string{
	"plain":     `proxy_pass http://TCP/debug/otelperf/;`,
	"old":       `proxy_pass http://TCP/debug/otelperf/; proxy_http_version 1.0;`, // the default before nginx 1.29.7
	"socket":    `proxy_pass http://unix:UNIX:/debug/otelperf/; proxy_http_version 1.0;`,
	"named":     `proxy_pass http://TCP/debug/otelperf/; proxy_http_version 1.1; proxy_set_header Host $host;`,
	"forwarded": `proxy_pass http://TCP/debug/otelperf/; proxy_http_version 1.1; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`,
	"hiding":    `proxy_pass http://TCP/debug/otelperf/; proxy_http_version 1.1;`,
	"token":     `proxy_pass http://TOKEN/debug/otelperf/; proxy_http_version 1.0; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`,
}

// endpoint serves the companion endpoint of a Monitor where l listens.
func endpoint(t *testing.T, l net.Listener, opts ...otelperf.Option) string {
	t.Helper()
	mon, err := otelperf.New(append(opts, otelperf.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/otelperf/", http.StripPrefix("/debug/otelperf", mon.Handler()))
	srv := &http.Server{Handler: mux}
	go func() { _ = srv.Serve(l) }() // ends with Close
	t.Cleanup(func() {
		_ = srv.Close()
		_ = mon.Shutdown(context.Background())
	})
	return l.Addr().String()
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// startNginx starts an nginx with those locations, which ends with the test, and returns its address.
func startNginx(t *testing.T) string {
	t.Helper()
	binary := exampletest.Command(t, exampletest.Nginx, "nginx")
	dir, at := t.TempDir(), exampletest.Address(t)
	upstreams := strings.NewReplacer(
		"TCP", endpoint(t, listen(t, "tcp", "127.0.0.1:0")),
		"UNIX", endpoint(t, listen(t, "unix", filepath.Join(dir, "s"))),
		"TOKEN", endpoint(t, listen(t, "tcp", "127.0.0.1:0"), otelperf.WithBearerToken(token)))
	var config strings.Builder
	fmt.Fprintf(&config, "daemon off; master_process off; pid %s/pid; error_log stderr warn; events {}\nhttp { access_log off;\n", dir)
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&config, "%s_temp_path %s/%s;\n", kind, dir, kind)
	}
	fmt.Fprintf(&config, "server { listen %s;\n", at)
	for path, how := range locations {
		fmt.Fprintf(&config, "location /%s/ { %s }\n", path, upstreams.Replace(how))
	}
	config.WriteString("} }\n")
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-p", dir, "-c", path, "-e", "stderr")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	exampletest.Eventually(t, "nginx listens", func() bool {
		conn, err := net.Dial("tcp", at)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
	return "http://" + at
}

// A nginx that passes everything on, as its documentation begins, opens the endpoint to nobody but, where it hides itself wholly,
// to programs that only look.
func TestBehindNginx(t *testing.T) {
	base := startNginx(t)
	for _, tt := range []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"HTTP/1.0", http.MethodGet, "old/summary", nil, 403},
		{"HTTP/1.0, pretending to be local", http.MethodGet, "old/summary", []string{"X-Forwarded-For", "127.0.0.1"}, 403},
		{"HTTP/1.0, POST", http.MethodPost, "old/reset", nil, 403},
		{"HTTP/1.0, to a unix socket", http.MethodGet, "socket/summary", nil, 403},
		{"HTTP/1.0, to a unix socket, POST", http.MethodPost, "socket/reset", nil, 403},
		{"the default, a page in a browser", http.MethodGet, "plain/summary", []string{"Referer", "https://shop.example/plain/"}, 403},
		{"the default, POST", http.MethodPost, "plain/reset", nil, 403},
		{"the default, PATCH", http.MethodPatch, "plain/config", nil, 403},
		{"the Host passed on", http.MethodGet, "named/summary", nil, 403},
		{"X-Forwarded-For", http.MethodGet, "forwarded/summary", nil, 403},
		{"X-Forwarded-For, asked to drop it", http.MethodGet, "forwarded/summary", []string{"Connection", "X-Forwarded-For"}, 403},
		{"HTTP/1.1 and nothing else, a page in a browser", http.MethodGet, "hiding/summary", []string{"Referer", "https://shop.example/hiding/"}, 403},
		{"HTTP/1.1 and nothing else, POST", http.MethodPost, "hiding/reset", nil, 403},
		{"HTTP/1.1 and nothing else, PATCH", http.MethodPatch, "hiding/config", nil, 403},
		{"HTTP/1.1 and nothing else, a program that looks: it passes for a local client", http.MethodGet, "hiding/summary", nil, 200},
		{"without the token", http.MethodGet, "token/summary", nil, 401},
		{"with the token", http.MethodGet, "token/summary", []string{"Authorization", "Bearer " + token}, 200},
		{"with the token, POST", http.MethodPost, "token/reset", []string{"Authorization", "Bearer " + token}, 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, base+"/"+tt.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "shop.example"
		for i := 0; i+1 < len(tt.headers); i += 2 {
			req.Header.Set(tt.headers[i], tt.headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s: %s %s: %d, want %d", tt.name, tt.method, tt.path, resp.StatusCode, tt.want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// A server is an http.Server on a listener of its own.
type server struct {
	http    *http.Server
	url     string
	address string
	served  chan error
}

func serveAnywhere(h http.Handler, l *slog.Logger) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the inventory service: %w", err)
	}
	return serve(listener, h, l), nil
}

func serve(l net.Listener, h http.Handler, logger *slog.Logger) *server {
	address := reachable(l.Addr())
	s := &server{
		http:    &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: newErrorLog(logger)},
		url:     "http://" + address,
		address: address,
		served:  make(chan error, 1),
	}
	go func() { s.served <- s.http.Serve(l) }()
	return s
}

// reachable is the address for a client on this machine: a wildcard is no place to go to.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// shutdown ends the server and returns what went wrong while it served.
func (s *server) shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// MaxAnswer is the most bytes of an answer, decompressed, that are read.
	MaxAnswer = 16 << 20
	// MaxArchive is the same for an archive, compressed.
	MaxArchive = 64 << 20
	// DefaultTimeout is for one answer, from the connection to its last byte.
	DefaultTimeout = 5 * time.Second
	maxRedirects   = 3
)

// Options say how a Client asks.
type Options struct {
	Token   string        // sent as a bearer token; "": none
	Timeout time.Duration // for one answer; 0: DefaultTimeout
}

// Client asks one service. It is safe for concurrent use.
type Client struct {
	name    string // the URL without a password
	try     []*url.URL
	found   atomic.Pointer[url.URL] // the one of try that answered as otelperf does
	token   string
	timeout time.Duration
	http    *http.Client
}

// New returns a client of the service at address, which is a URL of the service, of the endpoint or just HOST:PORT. It does not
// connect yet.
func New(address string, o Options) (*Client, error) {
	try, err := bases(address)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	c := &Client{name: try[0].Redacted(), try: try, token: o.Token, timeout: o.Timeout}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxResponseHeaderBytes = 64 << 10
	transport.MaxIdleConnsPerHost = 2
	c.http = &http.Client{Transport: transport, CheckRedirect: stayThere}
	return c, nil
}

// URL is what the client was made for, with neither password nor the path at which the endpoint was found.
func (c *Client) URL() string { return c.name }

// Close gives idle connections up.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// stayThere follows redirects on one host only: another one is a login page, or somebody who wants the token.
func stayThere(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
		return &redirectError{to: r.URL.Scheme + "://" + r.URL.Host}
	}
	if len(via) >= maxRedirects {
		return &redirectError{}
	}
	return nil
}

// fetch asks for path below the endpoint and gives the answer to read, which reports whether it makes sense. Until one
// answer did, each of the places where the endpoint may be is tried.
func (c *Client) fetch(ctx context.Context, path string, query url.Values, read func([]byte) error) error {
	return c.fetchKind(ctx, kindJSON, path, query, read)
}

// change sends body as JSON with a method that changes something, and gives the answer to read. Nothing is sent to a place of which it is
// not known that it is the endpoint.
func (c *Client) change(ctx context.Context, method, path string, query url.Values, body any, read func([]byte) error) error {
	if _, err := c.Mutes(ctx); err != nil {
		return err
	}
	k := kindJSON
	k.method = method
	if body != nil {
		var err error
		if k.body, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return c.fetchKind(ctx, k, path, query, read)
}

// kind is what an answer is: what is asked for, what its Content-Type has in it, and how large it may be; and how it is asked for.
type kind struct {
	accept, contains string
	most             int64
	wrong            error
	method           string         // GET if empty
	header           func([]string) // if set, is given the headers Server and Via
	body             []byte         // JSON; nil: none
}

var (
	kindJSON = kind{accept: "application/json", contains: "json", most: MaxAnswer, wrong: errNotJSON}
	kindZip  = kind{accept: "application/zip", contains: "zip", most: MaxArchive, wrong: errNotZip}
)

func (c *Client) fetchKind(ctx context.Context, k kind, path string, query url.Values, read func([]byte) error) error {
	if base := c.found.Load(); base != nil {
		return c.named(c.fetchAt(ctx, base, k, path, query, read))
	}
	var wrong notOurs
	for _, base := range c.try {
		err := c.fetchAt(ctx, base, k, path, query, read)
		if err == nil || isSettled(err) {
			c.found.Store(base)
			return c.named(err)
		}
		if !wrong.add(base, err) {
			return c.named(err)
		}
	}
	return c.named(wrong.err())
}

func (c *Client) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

func (c *Client) fetchAt(ctx context.Context, base *url.URL, k kind, path string, query url.Values, read func([]byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	u := base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, cmp.Or(k.method, http.MethodGet), u.String(), bytes.NewReader(k.body))
	if err != nil {
		return err
	}
	req.Header.Set("Accept", k.accept)
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "otelperf")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if k.header != nil {
		for _, name := range []string{"Server", "Via"} {
			k.header(resp.Header.Values(name))
		}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, k.most+1))
	switch {
	case err != nil:
		return c.unreachable(err)
	case int64(len(body)) > k.most:
		return fmt.Errorf("the answer is larger than %d MiB", k.most>>20)
	case resp.StatusCode != http.StatusOK:
		return c.refused(resp, body)
	case !strings.Contains(resp.Header.Get("Content-Type"), k.contains):
		return k.wrong
	}
	return read(body)
}

// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// request is a message in the form of its sink.
type request struct {
	url    string
	body   []byte
	header map[string]string
}

// refusal is an answer that another try would not change.
type refusal struct{ error }

// later is an answer that says when to try again.
type later struct {
	error
	after time.Duration
}

// maxRetryAfter bounds what a Retry-After is heeded for.
const maxRetryAfter = 15 * time.Minute

// config is the one of package tls; its errors name the field, and no path.
func (t TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.RootCAsFile != "" {
		pem, err := os.ReadFile(t.RootCAsFile)
		c.RootCAs = x509.NewCertPool()
		if err != nil || !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("TLS.RootCAsFile is no file with certificates in PEM that can be read")
		}
	}
	if t.CertFile == "" && t.KeyFile == "" {
		return c, nil
	}
	load := func() (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, errors.New("TLS.CertFile and TLS.KeyFile are no certificate and key in PEM that can be read")
		}
		return &cert, nil
	}
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	_, err := load()
	return c, err
}

// client returns the HTTP client of a sink. It follows no redirect, which would carry secrets elsewhere.
func (c *sinkConfig) client() *http.Client {
	tlsConfig, err := c.tls.config()
	if err != nil { // it was there when the option was checked
		c.refuse("%v", err)
		return nil
	}
	proxy := http.ProxyFromEnvironment
	if c.proxy != nil {
		proxy = http.ProxyURL(c.proxy)
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: proxy, TLSClientConfig: tlsConfig, ForceAttemptHTTP2: true, MaxConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends a message once. The error shows neither the URL nor the answer's text: either may hold a secret.
func (s *sink) post(ctx context.Context, r request) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return refusal{errURL}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "otelperf")
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if s.token.given() {
		token, err := s.token.read()
		if err != nil {
			return fmt.Errorf("bearer token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		if ctx.Err() != nil {
			err = fmt.Errorf("no answer within %v", s.timeout)
		}
		return err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	_ = resp.Body.Close()
	return verdict(resp)
}

// verdict is what an answer's status says.
func verdict(resp *http.Response) error {
	code := resp.StatusCode
	err := fmt.Errorf("the answer is %d", code)
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return refusal{fmt.Errorf("the answer is %d: redirects are not followed", code)}
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		if d := retryAfter(resp.Header.Get("Retry-After")); d > 0 {
			return later{err, d}
		}
		return err
	}
	return refusal{err}
}

// retryAfter reads the header, seconds or a date; 0 if it says nothing.
func retryAfter(value string) time.Duration {
	if n, err := strconv.Atoi(value); err == nil {
		return min(max(time.Duration(min(n, 1<<20))*time.Second, 0), maxRetryAfter)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), maxRetryAfter)
	}
	return 0
}

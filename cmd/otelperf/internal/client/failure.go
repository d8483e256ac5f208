// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// What callers tell apart.
var (
	// ErrNotOurs is wrapped when something answers that is no otelperf endpoint.
	ErrNotOurs = errors.New("no otelperf endpoint")
	// ErrNotFound is wrapped when the endpoint has no such thing, or no longer.
	ErrNotFound = errors.New("not found")

	errNotJSON = errors.New("no JSON")
	errNotZip  = errors.New("no zip archive")
)

// redirectError is a redirect that is not followed. An empty to means too many.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	if e.to == "" {
		return "it redirects in circles"
	}
	return "it redirects to " + plain.Clip(e.to, 100) + ", where no token is sent: is a login in front of it?"
}

// statusError is an answer other than 200.
type statusError struct {
	status int
	field  string // the input that a problem names
	text   string
}

func (e *statusError) Error() string { return e.text }

func (e *statusError) Is(target error) bool {
	return target == ErrNotFound && e.status == http.StatusNotFound && e.field != ""
}

// Field is the input that an endpoint refused, in its words; "" if the error is about none.
func Field(err error) string {
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.field
	}
	return ""
}

// isSettled tells that an error came from an otelperf endpoint: it names the input at fault.
func isSettled(err error) bool {
	status, ok := errors.AsType[*statusError](err)
	return ok && status.field != ""
}

// unreachable puts a failed exchange into a few words.
func (c *Client) unreachable(err error) error {
	if to, ok := errors.AsType[*redirectError](err); ok {
		return to
	}
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	if t, ok := errors.AsType[net.Error](err); errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || ok && t.Timeout() {
		return fmt.Errorf("no answer within %v", c.timeout)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("no answer: %s", plain.Clip("there is no host "+dns.Name, 100))
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
		if sys, ok := errors.AsType[*os.SyscallError](err); ok {
			err = sys.Err
		}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return fmt.Errorf("no answer: %s", plain.Clip(err.Error(), 160))
}

// refused says what an answer other than 200 means.
func (c *Client) refused(resp *http.Response, body []byte) error {
	e := &statusError{status: resp.StatusCode}
	detail := ""
	var p struct{ Detail, Field, Accepted string }
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") && json.Unmarshal(body, &p) == nil {
		detail, e.field = plain.Clip(p.Detail, 300), p.Field
		if p.Accepted != "" && !strings.Contains(p.Detail, p.Accepted) {
			if detail = strings.TrimSuffix(detail, "."); detail != "" {
				detail += "; "
			}
			detail += "accepted"
			if p.Field != "" && !strings.Contains(p.Detail, p.Field) {
				detail += " as " + plain.Clip(p.Field, 60)
			}
			detail += ": " + plain.Clip(p.Accepted, 200)
		}
	}
	switch {
	case e.status == http.StatusUnauthorized && c.token == "":
		detail = "a token is needed: --token or OTELPERF_TOKEN"
	case e.status == http.StatusUnauthorized:
		detail = "the token is not the right one"
	}
	e.text = fmt.Sprintf("status %d", e.status)
	if detail != "" {
		e.text += ": " + detail
	} else if name := http.StatusText(e.status); name != "" {
		e.text += " (" + name + ")"
	}
	return e
}

// notOurs collects why the places that were tried are not the endpoint.
type notOurs struct {
	tried   []string
	telling error // the last 401, 403 or 5xx, as a proxy sends it while the service restarts: the endpoint may well be there
}

// add reports whether trying another place makes sense after err.
func (n *notOurs) add(base *url.URL, err error) bool {
	status, isStatus := errors.AsType[*statusError](err)
	switch {
	case isStatus && (status.status == http.StatusUnauthorized || status.status == http.StatusForbidden || status.status >= 500):
		n.telling = err
	case !isStatus && !errors.Is(err, errNotJSON) && !errors.Is(err, errNotZip) && !errors.Is(err, ErrNotOurs):
		return false
	}
	why := err.Error()
	if isStatus {
		why = fmt.Sprintf("status %d", status.status)
	}
	n.tried = append(n.tried, base.Path+": "+strings.TrimPrefix(why, ErrNotOurs.Error()+": "))
	return true
}

func (n *notOurs) err() error {
	if n.telling != nil {
		return n.telling
	}
	return fmt.Errorf("%w there (%s); give the URL that Monitor.Handler is mounted at", ErrNotOurs, plain.Clip(strings.Join(n.tried, "; "), 300))
}

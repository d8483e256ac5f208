// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/otelperf/otelperf-go/cmd/otelperf/internal/plain"
)

// usualMount is where the README mounts the endpoint.
const usualMount = "/debug/otelperf/"

var errAddress = errors.New("no URL")

// bases reads an address as a person types it: with or without a scheme, a trailing slash, the path that the endpoint is
// mounted at. It returns what was given, and what to try, in this order; each ends in a slash. Of a URL without a path, where the endpoint
// usually is comes first: a question to a path of the service itself would count as one of its requests.
func bases(address string) (given *url.URL, try []*url.URL, err error) {
	text := strings.TrimSpace(address)
	if !strings.Contains(text, "://") {
		if strings.HasPrefix(text, ":") {
			text = "localhost" + text
		}
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, nil, fmt.Errorf("%w: %q, accepted: http://HOST:PORT, https://HOST/PATH, HOST:PORT", errAddress, plain.Clip(address, 60))
	}
	u.RawQuery, u.Fragment, u.ForceQuery, u.RawFragment = "", "", false, ""
	given = u.JoinPath("/")
	if given.Path == "" {
		given.Path = "/"
	}
	if !strings.HasSuffix(given.Path, "/") {
		given.Path += "/"
	}
	switch usual := given.JoinPath(usualMount); {
	case strings.HasSuffix(given.Path, usualMount):
		try = []*url.URL{given}
	case given.Path == "/":
		try = []*url.URL{usual, given}
	default:
		try = []*url.URL{given, usual}
	}
	return given, try, nil
}

// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net/http"
	"strings"
)

// forwardingPrefixes and forwardingHeaders are what proxies, load balancers and content
// networks add to a request that they pass on. In lower case, with '-' for '_'.
var forwardingPrefixes = []string{
	"x-forwarded",          // -For, -Host, -Proto, -Port, -Server, -Prefix, ...
	"x-original-forwarded", // ingress-nginx
	"cf-connecting-ip",     // Cloudflare, also -ipv6
}

var forwardingHeaders = map[string]bool{
	"forwarded":                true, // RFC 7239
	"via":                      true, // RFC 9110
	"x-real-ip":                true, // nginx
	"x-client-ip":              true,
	"client-ip":                true,
	"true-client-ip":           true, // Akamai, Cloudflare
	"x-cluster-client-ip":      true, // Rackspace, Zeus
	"x-originating-ip":         true,
	"x-remote-ip":              true,
	"x-remote-addr":            true,
	"x-proxyuser-ip":           true,
	"x-original-host":          true, // Azure Application Gateway
	"x-envoy-external-address": true, // Envoy
	"x-azure-clientip":         true, // Azure Front Door
	"x-azure-socketip":         true,
	"x-appengine-user-ip":      true, // App Engine
	"fastly-client-ip":         true,
	"fly-client-ip":            true,
	"cdn-loop":                 true, // RFC 8586
}

// forwarded says whether a header of those is there, whatever its value.
func forwarded(h http.Header) bool {
	for key := range h {
		name := strings.ReplaceAll(strings.ToLower(key), "_", "-")
		if forwardingHeaders[name] {
			return true
		}
		for _, prefix := range forwardingPrefixes {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}

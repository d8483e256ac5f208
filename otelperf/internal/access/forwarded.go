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
	"x-envoy-",             // Envoy, Istio
	"tailscale-",           // tailscale serve: -User-Login, -User-Name, ...
}

var forwardingHeaders = map[string]bool{
	"forwarded":                 true, // RFC 7239
	"via":                       true, // RFC 9110
	"x-real-ip":                 true, // nginx
	"x-client-ip":               true,
	"client-ip":                 true,
	"true-client-ip":            true, // Akamai, Cloudflare
	"x-cluster-client-ip":       true, // Rackspace, Zeus
	"x-originating-ip":          true,
	"x-remote-ip":               true,
	"x-remote-addr":             true,
	"x-proxyuser-ip":            true,
	"x-original-host":           true, // Azure Application Gateway
	"x-azure-clientip":          true, // Azure Front Door
	"x-azure-socketip":          true,
	"x-appengine-user-ip":       true, // App Engine
	"fastly-client-ip":          true,
	"fly-client-ip":             true,
	"cdn-loop":                  true, // RFC 8586
	"proxy-client-ip":           true, // WebLogic's plug-in for Apache
	"wl-proxy-client-ip":        true, // WebLogic
	"x-vercel-forwarded-for":    true,
	"x-nf-client-connection-ip": true, // Netlify
	"do-connecting-ip":          true, // DigitalOcean
	"x-proxied-for":             true,
	"x-coming-from":             true,
	"x-arr-log-id":              true, // IIS with Application Request Routing
	"proxy-connection":          true, // sent to proxies alone
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

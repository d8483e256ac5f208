// SPDX-License-Identifier: Apache-2.0

package access

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// notLocal says why a request is not from this machine, or "" if it is.
func notLocal(r *http.Request) string {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	_, unix := local.(*net.UnixAddr)
	switch {
	case local == nil:
		return "Only this machine may look, and the server does not tell on which address this request came in."
	case !unix && !loopbackAddr(local):
		return "Only this machine may look, and this request came in on an address that others can reach."
	case !unix && !loopbackPeer(r.RemoteAddr):
		return "Only this machine may look, and this request comes from another."
	case !loopbackHost(r.Host):
		return "Only this machine may look, and the Host header names another."
	case forwarded(r.Header):
		return "Only this machine may look, and this request was forwarded by a proxy."
	case !r.ProtoAtLeast(1, 1):
		return "Only this machine may look, and this request is HTTP/1.0, as nginx's proxy_pass sends it for others."
	case r.RequestURI != "" && r.RequestURI[0] != '/':
		return "Only this machine may look, and this request names its server in its first line, as requests to a proxy do."
	case foreignPage(r.Header):
		return "Only this machine may look, and this request comes from a page of another: type the address instead of following a link."
	}
	return ""
}

// foreignPage says whether a browser sent the request for a page that this machine did not serve: its Referer or Origin names
// another host, or it is part of a page of another site. A link that was followed from another site without a Referer is none.
func foreignPage(h http.Header) bool {
	for _, key := range [...]string{"Origin", "Referer"} {
		for _, v := range h[key] {
			if u, err := url.Parse(v); v != "" && (err != nil || !loopbackHost(u.Host)) {
				return true
			}
		}
	}
	return h.Get("Sec-Fetch-Site") == "cross-site" && h.Get("Sec-Fetch-Mode") != "navigate"
}

func loopbackAddr(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return loopbackPeer(a.String())
	}
	return tcp.AddrPort().Addr().Unmap().IsLoopback()
}

// loopbackPeer takes an address as in Request.RemoteAddr.
func loopbackPeer(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// loopbackHost says whether a Host header names this machine: localhost, with or without
// the root's dot, or a loopback address in its full form, with or without a port.
// Names below localhost are not taken, as not every resolver keeps them here.
func loopbackHost(host string) bool {
	name, ok := cutPort(host)
	if !ok {
		return false
	}
	if bracketed, ok := strings.CutPrefix(name, "["); ok {
		inner, ok := strings.CutSuffix(bracketed, "]")
		a, err := netip.ParseAddr(inner)
		return ok && err == nil && a.Is6() && a.Zone() == "" && a.Unmap().IsLoopback()
	}
	if strings.EqualFold(strings.TrimSuffix(name, "."), "localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Is4() && a.IsLoopback()
}

// cutPort cuts ":port" off, if the port is empty or a number up to 65535.
func cutPort(host string) (string, bool) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host, true
	}
	n := 0
	for _, c := range []byte(host[i+1:]) {
		if c < '0' || c > '9' || n > 65535 {
			return "", false
		}
		n = n*10 + int(c-'0')
	}
	return host[:i], n <= 65535
}

// SPDX-License-Identifier: Apache-2.0

// Package access decides who may look at the endpoint of otelperf.
//
// Unless configured otherwise this machine alone may look, and nobody may change anything. A request
// may look if all hold:
//
//   - its peer is a loopback address, and so is the address it came in on
//     (http.LocalAddrContextKey); or it came over a unix socket
//   - its Host is localhost or a loopback address, so that a name which an attacker
//     points to 127.0.0.1 does not work (DNS rebinding)
//   - it carries no header that a proxy adds: Forwarded, Via, X-Forwarded*, X-Real-IP, X-Envoy*
//     and the others in forwarded.go, whatever their value
//   - it is HTTP/1.1 or newer, and its first line has a path and no URL
//   - no Referer or Origin names another host, and it is no part of a page of another site
//
// A reverse proxy on the same host that hides all that is taken for a local client. So do, with a program behind them that
// sends no Referer: nginx with "proxy_http_version 1.1" (the default from nginx 1.29.7 on) and without
// "proxy_set_header X-Forwarded-For", Go's httputil.ReverseProxy with Rewrite and without SetXForwarded, HAProxy without "option
// forwardfor" if the client sends Host: localhost, and whatever passes on TCP. (nginx's proxy_pass of before, and
// httputil.ReverseProxy with its default Director, are recognised.) Behind any proxy an authorizer or a token is to be set.
// Over a unix socket use a URL such as http://localhost/.
//
// This is why changes, which are all methods but GET, HEAD and OPTIONS, need an authorizer or a token, or Config.LocalChanges.
//
// An authorizer or a bearer token replaces these checks. With both, either lets in. The token
// comes in an Authorization header, or once by POST login, which answers with a
// cookie for pages and event streams. That cookie holds no token: it is signed with a
// key of this process, ends with it, with its time, or with POST logout. Who sends ten wrong tokens has to wait (429), and so
// does nobody else: see guesses.
//
// Changes pass http.CrossOriginProtection first, however they are let in.
//
// All exported methods are safe for concurrent use.
package access

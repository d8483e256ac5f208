// SPDX-License-Identifier: Apache-2.0

// Package access decides who may look at the endpoint of otelperf.
//
// Unless configured otherwise that is this machine alone. A request is let in if all hold:
//
//   - its peer is a loopback address, and so is the address it came in on
//     (http.LocalAddrContextKey); or it came over a unix socket
//   - its Host is localhost or a loopback address, so that a name which an attacker
//     points to 127.0.0.1 does not work (DNS rebinding)
//   - it carries no header that a proxy adds: Forwarded, Via, X-Forwarded*, X-Real-IP
//     and the others in forwarded.go, whatever their value
//
// A reverse proxy on the same host that hides all that would be taken for a local
// client. Behind any proxy an authorizer or a token is to be set. Over a unix
// socket use a URL such as http://localhost/.
//
// An authorizer or a bearer token replaces these checks. With both, either lets in. The token
// comes in an Authorization header, or once by POST login, which answers with a
// cookie for pages and event streams. That cookie holds no token: it is signed with a
// key of this process, ends with it, with its time, or with POST logout.
//
// Requests that may change state (all but GET, HEAD and OPTIONS) pass
// http.CrossOriginProtection first, however they are let in.
//
// All exported methods are safe for concurrent use.
package access

// SPDX-License-Identifier: Apache-2.0

package conventions

// otherMethod is the method of requests whose own is not known.
const otherMethod = "_OTHER"

// methods are those of the IANA's registry of HTTP methods, and those of caches. Instrumentations of old have methods as the client wrote
// them, of which there is no end.
var methods = func() map[string]bool {
	known := map[string]bool{}
	for _, m := range []string{
		"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY", otherMethod,
		"ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR",
		"MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH", "PRI", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND",
		"UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL", "PURGE", "BAN",
	} {
		known[m] = true
	}
	return known
}()

// KnownMethod returns a method that a client may have made up, or "_OTHER" for it.
func KnownMethod(method string) string {
	if method == "" || methods[method] {
		return method
	}
	return otherMethod
}

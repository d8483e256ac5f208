// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"maps"
	"regexp"
	"strings"
	"unicode"

	"github.com/otelperf/otelperf-go/slowlog"
)

// Request returns a copy of a request without what may identify people or quote data: paths, values of dimensions, messages of errors,
// arguments in stacks, attributes other than those of a list, and what looks like data in names of spans.
func Request(e *slowlog.Entry) *slowlog.Entry {
	c := *e
	c.Path, c.Dimensions, c.Error = "", nil, errorOf(e.Error)
	if a := e.Anatomy; a != nil {
		clean := *a
		var quoted []string // what nodes say, and what is said instead
		clean.Root = node(a.Root, &quoted)
		said := strings.NewReplacer(quoted...)
		clean.Findings = nil
		for _, f := range a.Findings {
			if f.Text = said.Replace(f.Text); f.Kind == slowlog.FindingFailed {
				f.Text = reason.ReplaceAllString(f.Text, "$1")
			}
			clean.Findings = append(clean.Findings, f)
		}
		c.Anatomy = &clean
	}
	return &c
}

func node(n *slowlog.Node, quoted *[]string) *slowlog.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Name, c.Detail, c.Error = Mask(n.Name), maskTarget(n.Detail), errorOf(n.Error)
	for _, pair := range [][2]string{{n.Name, c.Name}, {n.Detail, c.Detail}} {
		if said := strings.Map(onOneLine, pair[0]); pair[0] != pair[1] {
			*quoted = append(*quoted, said, pair[1])
		}
	}
	c.Attributes = maps.Clone(n.Attributes)
	maps.DeleteFunc(c.Attributes, func(key, _ string) bool { return !harmless[key] })
	for _, key := range [...]string{"db.collection.name", "db.namespace"} {
		if v := c.Attributes[key]; v != "" {
			c.Attributes[key] = Mask(v)
		}
	}
	c.Children = make([]*slowlog.Node, 0, len(n.Children))
	for _, child := range n.Children {
		c.Children = append(c.Children, node(child, quoted))
	}
	return &c
}

// harmless are the attributes that say what was called, and never with what.
var harmless = map[string]bool{
	"db.system.name": true, "db.operation.name": true, "db.collection.name": true, "db.namespace": true, "http.request.method": true,
	"http.response.status_code": true, "http.route": true, "rpc.system": true, "rpc.system.name": true, "rpc.service": true, "rpc.method": true,
	"rpc.grpc.status_code": true, "rpc.response.status_code": true, "messaging.system": true, "messaging.operation.name": true,
	"messaging.operation.type": true, "server.address": true, "server.port": true, "network.protocol.name": true, "error.type": true,
}

func errorOf(e slowlog.ErrorInfo) slowlog.ErrorInfo {
	return slowlog.ErrorInfo{Type: e.Type, Stack: Stack(e.Stack)}
}

// Stack returns a goroutine's stack without the arguments of its functions.
func Stack(s string) string { return arguments.ReplaceAllString(s, "(...)") }

// arguments are those of a function in a goroutine's stack.
var arguments = regexp.MustCompile(`\([^()\n]*\)(?m:$)`)

// reason is what a finding quotes of the error of a call.
var reason = regexp.MustCompile(`( failed(?: after [\d.]+ ms)?): .*$`)

// onOneLine is what findings make of names.
func onOneLine(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

// Mask replaces what looks like data in a name: what is quoted, addresses of mail, ids, and numbers of three digits and more.
func Mask(name string) string { return data.ReplaceAllString(name, "?") }

// maskTarget is Mask for what a decoder has made of a call: ports of hosts stay, and paths of URLs do not.
func maskTarget(detail string) string {
	detail = path.ReplaceAllString(detail, "$1/…")
	var out strings.Builder
	at := 0
	for _, m := range host.FindAllStringIndex(detail, -1) {
		out.WriteString(Mask(detail[at:m[0]]))
		out.WriteString(detail[m[0]:m[1]])
		at = m[1]
	}
	out.WriteString(Mask(detail[at:]))
	return out.String()
}

var (
	data = regexp.MustCompile(`'[^']*'?|"[^"]*"?|[^\s/]+@[^\s/]+|[0-9A-Fa-f]{8,}(?:-[0-9A-Fa-f]{2,})*|\w*\d{3,}\w*`)
	path = regexp.MustCompile(`(\w+://[^/\s]+)/\S*`)
	host = regexp.MustCompile(`(?:^|//|[ (])[\w.-]*[A-Za-z][\w.-]*:\d{1,5}\b|\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b`)
)

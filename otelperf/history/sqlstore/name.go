// SPDX-License-Identifier: Apache-2.0

package sqlstore

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// maxOnHost bounds the processes of a service on a host that have a name without the id of the process.
const maxOnHost = 64

// defaultInstance is the name of an instance that was given none, and what releases it.
func defaultInstance(service string) (name string, release func()) {
	if name := attribute(os.Getenv("OTEL_RESOURCE_ATTRIBUTES"), "service.instance.id"); checkName("instance", name) == nil {
		return name, func() {}
	}
	host, _ := os.Hostname() // without one it is that of any host
	host = strings.ToValidUTF8(strings.ReplaceAll(host, "\x00", ""), "?")
	host = cmp.Or(host[:min(len(host), maxName-20)], "host")
	host = strings.ToValidUTF8(host, "")
	return onHost(host, os.TempDir(), service)
}

// onHost is the first name of a host that no other process of a service there has.
func onHost(host, dir, service string) (name string, release func()) {
	of := fnv.New64a()
	_, _ = of.Write([]byte(service))
	for i := 1; i <= maxOnHost; i++ {
		release, taken := lock(filepath.Join(dir, fmt.Sprintf("otelperf-instance-%016x-%d.lock", of.Sum64(), i)))
		switch {
		case taken:
			continue
		case release == nil: // nothing can be locked here
			return fmt.Sprintf("%s/%d", host, os.Getpid()), func() {}
		case i == 1:
			return host, release
		}
		return fmt.Sprintf("%s/%d", host, i), release
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid()), func() {}
}

// attribute is the value of a key in a list as OTEL_RESOURCE_ATTRIBUTES has it, "" if it is not there.
func attribute(list, key string) string {
	for pair := range strings.SplitSeq(list, ",") {
		k, v, _ := strings.Cut(pair, "=")
		if strings.TrimSpace(k) != key {
			continue
		}
		if value, err := url.PathUnescape(strings.TrimSpace(v)); err == nil {
			return value
		}
	}
	return ""
}

// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

import (
	"testing"
	"unsafe"
)

// What a request reads of an endpoint that is recalled is in one cache line.
func TestEntryHasItsHotFieldsInOneLine(t *testing.T) {
	e := newTable(10, func(*entry) {}).lookup(httpClass, "GET", "/a")
	at := uintptr(unsafe.Pointer(e)) % 64 // the allocator's header is before it
	for name, end := range map[string]uintptr{
		"keepNanos": unsafe.Offsetof(e.keepNanos) + unsafe.Sizeof(e.keepNanos),
		"route":     unsafe.Offsetof(e.route) + unsafe.Sizeof(e.route),
		"method":    unsafe.Offsetof(e.method) + unsafe.Sizeof(e.method),
		"id":        unsafe.Offsetof(e.id) + unsafe.Sizeof(e.id),
		"samples":   unsafe.Offsetof(e.samples) + unsafe.Sizeof(e.samples),
		"class":     unsafe.Offsetof(e.class) + unsafe.Sizeof(e.class),
	} {
		if at+end > 64 {
			t.Errorf("%s ends %d bytes after the begin of the line in which the entry begins", name, at+end)
		}
	}
}

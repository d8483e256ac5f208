// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// destination is what the attributes of a consumer's or producer's span say of where its messages are.
type destination struct {
	name, template, operation string
	fleeting                  bool // it is temporary or anonymous
}

// destinationKeys are those that take looks at.
const destinationKeys keys = 1<<atMessagingDestination | 1<<atOldMessagingDestination | 1<<atMessagingTemplate | 1<<atMessagingOperation |
	1<<atMessagingOperationType | 1<<atOldMessagingOperation | 1<<atMessagingTemporary | 1<<atMessagingAnonymous

func (d *destination) take(key Key, v Value) {
	switch key {
	case atMessagingDestination, atOldMessagingDestination:
		d.name = v.text()
	case atMessagingTemplate:
		d.template = v.text()
	case atMessagingOperation:
		d.operation = v.text()
	case atMessagingOperationType, atOldMessagingOperation:
		if d.operation == "" {
			d.operation = v.text()
		}
	case atMessagingTemporary, atMessagingAnonymous:
		d.fleeting = d.fleeting || v.Type == TypeBool && v.Number != 0
	}
}

// destinationName is as of destination.of.
func destinationName(span string, attrs []attribute.KeyValue) string {
	var d destination
	attrs = bounded(attrs)
	for i := range attrs {
		d.take(KeyOf(string(attrs[i].Key)), valueOf(&attrs[i].Value))
	}
	return d.of(span)
}

// of is the name of a consumer's or producer's span without a destination that is one of many. Where there is a template of the
// destination and the name has the destination itself, it is the template; of a temporary or anonymous one it is the operation, as in
// "process", or "(temporary)".
func (d *destination) of(span string) string {
	switch {
	case d.name == "" || d.name == d.template || !strings.Contains(span, d.name):
		return span
	case d.template != "":
		return d.template
	case d.fleeting && d.operation != "":
		return d.operation
	case d.fleeting:
		return "(temporary)"
	}
	return span
}

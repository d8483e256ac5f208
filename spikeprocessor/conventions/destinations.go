// SPDX-License-Identifier: Apache-2.0

package conventions

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// destinationName is the name of a consumer's or producer's span without a destination that is one of many. Where there is a template of
// the destination and the name has the destination itself, it is the template; of a temporary or anonymous one it is the
// operation, as in "process", or "(temporary)".
func destinationName(name string, attrs []attribute.KeyValue) string {
	destination, template, operation, fleeting := "", "", "", false
	attrs = bounded(attrs)
	for i := range attrs {
		switch v := &attrs[i].Value; attrs[i].Key {
		case keyMessagingDestination, keyOldMessagingDestination:
			destination = v.AsString()
		case keyMessagingTemplate:
			template = v.AsString()
		case keyMessagingOperation:
			operation = v.AsString()
		case keyMessagingOperationType, keyOldMessagingOperation:
			if operation == "" {
				operation = v.AsString()
			}
		case keyMessagingTemporary, keyMessagingAnonymous:
			fleeting = fleeting || v.Type() == attribute.BOOL && v.AsBool()
		}
	}
	switch {
	case destination == "" || destination == template || !strings.Contains(name, destination):
		return name
	case template != "":
		return template
	case fleeting && operation != "":
		return operation
	case fleeting:
		return "(temporary)"
	}
	return name
}

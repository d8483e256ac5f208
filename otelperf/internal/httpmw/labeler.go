// SPDX-License-Identifier: Apache-2.0

package httpmw

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// labelerKey is the key by which otelhttp finds its Labeler in a context; nil if it is not known. otelhttp makes a new one where there is
// none, for nobody to read.
var labelerKey = findLabelerKey()

// keyAsked is a context that remembers what it was last asked for.
type keyAsked struct {
	context.Context
	key any
}

func (c *keyAsked) Value(key any) any {
	c.key = key
	return nil
}

func findLabelerKey() any {
	asked := keyAsked{Context: context.Background()}
	otelhttp.LabelerFromContext(&asked)
	l := new(otelhttp.Labeler)
	if asked.key == nil || otelhttp.ContextWithLabeler(context.Background(), l).Value(asked.key) != l {
		return nil
	}
	return asked.key
}

// labelerIn is otelhttp's Labeler of a context, nil if there is none.
func labelerIn(ctx context.Context) *otelhttp.Labeler {
	if labelerKey == nil {
		if l, ok := otelhttp.LabelerFromContext(ctx); ok {
			return l
		}
		return nil
	}
	l, _ := ctx.Value(labelerKey).(*otelhttp.Labeler)
	return l
}

// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelperf/otelperf-go/spikeprocessor/conventions"
)

// names are what an instance is called by: the first of them that its resource has.
var names = [...]string{"service.instance.id", "k8s.pod.name", "k8s.pod.uid", "container.id", "host.name"}

// Shown are the attributes of a resource that say something of an instance, unless others are asked for.
var Shown = []string{"service.version", "cloud.availability_zone"}

// MostAttributes is how many of the attributes that are asked for are shown.
const MostAttributes = 8

// Of is the instance of a resource, with the attributes that are asked for. One that has none of the names that tell instances apart is
// called by its id.
func Of(r pcommon.Resource, id uint64, shown []string) (in Instance) {
	for _, key := range names {
		if v, ok := r.Attributes().Get(key); ok && v.AsString() != "" {
			in.Name = text(v)
			break
		}
	}
	if in.Name == "" {
		in.Name = fmt.Sprintf("(no name) %08x", uint32(id))
	}
	for _, key := range shown[:min(len(shown), MostAttributes)] {
		if v, ok := r.Attributes().Get(key); ok {
			in.Attributes = append(in.Attributes, key+"="+text(v))
		}
	}
	return in
}

// text is a value, cut to what a name may have.
func text(v pcommon.Value) string {
	return conventions.Text(strings.Clone(v.AsString()), min(conventions.MaxNameBytes, 100))
}

// Text says it in a sentence.
func (v *Verdict) Text() string {
	who := v.Name
	if len(v.Attributes) > 0 {
		who += " (" + strings.Join(v.Attributes, ", ") + ")"
	}
	if v.Ended {
		return "instance " + who + " is in line again"
	}
	return fmt.Sprintf("instance %s is out of line: %d of its %d requests of the last %d minutes were slow, of the others' %.2g %%",
		who, v.Slow, v.Requests, v.Seconds/60, 100*v.Others)
}

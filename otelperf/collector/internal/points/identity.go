// SPDX-License-Identifier: Apache-2.0

package points

import (
	"hash/maphash"
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// identity is a hash of attributes, whatever their order.
func identity(seed maphash.Seed, m pcommon.Map) (sum uint64) {
	for k, v := range m.All() {
		h := mix(maphash.String(seed, k))
		switch v.Type() {
		case pcommon.ValueTypeStr:
			h ^= maphash.String(seed, v.Str())
		case pcommon.ValueTypeInt:
			h ^= mix(uint64(v.Int()) + 1) //nolint:gosec // bits
		case pcommon.ValueTypeBool:
			if v.Bool() {
				h++
			}
		case pcommon.ValueTypeDouble:
			h ^= mix(math.Float64bits(v.Double()) + 2)
		default:
			h ^= maphash.String(seed, v.AsString())
		}
		sum += mix(h)
	}
	return sum
}

var seed = maphash.MakeSeed()

// Instance is the hash of a resource that [Delta].Instance is.
func Instance(r pcommon.Resource) uint64 { return identity(seed, r.Attributes()) }

// hashOf is a hash of bounds.
func hashOf(bounds []float64) (h uint64) {
	for _, b := range bounds {
		h = mix(h ^ math.Float64bits(b))
	}
	return h
}

// mix is the finalizer of splitmix64: each bit of x moves half of its.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

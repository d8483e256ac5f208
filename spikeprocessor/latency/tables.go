// SPDX-License-Identifier: Apache-2.0

package latency

import "math"

// roots[k] is 2^(k/64), correctly rounded. The tests compute each anew with math/big.
var roots = [64]float64{
	0x1p+00, 0x1.02c9a3e778061p+00, 0x1.059b0d3158574p+00, 0x1.0874518759bc8p+00,
	0x1.0b5586cf9890fp+00, 0x1.0e3ec32d3d1a2p+00, 0x1.11301d0125b51p+00, 0x1.1429aaea92dep+00,
	0x1.172b83c7d517bp+00, 0x1.1a35beb6fcb75p+00, 0x1.1d4873168b9aap+00, 0x1.2063b88628cd6p+00,
	0x1.2387a6e756238p+00, 0x1.26b4565e27cddp+00, 0x1.29e9df51fdee1p+00, 0x1.2d285a6e4030bp+00,
	0x1.306fe0a31b715p+00, 0x1.33c08b26416ffp+00, 0x1.371a7373aa9cbp+00, 0x1.3a7db34e59ff7p+00,
	0x1.3dea64c123422p+00, 0x1.4160a21f72e2ap+00, 0x1.44e086061892dp+00, 0x1.486a2b5c13cdp+00,
	0x1.4bfdad5362a27p+00, 0x1.4f9b2769d2ca7p+00, 0x1.5342b569d4f82p+00, 0x1.56f4736b527dap+00,
	0x1.5ab07dd485429p+00, 0x1.5e76f15ad2148p+00, 0x1.6247eb03a5585p+00, 0x1.6623882552225p+00,
	0x1.6a09e667f3bcdp+00, 0x1.6dfb23c651a2fp+00, 0x1.71f75e8ec5f74p+00, 0x1.75feb564267c9p+00,
	0x1.7a11473eb0187p+00, 0x1.7e2f336cf4e62p+00, 0x1.82589994cce13p+00, 0x1.868d99b4492edp+00,
	0x1.8ace5422aa0dbp+00, 0x1.8f1ae99157736p+00, 0x1.93737b0cdc5e5p+00, 0x1.97d829fde4e5p+00,
	0x1.9c49182a3f09p+00, 0x1.a0c667b5de565p+00, 0x1.a5503b23e255dp+00, 0x1.a9e6b5579fdbfp+00,
	0x1.ae89f995ad3adp+00, 0x1.b33a2b84f15fbp+00, 0x1.b7f76f2fb5e47p+00, 0x1.bcc1e904bc1d2p+00,
	0x1.c199bdd85529cp+00, 0x1.c67f12e57d14bp+00, 0x1.cb720dcef9069p+00, 0x1.d072d4a07897cp+00,
	0x1.d5818dcfba487p+00, 0x1.da9e603db3285p+00, 0x1.dfc97337b9b5fp+00, 0x1.e502ee78b3ff6p+00,
	0x1.ea4afa2a490dap+00, 0x1.efa1bee615a27p+00, 0x1.f50765b6e454p+00, 0x1.fa7c1819e90d8p+00,
}

// bounds holds the 64 bucket bounds of one octave of nanoseconds, ascending: 10^9·2^(k/64) for k = 7, 8, … 70,
// scaled by a power of two into [2^63, 2^64) and rounded down. Since one second is not a power of two of
// nanoseconds, the octave starts at k = firstRoot, the first bound above 2^30 ns. The last entry is a sentinel.
//
// All bounds but that of k = 64 are irrational, so for a whole number m: m > bound exactly if m > bounds[j].
var bounds = [65]uint64{
	0x80992abb83a534a2, 0x81ffa7a9549ca6e3, 0x836a0bee9d9d5401, 0x84d8626d3118d396,
	0x864ab625376b7b77, 0x87c11235836d16a3, 0x893b81dbe7ed5966, 0x8aba10758e1ea3cf,
	0x8c3cc97f4cf1aadd, 0x8dc3b8960164a7d9, 0x8f4ee976e7c8b4cc, 0x90de67fff600044c,
	0x9272403036b7aa56, 0x940a7e28259fb382, 0x95a72e2a0ca44f7c, 0x97485c9a622adb60,
	0x98ee16002855a076, 0x9a9867054d512391, 0x9c475c770cade96d, 0x9dfb034651c99c68,
	0x9fb368881b4a8811, 0xa1709975dfb06757, 0xa332a36df2fd8a6a, 0xa4f993f3ed7b61ca,
	0xa6c578b1139d848c, 0xa8965f74bf065071, 0xaa6c5634c8b04b16, 0xac476b0df43f745f,
	0xae27ac445c7dc318, 0xb00d2843e1060dc2, 0xb1f7eda09520aa93, 0xb3e80b172fd51af7,
	0xb5dd8f8d7d341ffd, 0xb7d88a12d0dd9ea0, 0xb9d909e079c5c456, 0xbbdf1e5a373ce5c6,
	0xbdead70eaf3d9b5a, 0xbffc43b7e604a922, 0xc213743bb6f64957, 0xc43078ac4ed47ae7,
	0xc6536148a749ff7d, 0xc87c3e7d03cdbec3, 0xcaab20e36fe24ee5, 0xcce019443eb56ce4,
	0xcf1b38968c2339b8, 0xd15c9000bf211c1f, 0xd3a430d90d943190, 0xd5f22ca6019743e0,
	0xd846951f0034440a, 0xdaa17c2cd19555db, 0xdd02f3ea2ab18362, 0xdf6b0ea438793a89,
	0xe1d9dedb2c86c2b2, 0xe44f7742cb56e3dd, 0xe6cbeac2fc0e04aa, 0xe94f4c7859ce1066,
	0xebd9afb4c6a18262, 0xee6b280000000000, 0xf103c91834f0f723, 0xf3a3a6f29dd0c333,
	0xf64ad5bc15bce751, 0xf8f969d9b5abf948, 0xfbaf77e97135e555, 0xfe6d14c2b5114024,
	math.MaxUint64,
}

const (
	firstRoot   = 7  // bounds[0] is 10^9·2^(firstRoot/64) ns …
	firstOctave = 30 // … which lies just above 2^firstOctave ns
	sliceBits   = 7  // 128 slices of an octave are narrower than any bucket: at most one bound lies in each
)

// below[s] is the number of bounds under the start of slice s of the octave.
var below = countBelow()

func countBelow() (counts [1 << sliceBits]uint8) {
	j := uint8(0)
	for s := range counts {
		start := 1<<63 | uint64(s)<<(63-sliceBits)
		for bounds[j] < start {
			j++
		}
		counts[s] = j
	}
	return counts
}

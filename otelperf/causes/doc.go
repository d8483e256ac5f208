// SPDX-License-Identifier: Apache-2.0

// Package causes has the values that say what slow requests waited for, and the sentence for each. It holds no state and needs no
// other package of ours: whoever finds causes and whoever shows them meet here.
package causes

// SPDX-License-Identifier: Apache-2.0

// Package order sorts lists of structs with code that all of them share. What package slices sorts is compiled anew for each type: up to
// 40 KB of a program, tables and all, for each of the many that are sorted here, a few hundred elements at a time.
package order

import "slices"

// By sorts a list as compare says, which gets pointers to two elements and must not change them. What is equal stays in its order. It
// allocates as much as the list has, and a pointer for each element; an element is copied twice, however long the list is.
func By[T any](list []T, compare func(a, b *T) int) {
	if len(list) < 2 {
		return
	}
	sorted := make([]*T, len(list)) // all pointers are sorted by the same code
	for i := range list {
		sorted[i] = &list[i]
	}
	slices.SortStableFunc(sorted, compare)
	out := make([]T, len(list))
	for i, p := range sorted {
		out[i] = *p
	}
	copy(list, out)
}

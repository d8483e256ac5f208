// SPDX-License-Identifier: Apache-2.0

// Package plain turns what came from elsewhere into text that is safe to show in a terminal, and numbers into few characters.
package plain

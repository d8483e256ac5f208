// SPDX-License-Identifier: Apache-2.0

// Package table writes rows of text in columns to a terminal.
package table

// SPDX-License-Identifier: Apache-2.0

// Package report writes what instances did as text for a terminal or a log. All that comes from elsewhere is made safe on the way.
package report

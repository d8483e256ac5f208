// SPDX-License-Identifier: Apache-2.0

// Package gate judges a view by limits, for CI and before a deployment goes on.
package gate

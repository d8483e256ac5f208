// SPDX-License-Identifier: Apache-2.0

// Package exampletest is what the tests of several examples share: components that may be missing, addresses, waiting. Only
// tests import it.
package exampletest

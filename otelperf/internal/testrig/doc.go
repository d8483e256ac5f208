// SPDX-License-Identifier: Apache-2.0

// Package testrig is what the tests of several packages stand on: a program with real instrumentation and a real server, and all
// that comes out of it. Only tests import it.
package testrig

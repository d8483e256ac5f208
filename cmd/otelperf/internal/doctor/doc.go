// SPDX-License-Identifier: Apache-2.0

// Package doctor says in plain words what is not wired of otelperf in a service, and the Go lines that mend it. What the library says
// itself is taken from its hints; the rest is seen from outside.
package doctor

// SPDX-License-Identifier: Apache-2.0

// Package demo is a web shop that otelperf watches. The shop and the inventory service that it calls are real HTTP
// servers on this machine; a load generator sends them real requests. The shop has an endpoint of each kind: fast, medium,
// slow, failing, panicking, streaming, and paths that nothing matches. What takes time in them, a database above all, is
// played by waiting.
//
// A tenth of the traces are sampled, as a service with a collector would do it, to show that counts and quantiles do
// not depend on that.
package demo

// SPDX-License-Identifier: Apache-2.0

// Package frameworks shows otelperf with the common routers and with gRPC, one file each: their own instrumentation makes the
// spans, and the span processor reads them. Every function returns a handler (or server) with the same three endpoints.
package frameworks

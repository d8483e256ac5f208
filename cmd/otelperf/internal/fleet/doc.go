// SPDX-License-Identifier: Apache-2.0

// Package fleet asks several instances of a service and puts together what can be put together truthfully. Counts add.
// Durations merge as histograms, so that quantiles are those of all requests; where an instance gives none, there is
// no quantile rather than an average of quantiles. An instance that answers at two URLs is counted once, as is what
// instances have stored together.
//
// Memory is bounded by the answers: at most 16 MiB of JSON for each of at most [MaxURLs] URLs, four answers each.
package fleet

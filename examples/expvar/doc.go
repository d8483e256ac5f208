// SPDX-License-Identifier: Apache-2.0

// Command expvar publishes the summary among the variables of package expvar, at /debug/vars, for the tools that read those.
package main

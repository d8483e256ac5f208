// SPDX-License-Identifier: Apache-2.0

// Command json-summary is a service with dashboards that know nothing of OpenTelemetry: a page of plain html and a shell script
// with curl. Both live on the JSON of GET summary.
package main

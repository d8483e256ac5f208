// SPDX-License-Identifier: Apache-2.0

// Package grafana has two dashboards to import into Grafana: infinity.json reads the JSON endpoint of one instance,
// prometheus.json the metrics of a fleet. Its tests hold every field, metric and label that they query to what a Monitor
// really answers.
package grafana

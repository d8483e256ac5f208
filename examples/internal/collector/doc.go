// SPDX-License-Identifier: Apache-2.0

// Package collector runs a real OpenTelemetry Collector inside this process: the OTLP receiver (gRPC and HTTP), the batch
// processor and the file exporter, as a distribution would wire them. What arrived is read back from the file with the
// collector's own data model. Tests and simulations use it where a stub could be kinder than the real thing.
package collector

// SPDX-License-Identifier: Apache-2.0

// Package alertmanager has a configuration of Alertmanager with which a fleet of services has one page for an incident. Its test runs a
// real Alertmanager.
package alertmanager

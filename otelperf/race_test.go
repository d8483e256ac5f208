// SPDX-License-Identifier: Apache-2.0

package otelperf

// RaceEnabled is raceEnabled for the tests outside the package.
const RaceEnabled = raceEnabled

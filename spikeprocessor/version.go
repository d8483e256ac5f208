// SPDX-License-Identifier: Apache-2.0

package spikeprocessor

// Version is the version of this module.
const Version = "0.1.0"

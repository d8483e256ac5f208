// SPDX-License-Identifier: Apache-2.0

// Package client asks the companion endpoint of a service. What answers may be anything: answers are bounded, and text
// from them is made safe for a terminal by whoever shows it (package plain). Errors are one line and safe already.
package client

// SPDX-License-Identifier: Apache-2.0

// Package proxies puts real proxies in front of the companion endpoint, on the same machine, and looks at who is let in.
package proxies

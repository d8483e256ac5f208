// SPDX-License-Identifier: Apache-2.0

// Package why brings together what is known of the slow requests of an endpoint: their calls and own time against ordinary ones, what
// the runtime's signals say of the same time, and what a recording found. What several say is one cause. It holds no state.
package why

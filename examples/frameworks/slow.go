// SPDX-License-Identifier: Apache-2.0

package frameworks

import "time"

// slowFor is how long /slow takes.
const slowFor = time.Second

// SPDX-License-Identifier: Apache-2.0

package export

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/otelperf/otelperf-go/otelperf"
)

// rowsInGroup is how many rows are in memory before they are written.
const rowsInGroup = 10_000

func newParquet[R any](w io.Writer) *parquet.GenericWriter[R] {
	return parquet.NewGenericWriter[R](w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(rowsInGroup),
		parquet.CreatedBy("otelperf", otelperf.Version, ""),
		parquet.KeyValueMetadata("otelperf.histogram", "histogram_counts[i] durations are in (2^((histogram_offset+i)/2^histogram_scale), 2^((histogram_offset+i+1)/2^histogram_scale)] seconds"))
}

#!/bin/sh
# A dashboard for a terminal: dashboard.sh [URL [SECONDS]]. With SECONDS it goes on, without it prints once. Needs curl and jq.
url=${1:-http://127.0.0.1:8085/debug/otelperf}

show() {
  curl --silent --show-error --fail --max-time 5 "$url/summary?window=5m" | jq -r '
    def ms: if . == null then "-" else (. * 10 | round / 10 | tostring) end;
    "\(.service): \(.total_requests) requests, p50 \(.p50 | ms) ms, p95 \(.p95 | ms) ms, p99 \(.p99 | ms) ms, \(.slow_queries_count) slow",
    (.endpoints[] | "  \(.method) \(.route): \(.count) requests, p99 \(.p99_ms | ms) ms, usually \(.baseline_p99_ms | ms), \(.state)"),
    (.spikes[] | select(.state == "open") | "  SPIKE \(.reason)"),
    (.slow_queries[:3][] | "  slow: \(.method) \(.path) \(.duration_ms | ms) ms, trace \(.trace_id)")'
}

show
while [ -n "${2:-}" ] && sleep "$2"; do show; done

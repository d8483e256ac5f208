// SPDX-License-Identifier: Apache-2.0

package format

// What log formats begin with, the time of a request's completion or of its begin apart.
const (
	commonLog   = `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent`
	combinedLog = commonLog + ` "$http_referer" "$http_user_agent"`
	startedLog  = `$remote_addr $ident $remote_user [$start_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"`
)

// Log formats of servers that are known by name, in the variables of compile.
const (
	// NginxFormat is nginx's combined format with the duration behind it.
	NginxFormat = combinedLog + ` $request_time`
	// ApacheFormat is Apache's combined format with a duration behind it: %D, %T or %{ms}T.
	ApacheFormat = startedLog + ` $duration`

	ingressNginxFormat = combinedLog + ` $request_length $request_time [$upstream_name] [$alternative_name] $upstream`
	traefikFormat      = startedLog + ` $count "$router" "$server" ${duration_ms}ms`

	envoyFormat = `[$start_iso8601] "$request" $status $word $count $count $duration_ms $word "$forwarded_for" "$user_agent" "$request_id" "$authority" "$upstream_host"`
	istioFormat = `[$start_iso8601] "$request" $status $word $word $termination "$failure" $count $count $duration_ms $word "$forwarded_for" "$user_agent" "$request_id" "$authority" "$upstream_host" $upstream`

	albFormat = `$word $time_iso8601 $word $word $word $part_s $part_s $part_s $status $word $count $count "$request" "$user_agent" $word $word $word "$trace" "$domain" "$certificate" $more`

	haproxyFormat = `$client [$start_clock] $word $word $word/$word/$word/$word/$duration_ms $status $count $word $word $word $word/$word/$word/$word/$word $word/$queue "$request"`
)

// withoutDuration are log formats that are often met but have no duration. They are known so as to say that.
var withoutDuration = []struct{ name, layout string }{
	{"common", commonLog},
	{"combined", combinedLog},
	{"combinedio", combinedLog + ` $bytes_sent $bytes_sent`},
}

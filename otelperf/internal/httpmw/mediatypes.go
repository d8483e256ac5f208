// SPDX-License-Identifier: Apache-2.0

package httpmw

import "strings"

// marksOf is what the Content-Type of a reply says of it: markEvents for a stream, markLines for what is one if it is flushed in between,
// markFrames for messages that are counted, markText if those are in base64, markRPC for a reply with grpc-status. Types that are shorter than the shortest of these,
// and all others, say nothing.
func marksOf(contentType string) uint32 {
	media, _, _ := strings.Cut(contentType, ";")
	if len(media) < len("application/grpc") {
		return 0
	}
	media = strings.TrimSpace(media)
	sub, ok := cutPrefixFold(media, "application/")
	switch {
	case !ok:
		if strings.EqualFold(media, "text/event-stream") || strings.EqualFold(media, "multipart/x-mixed-replace") {
			return markEvents
		}
	case hasPrefixFold(sub, "grpc"):
		if hasPrefixFold(sub, "grpc-web-text") {
			return markRPC | markFrames | markText
		}
		return markRPC | markFrames
	case hasPrefixFold(sub, "connect+"):
		return markEvents | markRPC | markFrames
	case isLines(sub):
		return markLines
	}
	return 0
}

// isFile says whether a Content-Type is one of the pages, styles, scripts, pictures and downloads that are mostly files.
func isFile(contentType string) bool {
	for _, prefix := range [...]string{
		"text/html", "text/css", "text/javascript", "image/", "font/", "audio/", "video/", "application/javascript", "application/octet-stream",
		"application/pdf", "application/wasm", "application/zip", "application/gzip", "application/manifest+json", "application/xhtml",
	} {
		if hasPrefixFold(contentType, prefix) {
			return true
		}
	}
	return false
}

// isLines says whether a subtype of application is one of those of a JSON value each line or record.
func isLines(sub string) bool {
	for _, s := range [...]string{"x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines", "json-seq", "stream+json"} {
		if strings.EqualFold(sub, s) {
			return true
		}
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if !hasPrefixFold(s, prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// SPDX-License-Identifier: Apache-2.0

package events

// keySet finds repeated keys: by scan, and by a map where a scan would be slow.
type keySet map[string]struct{}

// add reports whether the key is new; items are those before it.
func (s *keySet) add(key string, items []node) bool {
	if len(items) < 16 {
		for i := range items {
			if items[i].key == key {
				return false
			}
		}
		return true
	}
	if *s == nil {
		*s = make(keySet, 2*len(items))
		for i := range items {
			(*s)[items[i].key] = struct{}{}
		}
	}
	_, known := (*s)[key]
	(*s)[key] = struct{}{}
	return !known
}

// fieldNames are the keys that most objects have; they need no copy each time.
var fieldNames = func() map[string]string {
	m := map[string]string{}
	for _, s := range []string{
		"events", "sent_at", "name", "id", "time", "session_id", "user_id", "page", "traceparent", "properties",
		"type", "kind", "target", "value", "delta", "rating", "navigation_type", "page_view", "click", "web_vital",
	} {
		m[s] = s
	}
	return m
}()

func intern(b []byte) string {
	if s, ok := fieldNames[string(b)]; ok { // does not allocate
		return s
	}
	return string(b)
}

// SPDX-License-Identifier: Apache-2.0

package events

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"golang.org/x/time/rate"

	"github.com/otelperf/otelperf-go/otelperf/internal/problem"
)

// submitter makes an event of an item and submits it. The draft comes with what the envelope says.
type submitter func(t *Tracker, d *draft, it *item, o *HandlerOptions) ItemResult

// intake is what differs between the three paths.
type intake struct {
	submit       submitter
	batch        bool // the events are in the field "events", else the body is one event
	interactions bool // they have the fields of interactions
}

const batchField = "events"

// ingest takes the items of a body one by one, each against the client's rate.
func (h *handler) ingest(w http.ResponseWriter, r *http.Request, body []byte, in *intake, bucket *rate.Limiter) *problem.Problem {
	reader := jsonReaders.Get().(*jsonReader)
	defer reader.release()
	n, err := reader.read(body)
	if err != nil {
		return rejection(http.StatusBadRequest, "", err.Error())
	}
	env, refused := readEnvelope(&n, in)
	if refused != nil {
		return refusal(refused.Field, refused.Detail, refused.Reason)
	}
	if len(env.items) > h.options.MaxBatch {
		return rejection(http.StatusRequestEntityTooLarge, batchField, "more than "+strconv.Itoa(h.options.MaxBatch)+" events")
	}
	result := BatchResult{Items: make([]ItemResult, 0, len(env.items))}
	s := &scratch{}
	now := time.Now()
	for i := range env.items {
		if !bucket.AllowN(now, 1) {
			result.add(h.tracker.drop(nil, reasonRateLimited, errRateLimited))
			continue
		}
		result.add(h.take(r, &env, &env.items[i], in, s, now))
	}
	return answer(w, &result, in, bucket, now)
}

// scratch is what the items of a body use one after the other. Nothing of it is stored: an entry has its own slices.
type scratch struct {
	item  item
	draft draft
}

func (h *handler) take(r *http.Request, env *envelope, n *node, in *intake, s *scratch, now time.Time) ItemResult {
	it, d := &s.item, &s.draft
	*it = item{}
	if err := it.read(n, in.interactions); err != nil {
		return h.tracker.refuse(err)
	}
	it.inherit(env)
	span, err := spanOf(r.Context(), it.traceparent)
	if err != nil {
		return h.tracker.refuse(err)
	}
	clock := readClock(it.time, env.sent, now)
	*d = draft{
		Event: Event{
			Name: it.name, ID: it.id, Time: clock.time, SessionID: it.session, UserID: it.user, Page: it.page,
			Properties: it.properties, Source: sourceBrowser,
		},
		span: span, public: true, extra: clock.attributes(),
	}
	return in.submit(h.tracker, d, it, &h.options)
}

// answer is 202 unless nothing of the body was taken because of the client.
func answer(w http.ResponseWriter, result *BatchResult, in *intake, bucket *rate.Limiter, now time.Time) *problem.Problem {
	first := &result.Items[0]
	switch {
	case result.allRefused() && !in.batch:
		return refusal(first.Field, first.Detail, first.Reason)
	case result.allRefused():
		p := rejection(http.StatusBadRequest, batchField, "every item was refused")
		p.Extra = map[string]any{"batch": result}
		return p
	case first.reason == reasonRateLimited && result.Dropped == len(result.Items):
		p := tooMany(w, retryAfter(bucket, now))
		p.Extra = map[string]any{"batch": result}
		return p
	}
	body, err := json.Marshal(result)
	if err != nil { // cannot be: numbers and strings
		return rejection(http.StatusInternalServerError, "", err.Error())
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(body) // the client may have gone
	return nil
}

// refusal is a problem of the one event of a request, or of what its events share.
func refusal(field, detail, reason string) *problem.Problem {
	p := rejection(http.StatusBadRequest, field, detail)
	p.Extra = map[string]any{"reason": reason}
	return p
}

// submitTrack is for events that the application names.
func (t *Tracker) submitTrack(d *draft, _ *item, o *HandlerOptions) ItemResult {
	if ownName(d.Name) {
		return t.refuse(refuse(reasonReserved, "name", "a name that only otelperf itself gives"))
	}
	if len(o.AllowNames) > 0 && !slices.Contains(o.AllowNames, d.Name) {
		return t.refuse(refuse(reasonNotAllowed, "name", "not among the names that are taken here"))
	}
	return t.submit(d)
}

// submitInteraction is for events that the browser itself causes.
func (t *Tracker) submitInteraction(d *draft, it *item, _ *HandlerOptions) ItemResult {
	switch it.kind {
	case "page_view":
		return t.submitPageView(d, it)
	case "click":
		return t.submitClick(d, it)
	case "web_vital":
		return t.submitVital(d, it)
	default:
		return t.refuse(refuse(reasonField, "type", "page_view, click or web_vital"))
	}
}

func (t *Tracker) submitPageView(d *draft, it *item) ItemResult {
	switch it.navigation {
	case "", "load", "navigate", "restore":
	default:
		return t.refuse(refuse(reasonField, "kind", "load, navigate or restore"))
	}
	d.Name = namePageView
	d.addText(keyNavigation, it.navigation, maxShortText)
	return t.submit(d)
}

func (t *Tracker) submitClick(d *draft, it *item) ItemResult {
	if it.target == "" || len(it.target) > maxIDLen || !utf8.ValidString(it.target) {
		return t.refuse(refuse(reasonField, "target", "1 to 128 bytes of UTF-8"))
	}
	d.Name = nameClick
	d.addText(keyClickTarget, it.target, maxIDLen)
	return t.submit(d)
}

// submitVital emits a web vital and counts it for the p75, whatever the sampling says. The same id comes again when the
// value has grown, so an event is a repetition only with the same value.
func (t *Tracker) submitVital(d *draft, it *item) ItemResult {
	kind := vitalIndex(strings.ToLower(cut(it.name, 8)))
	if err := it.checkVital(kind); err != nil {
		return t.refuse(err)
	}
	if !it.hasDelta {
		it.delta = it.value
	}
	k := &vitalKinds[kind]
	d.Name = nameWebVital
	d.ID = it.id + "/" + k.name + "/" + strconv.FormatFloat(it.value, 'g', 8, 64)
	shared := []attribute.KeyValue{
		attribute.String("name", k.name), attribute.Float64("value", it.value),
		attribute.Float64("delta", it.delta), attribute.String("id", it.id),
	}
	d.body = attribute.MapValue(shared...) // where the semantic conventions have it; the browser SDK has attributes
	d.extra = append(d.extra,
		attribute.String(keyVitalName, k.name), attribute.Float64(keyVitalValue, it.value),
		attribute.Float64(keyVitalDelta, it.delta), attribute.String(keyVitalID, it.id),
		attribute.String(keyVitalRating, k.rate(it.value).String()))
	d.addText(keyVitalNavigation, it.navigation, maxIDLen)
	result := t.submit(d)
	if result.Status != statusRefused && result.reason != reasonDuplicate && result.reason != reasonShutdown {
		t.vitals.observe(d.Page, d.SessionID, it.id, kind, it.value)
	}
	return result
}

const maxVitalID = 64

func (it *item) checkVital(kind int) *RefusedError {
	switch {
	case kind < 0:
		return refuse(reasonVital, "name", "cls, inp, lcp, fcp or ttfb")
	case it.id == "" || len(it.id) > maxVitalID || !printable(it.id):
		return refuse(reasonVital, "id", "1 to 64 printable ASCII characters")
	case !it.hasValue || it.value < 0 || it.value > vitalKinds[kind].limit:
		return refuse(reasonVital, "value", "missing or out of range")
	case math.Abs(it.delta) > vitalKinds[kind].limit:
		return refuse(reasonVital, "delta", "out of range")
	case it.rating != "" && !slices.Contains(ratingNames[:], it.rating):
		return refuse(reasonVital, "rating", "good, needs-improvement or poor")
	case len(it.navigation) > 32 || !printable(it.navigation):
		return refuse(reasonVital, "navigation_type", "at most 32 printable ASCII characters")
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0
//
// The browser's side of otelperf: page views, clicks on [data-track] and web vitals.
//
//   <script src="/t/track.js" data-page="/users/{id}" defer></script>
//
// data-page is the template of the page's path; the path itself is never sent. A single-page app says
// otelperf.page("/orders/{id}") when its route changes. Own events: otelperf.track("cart.added", {items: 3}).
//
// The handler serves this file squeezed to less than 3 kB (snippet.go). For that a comment is a line of its own, each
// statement ends with a semicolon, there are no template strings, and no regular expression has a quote or a space.
(() => {
  const d = document, n = navigator, script = d.currentScript, p = performance, { max, min } = Math, on = addEventListener;
  const api = window.otelperf = { track() {}, page() {} };
  if (!script || n.doNotTrack == 1 || n.globalPrivacyControl) return;

  // The server's span, from Server-Timing: traceparent;desc="00-...". It is the load's, not that of later views.
  const nav = p.getEntriesByType("navigation")[0] || {};
  const loadTrace = (nav.serverTiming || []).find(t => t.name == "traceparent")?.description;
  let trace = loadTrace, page = script.dataset.page, path = location.pathname;
  const random = () => Math.random().toString(36).slice(2);

  // One session a tab. Where storage is blocked, one a page.
  let session_id = random() + random();
  try {
    session_id = sessionStorage.otelperf ||= session_id;
  } catch {}

  // At most 50 events a message, after 5 s or when the page is hidden. What sendBeacon will not take is lost.
  const queues = { interactions: [], "batch-track": [] };
  let timer;
  const flush = () => {
    timer = clearTimeout(timer);
    for (const to in queues) {
      const events = queues[to].splice(0);
      if (events[0])
        n.sendBeacon(script.src.replace(/track\.js.*/, to), JSON.stringify({ session_id, sent_at: Date.now(), events }));
    }
  };
  const add = (event, to = "interactions") => {
    if (queues[to].push({ id: random(), time: Date.now(), page, traceparent: trace, ...event }) > 49) flush();
    timer ||= setTimeout(flush, 5e3);
  };
  api.track = (name, properties) => add({ name, properties }, "batch-track");
  api.page = template => page = template;

  // Page views. A tick later, so that the app can name the page first.
  let loadPage;
  const view = kind => setTimeout(() => {
    loadPage ??= page || "";
    add({ type: "page_view", kind });
  });
  const moved = () => {
    if (path == location.pathname) return;
    path = location.pathname;
    trace = undefined;
    view("navigate");
  };
  const push = history.pushState;
  history.pushState = (...args) => {
    push.apply(history, args);
    moved();
  };
  on("popstate", moved);
  view("load");

  on("click", e => {
    const target = e.target.closest?.("[data-track]")?.dataset.track;
    if (target) add({ type: "click", target });
  }, true);

  // Web vitals as web.dev defines them. Paint counts only if the page was not hidden before it.
  const vitals = {}, start = nav.activationStart || 0;
  let hidden = d.hidden ? 0 : 1 / 0;
  const set = (name, value) => (vitals[name] ||= { id: random() }).value = max(value, 0);
  const watch = (type, f) => {
    const o = new PerformanceObserver(l => l.getEntries().forEach(f));
    o.observe({ type, buffered: true, durationThreshold: 40 });
    return () => o.takeRecords().forEach(f);
  };
  const paint = e => {
    if (e.startTime < hidden && e.name != "first-paint") set(e.name ? "fcp" : "lcp", e.startTime - start);
  };
  if (nav.responseStart) set("ttfb", nav.responseStart - start);
  // CLS: the largest window of shifts less than 1 s apart, of at most 5 s.
  let sum = 0, first = 0, last = 0, worst = 0;
  const shift = e => {
    if (e.hadRecentInput) return;
    const t = e.startTime;
    if (t - last > 1e3 || t - first > 5e3) sum = 0, first = t;
    last = t;
    worst = max(worst, sum += e.value);
  };
  // INP: the longest interaction, leaving out one for every 50.
  const slow = {};
  const interact = e => {
    const id = e.interactionId;
    if (!id) return;
    slow[id] = max(slow[id] || 0, e.duration);
    const all = Object.keys(slow).sort((a, b) => slow[b] - slow[a]);
    if (all[10]) delete slow[all.pop()];
    set("inp", slow[all[min(all.length - 1, p.interactionCount / 50 | 0)]]);
  };
  const take = [
    watch("paint", paint),
    watch("largest-contentful-paint", paint),
    watch("layout-shift", shift),
    watch("event", interact),
    watch("first-input", interact)
  ];

  const report = () => {
    take.forEach(f => f());
    if (vitals.fcp) set("cls", worst);
    for (const name in vitals) {
      const v = vitals[name], { id, value, sent } = v;
      if (value !== sent)
        add({ type: "web_vital", name, id, value, delta: value - (sent || 0), page: loadPage, traceparent: loadTrace });
      v.sent = value;
    }
    flush();
  };
  on("visibilitychange", () => {
    if (d.hidden) {
      hidden = min(hidden, p.now());
      report();
    }
  });
  on("pagehide", report);
})();

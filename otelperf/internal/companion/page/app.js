// The page: what is looked at stands in the address, so that it can be linked to; the rest follows from what comes in.

import { Comparison } from "./compare.js";
import { Detail } from "./detail.js";
import { inIncident } from "./condition.js";
import { showChanges, showDiagnostics } from "./diagnostics.js";
import { $, show, text, toggle } from "./dom.js";
import { Endpoints, worst } from "./endpoints.js";
import { Events } from "./events.js";
import { Evidence } from "./evidence.js";
import { Fleet, instead, whole } from "./fleet.js";
import { Flame } from "./flame.js";
import * as format from "./format.js";
import { Keys } from "./keys.js";
import { Instances } from "./instances.js";
import { examples, makeLists, showGroups } from "./lists.js";
import { named } from "./names.js";
import { showNothing } from "./nothing.js";
import { counted, missing, showNow } from "./now.js";
import { showObjectives } from "./objectives.js";
import { showRepeated } from "./repeated.js";
import { reading, Spikes, Usual } from "./past.js";
import { lookBack } from "./request.js";
import { Runtime } from "./runtime.js";
import { Share } from "./share.js";
import { SlowList } from "./slow.js";
import { get, Source } from "./source.js";
import { long, seconds, state } from "./state.js";
import { setTheme, theme } from "./theme.js";
import { TraceView } from "./trace.js";
import { Unknown } from "./unknown.js";
import { identity, Views } from "./views.js";
import { earliest, When } from "./when.js";

let summary = null, config = null, selected = null, detailTurn = 0, flameTurn = 0, compareTurn = 0;
let traceDue = false; // the address says anew which request is to be seen

const unknown = new Unknown(), instances = new Instances();
const traceView = new TraceView({
  onClose: (id) => {
    state.follow(); // the address may lead to another one by now
    if (state.get("trace") === id) state.set({ trace: "" });
  },
  traceURL: () => config?.trace_url,
  onMissing: (id) => unknown.say("trace", [{ part: "trace=" + id, instead: "no request of it is stored, or no longer" }]),
});
const openTrace = (id) => state.set({ trace: id });
const slow = new SlowList(openTrace);
const views = new Views({ openTrace }), runtime = new Runtime();
const detail = new Detail(), flame = new Flame(), events = new Events(openTrace), evidence = new Evidence(() => refresh("evidence"));
const comparison = new Comparison(() => refresh("compare"));
const usual = new Usual(), pastSpikes = new Spikes(() => refresh("past"));
const endpoints = new Endpoints({ select: choosing, usual });
const fleet = new Fleet();
const share = new Share(() => summary);
const when = new When(() => config?.history ? { from: earliest(), history: true } : { from: Math.floor((summary ? stored().from : Date.now() - 3_600_000) / 1000), history: false });
const lists = makeLists(openTrace, choosing, (all) => {
  pastSpikes.all = all;
  pastSpikes.render(!state.frozen);
});
const source = new Source({
  summary: (s) => { summary = s; render(); },
  slow: (entry) => slow.add(entry),
  spike: () => refresh("slow"),
  mark: (mark) => {
    if (!summary || summary.marks.some((m) => m.id === mark.id)) return;
    summary.marks = [mark, ...summary.marks].toSorted((a, b) => new Date(b.time) - new Date(a.time));
    render();
    refresh("compare");
  },
  link: (condition, label) => {
    $("link").dataset.state = condition;
    text($("link-text"), condition === "frozen" ? "frozen" : label);
    text($("frozen-why"), condition === "frozen" && label !== "frozen" ? label : "");
    toggle($("main"), "stale", condition === "lost");
  },
});

// choosing shows a row in the chart, and brings that into sight.
function choosing(row) {
  state.set({ endpoint: format.name(row) });
  $("chart-title").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

// apply brings the page in line with the state, after some of it has changed, or for the first time. A request that the user has just closed is
// not opened again by whatever else changes.
function apply(changed) {
  const window = state.get("window"), trace = state.get("trace"), q = state.get("q");
  traceDue ||= !changed || changed.has("trace");
  if (!state.frozen && window in long && config && !config.history) {
    state.set({ window: "" });
    unknown.say("window", [{ part: "window=" + window, instead: "it takes a history, and none is stored: shown are five minutes" }]);
    return;
  }
  unknown.say("window", []);
  unknown.say("scope", instead(config) ? [{ part: "scope=fleet", instead: instead(config) }] : []);
  fleet.offer(config);
  document.querySelector(`#windows input[value="${window}"]`).checked = !state.frozen;
  const time = state.frozen ? { from: state.get("from"), to: state.get("to") } : { window, ...(whole(config) ? { scope: "fleet" } : {}) };
  const known = state.frozen || config || !(window in long) && state.get("scope") !== "fleet"; // whether there is a history, and a fleet
  if (known && JSON.stringify(source.time) !== JSON.stringify(time)) source.look(time);
  show($("frozen"), state.frozen);
  show($("pause"), !state.frozen);
  toggle(document.body, "frozen", state.frozen);
  for (const node of document.querySelectorAll("[data-when]")) text(node, state.when);
  if (state.frozen) text($("frozen-period"), format.period(time));
  text($("frozen-stored"), "");
  unknown.say("address", state.unknown);
  if (trace) unknown.say("trace", []);
  if ($("filter").value !== q) $("filter").value = q;
  endpoints.follow();
  slow.status = state.get("status");
  if (!trace) traceView.close();
  else if (traceDue) traceView.open(trace);
  traceDue = false;
  render();
}

function render() {
  if (!summary) return;
  const now = new Date(summary.time);
  text($("service"), summary.service);
  const shared = (summary.stored?.instances?.length ?? 0) + (summary.stored?.more_instances ?? 0);
  const { frozen } = state, open = summary.spikes.filter((s) => s.state === "open");
  text($("identity"), [summary.version, summary.fleet ? "all instances" : shared > 1 ? format.count(shared) + " instances" : summary.instance, frozen || summary.fleet || shared > 1 ? "" : "up " + format.span(summary.uptime_seconds)].filter(Boolean).join(" \u00b7 "));
  document.title = (frozen ? "Frozen \u00b7 " : open.length > 0 ? "\u25b2 " : "") + summary.service + " \u00b7 otelperf";
  if (frozen) {
    text($("frozen-period"), format.period(counted(summary)));
    text($("frozen-stored"), missing(summary));
  }
  notice();
  fleet.show(summary);
  views.setMarks(summary.marks);
  runtime.setMarks(summary.marks);
  showNow(frozen ? { ...summary, mutes: [] } : summary, openTrace, (row) => state.set({ endpoint: format.name(row) }), config?.may_change === true && !summary.fleet);
  showObjectives(summary);
  choose();
  endpoints.selected = selected ? format.name(selected) : null;
  endpoints.show(summary.endpoints);
  showNothing(summary);
  slow.only = $("slow-only").checked && selected ? format.name(selected) : null;
  slow.render(now);
  lists.dependencies(summary.dependencies);
  show($("jobs-section"), summary.jobs.length > 0);
  lists.jobs(summary.jobs);
  text($("history-title"), frozen ? "Spikes of that time" : "Past spikes");
  text($("history-span"), !frozen && config?.history ? pastSpikes.span() : "");
  lists.history(frozen ? summary.spikes : [...pastSpikes.beside(summary.spikes), ...summary.spikes].filter((s) => s.state !== "open"));
  pastSpikes.render(!frozen);
  text($("history-empty"), frozen ? "None in that time." : open.length ? "None has ended: " + (open.length === 1 ? "one is" : open.length + " are") + " open, see above." : pastSpikes.none());
  showDiagnostics(summary.diagnostics);
}

// notice warns of answers that come from several instances, whose numbers alternate and are not the whole, and says when the one was restarted.
function notice() {
  instances.answered(summary);
  const { several, restarted } = instances;
  show($("notice"), several.length > 0 && !summary.fleet); // whoever answers for all, answers the same
  if (several.length > 0) {
    text($("notice-text"), "Answers come from several instances by turns (" + several.join(", ") + "): behind a load balancer, " +
      (config?.fleet ? "look at all of them together." : "open one of them directly, or have them know each other: otelperf.WithFleet(store)."));
  }
  show($("notice-fleet"), config?.fleet === true);
  show($("restarted"), restarted !== null && !summary.fleet);
  if (restarted) text($("restarted"), "Restarted at " + format.whenOf(restarted.at) + ".");
}

// choose picks the endpoint of the chart: the one asked for, else the worst. That stays until another one has an incident and it has none.
function choose() {
  const rows = [...summary.endpoints, ...summary.dependencies, ...summary.jobs];
  const found = rows.find((r) => format.name(r) === state.get("endpoint")) ?? worst(summary.endpoints);
  const current = rows.find((r) => selected && r.kind === selected.kind && format.name(r) === format.name(selected));
  const next = state.get("endpoint") || !current || found && inIncident(found) && !inIncident(current) ? found : current;
  const changed = next && (!selected || format.name(next) !== format.name(selected) || next.state !== selected.state);
  selected = next;
  if (changed) {
    refresh("series");
    refresh("detail");
    refresh("flame");
    refresh("compare");
  }
  const asked = state.get("endpoint"), missing = asked && !rows.some((r) => format.name(r) === asked);
  unknown.say("endpoint", missing ? [{ part: "endpoint=" + asked, instead: selected ? "shown is " + format.name(selected) : "none is shown" }] : []);
  if (!selected) {
    views.clear("No requests yet.");
    detail.show(null, null, "No requests yet.");
    flame.show(null, "", "No requests yet.");
  }
}

// stored is the time that charts can show something of, in ms.
function stored() {
  const to = new Date(summary.time).getTime();
  return { from: summary.stored_from ? new Date(summary.stored_from).getTime() : Math.max(to - summary.uptime_seconds * 1000, to - 3_600_000), to };
}

// spikesOf are the spikes that a row has a part in.
const spikesOf = (row) => summary.spikes.filter((s) => s.endpoints.some((e) => format.name(e) === format.name(row) && e.kind === row.kind));

const refreshers = {
  async series() {
    if (!selected) return;
    const axis = await views.refresh(selected, { slow: slow.of(format.name(selected)), spikes: spikesOf(selected), stored: stored() });
    if (axis) runtime.axis(axis.begin, axis.end);
  },
  async detail() {
    if (!selected) return;
    const row = selected, turn = ++detailTurn;
    const from = summary.diagnostics.source;
    if (from !== "spans") {
      detail.show(null, null, from === "metrics" ? "Only spans tell this, and the numbers here come from metrics." : "Only the process of the service tells this.");
      return;
    }
    const found = await get("endpoints/detail?" + new URLSearchParams(identity(row))).catch((e) => {
      if (e.status === 404) return null;
      throw e;
    });
    if (turn !== detailTurn) return;
    named($("detail-name"), row);
    showRepeated($("detail-repeated"), row.repeated_calls, openTrace);
    detail.show(found, row.baseline_p99_ms, "No span of it has been seen yet.", row.state === "spiking");
  },
  async compare() {
    if (!selected) return;
    const now = new Date(summary.time), turn = ++compareTurn;
    const then = state.frozen ? counted(summary) : { from: 0, to: Infinity }, within = (iso) => new Date(iso) >= then.from * 1000 && new Date(iso) < then.to * 1000;
    const around = comparison.choices(summary.marks.filter((m) => within(m.time)), spikesOf(selected).filter((s) => within(s.start)), now, new Date(now - summary.uptime_seconds * 1000));
    if (!around) return;
    const found = await get("compare?" + new URLSearchParams({ endpoint: format.name(selected), kind: selected.kind, ...around }));
    if (turn === compareTurn) comparison.show(found);
  },
  async flame() {
    if (!selected) return;
    const query = String(new URLSearchParams(identity(selected))), turn = ++flameTurn;
    const found = await get("endpoints/stacks?" + query).catch((e) => {
      if (e.status === 404) return null;
      throw e;
    });
    if (turn === flameTurn) flame.show(found, query);
  },
  async runtime() {
    const window = state.get("window"), { time } = source;
    const of = state.frozen ? { from: state.get("from"), to: state.get("to") } : { window: window === "1m" || window in long && config?.history ? window : "1h" };
    const answer = await get("runtime?" + new URLSearchParams(of));
    if (time === source.time) runtime.show(answer);
  },
  async trends() { if (whole(config)) endpoints.setTrends([]); else endpoints.setTrends((await get("endpoints?trend=true&window=" + state.get("window"))).endpoints); },
  async slow() {
    const window = state.get("window"), now = Math.floor(Date.now() / 1000), { time } = source;
    const of = state.frozen ? { from: state.get("from"), to: state.get("to") } : window in long ? { from: now - long[window], to: now } : {};
    const answer = await get("slow?" + new URLSearchParams({ limit: 200, ...of }));
    if (time === source.time) slow.set(answer, Boolean(of.from));
  },
  async usual() {
    if (!config?.history || whole(config)) return;
    const { time } = source, answer = await reading.beside((beside) => get("endpoints?" + new URLSearchParams({ ...time, ...beside })));
    if (time !== source.time) return;
    usual.set(answer.endpoints, time.to ? time.to - time.from : seconds[time.window] ?? answer.window_seconds);
    endpoints.render();
  },
  async past() {
    if (!config?.history) return;
    await pastSpikes.refresh();
    render();
  },
  async active() {
    const answer = await get("active?limit=50");
    const rows = examples(answer.active, answer.leaked);
    lists.active(rows);
    showGroups(answer);
    const leaked = format.leaked(answer.leaked);
    text($("active-leaked"), leaked ? "May never end: " + leaked + "." : "");
    show($("active-leaked"), leaked !== "");
    text($("active-count"), format.some(rows.length, answer.count));
  },
  async errors() {
    const answer = await get("errors?limit=50");
    lists.errors(answer.errors);
    text($("errors-count"), format.some(answer.errors.length, answer.count));
  },
  // events asks only where there are some: a path that is not there is an error in the browser's log.
  async events() {
    if (!config?.events) {
      events.hide();
      return;
    }
    const [stats, recent] = await Promise.all([get("stats"), get("events/recent?limit=50")]);
    events.show(stats, recent);
  },
  async evidence() { evidence.show(await get("evidence"), config?.may_change === true); },
  async config() {
    const first = config === null;
    config = await get("config");
    showChanges(config);
    traceView.configured();
    if (first) {
      apply();
      toggle(document.body, "history", config.history);
      lookBack(config.history);
      share.lasts(config.history);
      for (const option of document.querySelectorAll("[data-history]")) show(option, config.history);
      views.history = config.history;
      for (const part of config.history ? ["usual", "past", "series", "trends", "slow"] : []) refresh(part);
      refresh("events");
      refresh("evidence");
    }
  },
};

const ofAFixedTime = new Set(["series", "slow", "compare", "config", "usual"]);

// refresh asks for one part. A failure is left to the line that tells of the connection.
function refresh(part) {
  if (source.paused && !source.fixed || document.hidden || state.frozen && !ofAFixedTime.has(part)) return;
  if (!config && state.get("window") in long && part !== "config") return; // what it takes is not known yet
  refreshers[part]().catch(() => {});
}

function every(seconds, ...parts) {
  for (const part of parts) {
    refresh(part);
    setInterval(() => { if (!state.frozen) refresh(part); }, seconds * 1000); // what is frozen was asked for once
  }
}

function pause() {
  if (state.frozen) return;
  const paused = !source.paused;
  source.setPaused(paused);
  $("pause").setAttribute("aria-pressed", String(paused));
  text($("pause"), paused ? "Go on" : "Pause");
}

const live = { from: null, to: null };

function goLive() {
  if (state.frozen) state.set(live);
  else if (source.paused) pause();
}

// beside chooses the endpoint a step further in the list.
function beside(step) {
  const rows = [...$("endpoints").tBodies[0].rows], at = rows.findIndex((r) => r.classList.contains("selected"));
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))]?.querySelector("button").click();
}

// toDiagnostics goes there and leaves the address, which says what is looked at, as it is.
function toDiagnostics(event) {
  event.preventDefault();
  $("diagnostics-title").scrollIntoView();
  $("diagnostics-title").focus({ preventScroll: true });
}

function openSlowest() {
  const [first] = selected ? slow.of(format.name(selected)).sort((a, b) => b.duration_ms - a.duration_ms) : [];
  if (first) openTrace(first.trace_id);
}

function chooseTheme(name) {
  setTheme(name);
  $("theme").value = theme();
}

new Keys([
  { key: "/", what: "search the endpoints", act: () => $("filter").focus() },
  { key: "Escape", what: "leave the search, and empty it; close what is open" },
  { key: " ", name: "Space", what: "pause, or go on", act: pause },
  ...[["1m", "the last minute"], ["5m", "the last five minutes"], ["1h", "the last hour"], ["all", "all since the start"], ["24h", "the last 24 hours, where a history is stored"], ["7d", "the last seven days"]].map(([window, what], i) =>
    ({ key: String(i + 1), what, act: () => { if (!(window in long) || config?.history) state.set({ window, ...live }); } })),
  { key: "j", what: "the next endpoint", act: () => beside(1) },
  { key: "k", what: "the one before", act: () => beside(-1) },
  { key: "a", what: "all endpoints, or the worst alone", act: () => state.set({ all: !state.get("all") }) },
  { key: "v", what: "view of the chart: line, histogram, heatmap", act: () => views.next() },
  { key: "o", what: "open the slowest request of the chosen endpoint", act: openSlowest },
  { key: "w", what: "look at another time", act: () => when.open() },
  { key: "s", what: "share or download what is seen", act: () => share.open() },
  { key: "l", what: "go live again, where the view is frozen or paused", act: goLive },
  { key: "t", what: "theme: the system\u2019s, light, dark", act: () => chooseTheme({ "": "light", light: "dark", dark: "" }[theme()]) },
  { key: "\u2190 \u2192", what: "in the chart: from point to point" },
  { key: "\u2190 \u2191 \u2192 \u2193", what: "in the flame graph: from frame to frame; Enter looks closer, Escape goes back" },
]);

$("windows").addEventListener("change", (e) => state.set({ window: e.target.value, ...live }));
$("frozen-live").addEventListener("click", goLive);
for (const link of document.querySelectorAll('a[href="#diagnostics-title"]')) link.addEventListener("click", toDiagnostics);
$("filter").addEventListener("input", (e) => state.set({ q: e.target.value }));
$("filter").addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  state.set({ q: "" });
  e.target.blur();
});
$("theme").addEventListener("change", (e) => chooseTheme(e.target.value));
chooseTheme(theme());
$("slow-only").addEventListener("change", render);
$("pause").addEventListener("click", pause);
state.listen(apply);
state.listen(() => { refresh("usual"); refresh("trends"); refresh("series"); refresh("slow"); refresh("runtime"); }, "window", "scope");
state.listen(() => refreshers.series().catch(() => {}), "view");
state.listen(() => Object.keys(refreshers).forEach(refresh), "from", "to");

apply();
every(2, "active");
every(5, "series", "runtime", "detail", "flame", "errors", "events", "evidence");
every(15, "trends", "compare");
every(30, "slow");
every(60, "config", "usual", "past");

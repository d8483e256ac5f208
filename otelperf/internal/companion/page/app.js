// The page: what is looked at stands in the address, so that it can be linked to; the rest follows from what comes in.

import { Chart } from "./chart.js";
import { Detail } from "./detail.js";
import { inIncident } from "./condition.js";
import { showChanges, showDiagnostics } from "./diagnostics.js";
import { $, named, show, text, toggle } from "./dom.js";
import { Endpoints, worst } from "./endpoints.js";
import { Events } from "./events.js";
import { Evidence } from "./evidence.js";
import { Flame } from "./flame.js";
import * as format from "./format.js";
import { examples, makeLists, showGroups } from "./lists.js";
import { Comparison } from "./marks.js";
import { showNothing } from "./nothing.js";
import { showNow } from "./now.js";
import { showObjectives } from "./objectives.js";
import { Runtime } from "./runtime.js";
import { SlowList } from "./slow.js";
import { get, Source } from "./source.js";
import { state } from "./state.js";
import { TraceView } from "./trace.js";

let summary = null, config = null, selected = null, instances = new Set(), seriesTurn = 0, detailTurn = 0, flameTurn = 0, compareTurn = 0;

const traceView = new TraceView({ onClose: () => state.set({ trace: "" }), traceURL: () => config?.trace_url });
const openTrace = (id) => state.set({ trace: id });
const slow = new SlowList(openTrace);
const chart = new Chart({ openTrace }), runtime = new Runtime();
const detail = new Detail(), flame = new Flame(), events = new Events(openTrace), evidence = new Evidence(() => refresh("evidence"));
const comparison = new Comparison(() => refresh("compare"));
const endpoints = new Endpoints({ select: choosing });
const lists = makeLists(openTrace, choosing);
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
  link: (state, label) => {
    $("link").dataset.state = state;
    text($("link-text"), label);
    toggle($("main"), "stale", state === "lost");
  },
});

// choosing shows a row in the chart, and brings that into sight.
function choosing(row) {
  state.set({ endpoint: format.name(row) });
  $("chart-title").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

// apply brings the page in line with the state.
function apply() {
  const window = state.get("window"), trace = state.get("trace"), q = state.get("q");
  document.querySelector(`#windows input[value="${window}"]`).checked = true;
  if (source.window !== window || !source.stream) source.setWindow(window);
  if ($("filter").value !== q) $("filter").value = q;
  endpoints.follow();
  slow.status = state.get("status");
  if (trace) traceView.open(trace);
  else traceView.close();
  render();
}

function render() {
  if (!summary) return;
  const now = new Date(summary.time);
  text($("service"), summary.service);
  text($("identity"), [summary.version, summary.instance, "up " + format.span(summary.uptime_seconds)].filter(Boolean).join(" \u00b7 "));
  document.title = (summary.spikes.some((s) => s.state === "open") ? "\u25b2 " : "") + summary.service + " \u00b7 otelperf";
  notice();
  chart.setMarks(summary.marks);
  runtime.setMarks(summary.marks);
  showNow(summary, openTrace, (row) => state.set({ endpoint: format.name(row) }), config?.may_change === true);
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
  const past = summary.spikes.filter((s) => s.end), open = summary.spikes.length - past.length;
  lists.history(past);
  text($("history-empty"), open ? "None has ended: " + (open === 1 ? "one is" : open + " are") + " open, see above." : "None since the start.");
  showDiagnostics(summary.diagnostics);
}

// notice warns of answers that come from several instances: their numbers alternate, and neither is the whole.
function notice() {
  instances.add(summary.instance);
  const several = instances.size > 1 && source.failures === 0;
  show($("notice"), several);
  if (several) text($("notice"), "Answers come from " + instances.size + " instances by turns (" + [...instances].slice(-3).join(", ") + "): behind a load balancer, open one of them directly.");
}

// choose picks the endpoint of the chart: the one asked for, else the worst. That stays until another one has an incident and it has none.
function choose() {
  const rows = [...summary.endpoints, ...summary.dependencies, ...summary.jobs];
  const found = rows.find((r) => format.name(r) === state.get("endpoint")) ?? worst(summary.endpoints);
  const changed = found && (!selected || format.name(found) !== format.name(selected));
  const current = rows.find((r) => selected && r.kind === selected.kind && format.name(r) === format.name(selected));
  if (state.get("endpoint") || !current || found && inIncident(found) && !inIncident(current)) {
    selected = found;
    if (changed) {
      refresh("series");
      refresh("detail");
      refresh("flame");
      refresh("compare");
    }
  }
  if (!selected) {
    chart.clear("No requests yet.");
    detail.show(null, null, "No requests yet.");
    flame.show(null, "", "No requests yet.");
  }
}

// identity is what tells a row from all others, as parameters.
const identity = (row) => ({ method: row.method, route: row.route, kind: row.kind });

function seriesOf(row, window) {
  return get("endpoints/series?" + new URLSearchParams({ ...identity(row), window }));
}

// refine puts the last minute's steps of ten seconds in the place of its minutes, where there are few of those.
function refine(series, fine) {
  if (!fine.points.length) return;
  const begin = new Date(fine.points[0].t);
  series.points = [...series.points.filter((p) => new Date(p.t).getTime() + p.seconds * 1000 <= begin.getTime() + 500), ...fine.points];
}

const refreshers = {
  async series() {
    if (!selected) return;
    const turn = ++seriesTurn, span = state.get("window") === "1m" ? "1m" : "1h";
    const series = await seriesOf(selected, span);
    const young = span === "1h" && series.points.length < 10;
    if (young) refine(series, await seriesOf(selected, "1m"));
    if (turn !== seriesTurn) return;
    named($("chart-name"), series);
    text($("chart-span"), span === "1m" ? "last minute, in steps of 10 s" : young ? "since the start" : "last hour, by the minute");
    if (series.points.length) {
      chart.show(series, slow.of(format.name(series)));
      runtime.axis(chart.begin, chart.end);
    }
  },
  async detail() {
    if (!selected) return;
    const row = selected, turn = ++detailTurn;
    if (summary.diagnostics.source === "metrics") {
      detail.show(null, null, "Only spans tell this, and the numbers here come from metrics.");
      return;
    }
    const found = await get("endpoints/detail?" + new URLSearchParams(identity(row))).catch((e) => {
      if (e.status === 404) return null;
      throw e;
    });
    if (turn !== detailTurn) return;
    named($("detail-name"), row);
    detail.show(found, row.baseline_p99_ms, "No span of it has been seen yet.", row.state === "spiking");
  },
  async compare() {
    if (!selected) return;
    const now = new Date(summary.time), mark = comparison.marks(summary.marks, now, new Date(now - summary.uptime_seconds * 1000)), turn = ++compareTurn;
    if (!mark) return;
    const found = await get("compare?" + new URLSearchParams({ endpoint: format.name(selected), kind: selected.kind, mark }));
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
  async runtime() { runtime.show(await get("runtime?window=" + (state.get("window") === "1m" ? "1m" : "1h"))); },
  async trends() { endpoints.setTrends((await get("endpoints?trend=true&window=" + state.get("window"))).endpoints); },
  async slow() { slow.set(await get("slow?limit=200")); },
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
      refresh("events");
      refresh("evidence");
    }
  },
};

// refresh asks for one part. A failure is left to the line that tells of the connection.
function refresh(part) {
  if (source.paused || document.hidden) return;
  refreshers[part]().catch(() => {});
}

function every(seconds, ...parts) {
  for (const part of parts) {
    refresh(part);
    setInterval(() => refresh(part), seconds * 1000);
  }
}

function pause() {
  const paused = !source.paused;
  source.setPaused(paused);
  $("pause").setAttribute("aria-pressed", String(paused));
  text($("pause"), paused ? "Go on" : "Pause");
}

function keys(event) {
  const typing = event.target.closest("input, textarea, select, button, a, summary, dialog");
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "Escape" && event.target === $("filter")) {
    state.set({ q: "" });
    $("filter").blur();
  } else if (event.key === "/" && !(typing && typing.matches("input:not([type=radio], [type=checkbox])")) && !$("trace").open) {
    event.preventDefault();
    $("filter").focus();
  } else if (event.key === " " && !typing) {
    event.preventDefault();
    pause();
  }
}

$("windows").addEventListener("change", (e) => state.set({ window: e.target.value }));
$("filter").addEventListener("input", (e) => state.set({ q: e.target.value }));
$("slow-only").addEventListener("change", render);
$("pause").addEventListener("click", pause);
document.addEventListener("keydown", keys);
state.listen(apply);
state.listen(() => { refresh("trends"); refresh("series"); refresh("runtime"); }, "window");

apply();
every(2, "active");
every(5, "series", "runtime", "detail", "flame", "errors", "events", "evidence");
every(15, "trends", "compare");
every(30, "slow");
every(60, "config");

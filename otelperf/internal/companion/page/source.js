// Where the numbers come from: the stream while it works, polling while it does not. All URLs are relative to the page.

import { long } from "./state.js";

const slowPoll = 10_000; // ms between two polls of a long window
const fleetPoll = 2000; // ms between two polls of all instances
const patience = 5000; // ms without a summary after which the numbers count as old

export const get = (path) => ask(path, "GET");
export const post = (path, body) => ask(path, "POST", body);
export const remove = (path) => ask(path, "DELETE");

async function ask(path, method, body) {
  const headers = { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) };
  const reply = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  if (!reply.ok) {
    let detail = reply.statusText;
    try {
      detail = (await reply.json()).detail ?? detail;
    } catch { /* not ours: the status says enough */ }
    throw Object.assign(new Error(detail), { status: reply.status });
  }
  return reply.json();
}

export class Source {
  // on has: summary(data), slow(data), spike(data), mark(data), link(state, text)
  constructor(on) {
    this.on = on;
    this.time = {}; // that is looked at: {window}, with {scope} of all instances, or {from, to}, unix seconds
    this.paused = false;
    this.failures = 0;
    this.lastSummary = 0;
    setInterval(() => this.watch(), 1000);
    document.addEventListener("visibilitychange", () => this.connect());
  }

  get fixed() { return this.time.to !== undefined; }

  look(time) {
    this.time = time;
    this.connect();
    if (this.paused && !this.fixed) this.poll(); // once
  }

  setPaused(paused) {
    this.paused = paused;
    this.connect();
  }

  // connect opens the stream anew, or closes it while nobody looks.
  connect() {
    this.stream?.close();
    clearTimeout(this.retry);
    clearInterval(this.polling);
    if (this.fixed) {
      this.stream = null;
      this.poll(); // once: it stays as it is
      return;
    }
    if (this.paused) {
      this.on.link("paused", "paused");
      return;
    }
    if (document.hidden) return;
    if (this.time.window in long) { // which changes slowly, and is read of a history
      this.stream = null;
      this.polling = setInterval(() => this.poll(), slowPoll);
      this.poll();
      return;
    }
    if (this.time.scope) { // who has the stream knows itself alone
      this.stream = null;
      this.polling = setInterval(() => this.poll(), fleetPoll);
      this.poll();
      return;
    }
    const stream = this.stream = new EventSource("stream?" + new URLSearchParams(this.time));
    stream.addEventListener("open", () => {
      this.failures = 0;
      clearInterval(this.polling);
    });
    stream.addEventListener("summary", (e) => {
      if (stream === this.stream && !this.paused) this.summary(JSON.parse(e.data), "live");
    });
    stream.addEventListener("slow", (e) => this.on.slow(JSON.parse(e.data)));
    stream.addEventListener("spike", (e) => this.on.spike(JSON.parse(e.data)));
    stream.addEventListener("mark", (e) => this.on.mark(JSON.parse(e.data)));
    stream.addEventListener("error", () => this.failed(stream));
  }

  // failed polls until the stream is back. The browser reconnects by itself where it may; where the server refused, we do.
  failed(stream) {
    if (stream !== this.stream) return;
    this.failures++;
    if (this.failures === 1 && stream.readyState !== EventSource.CLOSED) {
      this.on.link("trying", "connecting");
      this.poll(); // the stream may have ended alone
      return;
    }
    stream.close();
    clearInterval(this.polling);
    this.polling = setInterval(() => this.poll(), 2000);
    this.poll();
    this.retry = setTimeout(() => this.connect(), Math.min(30_000, 3000 * this.failures));
  }

  async poll() {
    const time = this.time;
    try {
      const summary = await get("summary?" + new URLSearchParams(time));
      if (time === this.time) this.summary(summary, this.fixed ? "frozen" : this.time.window in long ? "every 10\u202fs" : this.time.scope ? "every 2\u202fs" : "polling");
    } catch (e) {
      if (this.fixed && time === this.time) this.on.link("frozen", e.message);
      if (this.time.window in long && time === this.time) this.on.link("lost", e.message);
      if (e.status === 401 || e.status === 403) this.on.link("lost", "access denied");
      else if (!this.fixed && !this.paused && e.status === undefined) this.on.link("lost", "no answer");
    }
  }

  summary(data, state) {
    this.lastSummary = Date.now();
    if (this.fixed) this.on.link("frozen", "frozen");
    else if (!this.paused) this.on.link("live", state);
    this.on.summary(data);
  }

  watch() {
    if (this.paused || this.fixed || document.hidden || !this.lastSummary) return;
    const silent = Date.now() - this.lastSummary;
    if (silent > patience + (this.time.window in long ? 2 * slowPoll : 0)) this.on.link("lost", "no answer for " + Math.round(silent / 1000) + "\u202fs");
  }
}

// What is looked at. It stands in the part of the address behind the '#', as parameters, so that it can be linked to and found again.

// long are the windows that take a history, in seconds.
export const long = { "24h": 86_400, "7d": 604_800 };

const oneOf = (...accepted) => (text) => accepted.includes(text) ? text : accepted[0];
const matching = (pattern) => (text) => pattern.test(text) ? text : "";
const second = (text) => /^[1-9]\d{0,10}$/.test(text) ? Number(text) : null;

// parameters turn the text of the address, "" if there is none, into a value. What they do not accept becomes the usual value, that of
// "", which is never written.
const parameters = {
  window: oneOf("5m", "1m", "1h", "24h", "7d", "all"),
  from: second, to: second, // unix seconds, both or neither: with them the view is frozen
  endpoint: String,
  view: oneOf("line", "histogram", "heatmap"),
  q: String, // the search
  status: oneOf("", "2xx", "3xx", "4xx", "5xx", "failed"),
  quantile: oneOf("p99", "p50", "p90", "p95", "p99.9"),
  order: matching(/^-?[a-z][a-z0-9_.]{0,30}$/), // a column, with '-' the largest first; "" is the usual order
  all: (text) => text === "1",
  trace: matching(/^[0-9a-f]{32}$/),
};

const usual = read("");

function read(hash) {
  const p = new URLSearchParams(hash.includes("=") ? hash : "");
  return coherent(Object.fromEntries(Object.entries(parameters).map(([name, parse]) => [name, parse(p.get(name) ?? "")])));
}

function coherent(values) {
  return values.from !== null && values.to !== null && values.from < values.to ? values : { ...values, from: null, to: null };
}

class State {
  constructor() {
    this.values = read(location.hash.slice(1));
    this.listeners = [];
    addEventListener("popstate", () => this.follow());
    addEventListener("hashchange", () => this.follow());
  }

  get(name) { return this.values[name]; }

  // frozen is whether a fixed time is looked at, and not what happens.
  get frozen() { return this.values.from !== null; }

  // listen calls f with the set of the names that have changed, when one of the names did, or any if none are given.
  listen(f, ...names) { this.listeners.push({ f, names }); }

  // set changes values and the address. A value that is not accepted becomes the usual one.
  set(change) {
    const values = this.with(change), address = this.address(change);
    const differs = (name) => values[name] !== this.values[name];
    const step = differs("from") || differs("to") || values.trace && differs("trace"); // which the back button undoes
    if (address !== location.pathname + location.search + location.hash) history[step ? "pushState" : "replaceState"](null, "", address);
    this.take(values);
  }

  // address is that of this view with some values changed, relative to the page.
  address(change = {}) {
    const p = new URLSearchParams();
    for (const [name, value] of Object.entries(this.with(change))) {
      if (value !== usual[name]) p.set(name, value === true ? "1" : String(value));
    }
    return location.pathname + location.search + (String(p) ? "#" + p : "");
  }

  with(change) {
    const parsed = Object.entries(change).map(([name, value]) => [name, parameters[name](value === true ? "1" : String(value || ""))]);
    return coherent({ ...this.values, ...Object.fromEntries(parsed) });
  }

  // follow takes what the address says now, unless it leads to a place in the page.
  follow() {
    const hash = location.hash.slice(1);
    if (hash === "" || hash.includes("=")) this.take(read(hash));
  }

  take(values) {
    const changed = new Set(Object.keys(parameters).filter((name) => values[name] !== this.values[name]));
    this.values = values;
    if (changed.size === 0) return;
    for (const { f, names } of this.listeners) {
      if (names.length === 0 || names.some((name) => changed.has(name))) f(changed);
    }
  }
}

export const state = new State();

// What is looked at. It stands in the part of the address behind the '#', as parameters, so that it can be linked to and found again.

// long are the windows that take a history, in seconds.
export const long = { "24h": 86_400, "7d": 604_800 };

// seconds are those of the windows that have a length.
export const seconds = { "1m": 60, "5m": 300, "1h": 3600, ...long };

// Parsers turn the text of the address into a value, undefined for what they do not accept. "" is the usual value, which is never written.
const oneOf = (...accepted) => (text) => text === "" ? accepted[0] : accepted.find((a) => a === text);
const matching = (pattern) => (text) => text === "" || pattern.test(text) ? text : undefined;
const second = (text) => text === "" ? null : /^[1-9]\d{0,10}$/.test(text) ? Number(text) : undefined;
const flag = (text) => ({ "": false, 0: false, 1: true })[text];

// orders are what the endpoints may be ordered by: columns of their table, and impact.
const orders = "impact|state|name|rate|error_rate|p50|p90|p95|p99|p99\\.9|time|baseline|ratio|then";

const parameters = {
  window: { parse: oneOf("5m", "1m", "1h", "24h", "7d", "all"), instead: "shown are five minutes" },
  from: { parse: second, instead: "shown is what happens now" }, // unix seconds, both or neither: with them the view is frozen
  to: { parse: second, instead: "shown is what happens now" },
  scope: { parse: oneOf("instance", "fleet"), instead: "shown is the instance that answers" },
  endpoint: { parse: String },
  view: { parse: oneOf("line", "histogram", "heatmap"), instead: "shown are lines" },
  q: { parse: String }, // the search
  status: { parse: oneOf("", "2xx", "3xx", "4xx", "5xx", "failed"), instead: "shown is any status" },
  quantile: { parse: oneOf("p99", "p50", "p90", "p95", "p99.9"), instead: "shown is p99" },
  order: { parse: matching(new RegExp("^-?(" + orders + ")$")), instead: "the worst come first" }, // with '-' the largest first
  all: { parse: flag, instead: "shown are the worst" },
  trace: { parse: matching(/^(?!0{32})[0-9a-f]{32}$/), instead: "none is opened" },
};

const usual = read("").values;

// read returns the values of an address, and of what in it is not known {part, instead}: how it stands there, and what is shown in its place.
function read(hash) {
  const p = new URLSearchParams(hash.includes("=") ? hash : ""), unknown = [];
  for (const name of new Set(p.keys())) {
    if (!Object.hasOwn(parameters, name)) unknown.push({ part: name, instead: "nothing follows from it" });
  }
  const values = Object.fromEntries(Object.entries(parameters).map(([name, { parse, instead }]) => {
    const text = p.get(name) ?? "", value = parse(text);
    if (value === undefined) unknown.push({ part: name + "=" + text, instead });
    return [name, value === undefined ? parse("") : value];
  }));
  const { from, to } = values, times = ["from", "to"].filter((name) => p.get(name)).map((name) => name + "=" + p.get(name)).join(" ");
  if (from !== null && to !== null && from >= to) unknown.push({ part: times + ", which is not before it", instead: parameters.from.instead });
  else if (from !== null && to !== null && toCome(from)) unknown.push({ part: times + ", which is still to come", instead: parameters.from.instead });
  else if ((from === null) !== (to === null) && !unknown.some(({ part }) => /^(from|to)=/.test(part))) {
    unknown.push({ part: times + " without " + (from === null ? "from" : "to"), instead: parameters.from.instead });
  }
  return { values: coherent(values), unknown };
}

function coherent(values) {
  return values.from !== null && values.to !== null && values.from < values.to && !toCome(values.from) ? values : { ...values, from: null, to: null };
}

// toCome is whether a time is still to come, by far more than clocks differ.
function toCome(from) { return from > Date.now() / 1000 + 3600; }

// takeOver moves parameters of this page that came in front of the '#' behind it, where those that are there already count.
function takeOver() {
  const before = new URLSearchParams(location.search), moved = Object.keys(parameters).filter((name) => before.has(name));
  if (moved.length === 0) return;
  const hash = location.hash.slice(1), behind = new URLSearchParams(hash.includes("=") ? hash : "");
  for (const name of moved) {
    if (!behind.has(name)) behind.set(name, before.get(name));
    before.delete(name);
  }
  history.replaceState(null, "", location.pathname + (before.size > 0 ? "?" + before : "") + "#" + behind);
}

class State {
  constructor() {
    takeOver();
    Object.assign(this, read(location.hash.slice(1))); // values, and what of the address is not known
    this.listeners = [];
    this.seen = location.hash; // by these values
    addEventListener("popstate", () => this.follow());
    addEventListener("hashchange", () => this.follow());
  }

  get(name) { return this.values[name]; }

  // frozen is whether a fixed time is looked at, and not what happens.
  get frozen() { return this.values.from !== null; }

  // when names the time that numbers are of.
  get when() { return this.frozen ? "in that time" : "in this window"; }

  // listen calls f with the set of the names that have changed, when one of the names did, or any if none are given.
  listen(f, ...names) { this.listeners.push({ f, names }); }

  // set changes values and the address. A value that is not accepted becomes the usual one. An address whose event is still to come is followed
  // first, or the change would take back what it says.
  set(change) {
    this.follow();
    const values = this.with(change), address = this.address(change);
    const differs = (name) => values[name] !== this.values[name];
    const step = differs("from") || differs("to") || values.trace && differs("trace"); // which the back button undoes
    if (address !== location.pathname + location.search + location.hash) history[step ? "pushState" : "replaceState"](null, "", address);
    this.seen = location.hash;
    this.take({ values, unknown: [] });
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
    const parsed = Object.entries(change).map(([name, value]) => {
      const { parse } = parameters[name];
      return [name, parse(value === true ? "1" : String(value || "")) ?? parse("")];
    });
    return coherent({ ...this.values, ...Object.fromEntries(parsed) });
  }

  // follow takes what the address says now, unless it leads to a place in the page, or was seen.
  follow() {
    if (location.hash === this.seen) return;
    this.seen = location.hash;
    const hash = location.hash.slice(1);
    if (hash === "" || hash.includes("=")) this.take(read(hash));
  }

  take({ values, unknown }) {
    const changed = new Set(Object.keys(parameters).filter((name) => values[name] !== this.values[name]));
    const same = changed.size === 0 && unknown.length === 0 && this.unknown.length === 0;
    Object.assign(this, { values, unknown });
    if (same) return;
    for (const { f, names } of this.listeners) {
      if (names.length === 0 || names.some((name) => changed.has(name))) f(changed);
    }
  }
}

export const state = new State();

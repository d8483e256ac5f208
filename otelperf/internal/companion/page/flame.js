// Where slow requests of the chosen endpoint spend their time: a flame graph that is read from above, the handler first, and beside it
// a table of the lines at which the time goes by. The graph is walked with the arrow keys, Enter looks closer, Escape goes back.

import { $, el, measure, show, svg, text } from "./dom.js";
import * as format from "./format.js";
import { Table } from "./table.js";

const row = 20, glyph = 6.7, narrowest = 1.5; // pixels

// kinds of states, each with a colour and a pattern: what a goroutine waits for.
const kinds = {
  sync: ["waiting for others", ["lock", "rwlock", "once", "cond", "waitgroup", "semaphore", "singleflight", "chan_send", "chan_receive", "select", "pipe"]],
  db: ["database, cache", ["db_connection", "db_reply", "cache_connection", "cache_reply"]],
  net: ["network", ["http_connection", "http_reply", "rpc_reply", "dial", "dns", "network_read", "network_write"]],
  run: ["running", ["running", "runnable", "gc", "not_scheduled"]],
  rest: ["sleep and other waits", []],
};
const kindOf = (state) => Object.keys(kinds).find((k) => kinds[k][1].includes(state)) ?? "rest";

export class Flame {
  constructor() {
    this.box = $("flame");
    this.lines = new Table($("flame-lines"), {
      caption: "Lines at which the time goes by", key: (r) => r.sentence,
      columns: [
        { id: "share", label: "share", numeric: true, cell: (td, r) => text(td, format.percent(r.share)) },
        { id: "time", label: "time", numeric: true, cell: (td, r) => measure(td, format.duration(r.wall_ms)) },
        { id: "line", label: "What they do", class: "wide", cell: (td, r) => text(td, r.sentence) },
      ],
    });
    this.box.addEventListener("keydown", (e) => this.key(e));
    new ResizeObserver(() => this.render()).observe(this.box);
  }

  // show takes the answer of endpoints/stacks, or null and the reason why there is none. query is that of its downloads.
  show(answer, query = "", why = "") {
    const some = answer !== null && answer.stacks.length > 0;
    show($("flame-body"), some);
    show($("flame-none"), !some);
    text($("flame-none"), answer?.note || why || "None of its requests has been seen while it was slow, in the last hour.");
    if (!some) {
      this.root = this.top = null;
      return;
    }
    text($("flame-span"), format.durationText(answer.wall_ms) + " of slow requests in " + format.count(answer.samples) + " samples, since " + format.whenOf(answer.since));
    show($("flame-note"), Boolean(answer.note));
    text($("flame-note"), answer.note ?? "");
    for (const [id, kind] of [["flame-folded", "folded"], ["flame-pprof", "pprof"]]) $(id).href = "endpoints/stacks?" + query + "&format=" + kind;
    this.lines.show(answer.lines);
    const stamp = query + JSON.stringify(answer.stacks);
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    const path = query === this.query ? pathTo(this.top) : [];
    this.query = query;
    this.root = grow(answer.stacks);
    this.top = follow(this.root, path);
    this.render();
  }

  render() {
    const width = this.box.clientWidth;
    if (!this.root || !width) return;
    const focused = this.box.contains(document.activeElement) ? pathTo(document.activeElement.node) : null;
    this.nodes = [];
    const marks = [], labels = []; // apart: a frame's name is whole, what is written on it need not be
    const place = (node, x, w, y, deepest) => {
      marks.push(this.mark(node, x, w, y));
      labels.push(svg("text", { x: x + 4, y: y + 14 }, shortened(node.name, Math.floor((w - 6) / glyph))));
      this.nodes.push(node);
      deepest = Math.max(deepest, y);
      for (const child of node.children) {
        const wide = w * child.ms / node.ms;
        if (wide >= narrowest) deepest = place(child, x, wide, y + row, deepest);
        x += wide;
      }
      return deepest;
    };
    const height = place(this.top, 0, width, 0, 0) + row;
    this.box.replaceChildren(svg("svg", { width, height, viewBox: "0 0 " + width + " " + height, role: "group", "aria-label": "Flame graph: the handler above, what it calls below, as wide as the time" }, ...marks, svg("g", { "aria-hidden": "true", class: "labels" }, ...labels)));
    const now = focused && this.nodes.find((n) => n.mark && samePath(pathTo(n), focused));
    (now ?? this.top).mark.setAttribute("tabindex", "0");
    now?.mark.focus({ preventScroll: true });
    this.say(now ?? this.top);
    $("flame-legend").replaceChildren(...[...new Set(this.nodes.map((n) => n.kind))].filter(Boolean).map((k) => el("li", null, el("i", { class: "swatch flame-" + k }), kinds[k][0])));
  }

  mark(node, x, w, y) {
    const share = format.percent(node.ms / this.root.ms);
    const g = svg("g", {
      tabindex: "-1", role: "button", "aria-label": node.name + ", " + share + " of the time" + (node.kind ? ", " + kinds[node.kind][0] : ""), class: "flame-" + (node.kind || "mixed"),
      on: { click: () => this.zoom(node), focus: () => this.say(node), pointerenter: () => this.say(node) },
    }, svg("rect", { x, y, width: Math.max(w - 1, 1), height: row - 1, rx: 2 }),
    node.kind ? svg("rect", { x, y, width: Math.max(w - 1, 1), height: row - 1, rx: 2, class: "flame-pattern", fill: "url(#pattern-" + node.kind + ")" }) : null);
    g.node = node;
    node.mark = g;
    return g;
  }

  say(node) {
    text($("flame-info"), node.name + ": " + format.durationText(node.ms) + ", " + format.percent(node.ms / this.root.ms) + (node.kind ? ", " + kinds[node.kind][0] : ""));
  }

  // zoom makes a frame as wide as the graph, or goes back where it is that already.
  zoom(node) {
    this.top = node === this.top ? node.parent ?? node : node;
    this.render();
    node.mark?.isConnected && this.move(node);
  }

  move(node) {
    if (!node?.mark?.isConnected) return;
    for (const n of this.nodes) n.mark.setAttribute("tabindex", n === node ? "0" : "-1");
    node.mark.focus();
  }

  key(event) {
    const node = event.target.node;
    if (!node) return;
    const beside = (step) => {
      const all = node === this.top ? [node] : node.parent.children.filter((n) => n.mark?.isConnected);
      return all[all.indexOf(node) + step];
    };
    const act = {
      ArrowDown: () => this.move(node.children.find((n) => n.mark?.isConnected)), ArrowUp: () => node !== this.top && this.move(node.parent),
      ArrowLeft: () => this.move(beside(-1)), ArrowRight: () => this.move(beside(1)), Home: () => this.move(this.top),
      Enter: () => this.zoom(node), " ": () => this.zoom(node), Escape: () => { this.top = this.root; this.render(); this.move(this.root); },
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

// grow makes a tree of the stacks. A frame has a kind if all that is below it is of that kind.
function grow(stacks) {
  const root = { name: "all slow requests", ms: 0, children: [], kind: null, parent: null };
  for (const s of stacks) {
    const kind = kindOf(s.state);
    let at = root;
    add(at, s.wall_ms, kind);
    for (const name of s.frames) {
      let next = at.children.find((n) => n.name === name);
      if (!next) at.children.push(next = { name, ms: 0, children: [], kind: null, parent: at });
      add(next, s.wall_ms, kind);
      at = next;
    }
  }
  return root;
}

function add(node, ms, kind) {
  node.kind = node.ms === 0 ? kind : node.kind === kind ? kind : "";
  node.ms += ms;
}

const shortened = (name, letters) => letters < 4 ? "" : name.length <= letters ? name : name.slice(0, letters - 1) + "\u2026";

function pathTo(node) {
  const path = [];
  for (; node?.parent; node = node.parent) path.unshift(node.name);
  return path;
}

const samePath = (a, b) => a.length === b.length && a.every((name, i) => name === b[i]);

function follow(node, path) {
  for (const name of path) node = node.children.find((n) => n.name === name) ?? node;
  return node;
}

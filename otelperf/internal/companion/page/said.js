// What people say about spikes: that somebody looks after one, and that what goes wrong at some endpoints is not reported for a time.

import { $, el, keyed, show, text } from "./dom.js";
import * as format from "./format.js";
import { post, remove } from "./source.js";

let who = ""; // that was given last

// said is the part of a spike's card that outlives its changes: what was said of it, and the form to say it.
export function said() {
  const by = el("input", { required: true, maxLength: 64, autocomplete: "name" }), why = el("input", { maxLength: 200, autocomplete: "off" });
  const until = el("input", { type: "datetime-local", "aria-label": "mute until" }), note = el("span", { role: "status" });
  const node = el("div", { class: "said" }, el("p", { class: "said-text" }));
  const form = el("form", { class: "said-form", on: { submit: (e) => e.preventDefault() } });
  const button = (label, send) => el("button", { type: "button", class: "quiet", on: { click: () => submit(send) } }, label);
  const mute = (time) => Promise.all(node.spike.endpoints.filter((p) => p.state === "open").map((p) => post("mutes", { endpoint: format.name(p), by: by.value, why: why.value, ...time() })));
  form.append(el("label", null, "who ", by), el("label", null, "why ", why),
    button("acknowledge", () => post(path(node.spike), { by: by.value, why: why.value })),
    button("mute for 15 min", () => mute(() => ({ minutes: 15 }))), button("mute for 1 h", () => mute(() => ({ minutes: 60 }))),
    until, button("mute until", () => mute(() => ({ until: new Date(until.value).toISOString() }))), note);
  async function submit(send) {
    if (!form.reportValidity()) return;
    who = by.value;
    try {
      await send();
      text(note, "");
      node.details.open = false;
    } catch (e) {
      text(note, e instanceof RangeError ? "Until when? Give a date and a time." : e.message);
    }
  }
  node.details = el("details", { on: { toggle: () => { by.value ||= who; } } }, el("summary", null, "Acknowledge or mute"), form);
  node.append(node.details);
  return node;
}

const path = (spike) => "spikes/" + encodeURIComponent(spike.id) + "/ack";

// showSaid brings that part in line with the spike.
export function showSaid(node, spike, mayChange) {
  node.spike = spike;
  show(node.details, mayChange);
  const lines = [
    spike.ack ? "acknowledged by " + spike.ack.by + (spike.ack.why ? ": " + spike.ack.why : "") : "",
    spike.muted ? "muted until " + format.clock(spike.muted.until) + " by " + spike.muted.by + (spike.muted.why ? ": " + spike.muted.why : "") : "",
  ];
  text(node.querySelector(".said-text"), lines.filter(Boolean).join(" \u00b7 "));
}

// showMutes lists the mutes in force.
export function showMutes(mutes, mayChange) {
  show($("mutes"), mutes.length > 0);
  keyed($("mutes"), mutes, (m) => m.id, (m) => el("li", null, el("span", { class: "mute-text" }), " ",
    el("button", { type: "button", class: "plain", on: { click: (e) => end(e.currentTarget, m.id) } }, "end now")), (li, m) => {
    text(li.querySelector(".mute-text"), "Muted until " + format.clock(m.until) + ": " + (m.endpoint === "*" ? "everything" : m.endpoint) + (m.matter ? " (" + m.matter + ")" : "") + ", by " + m.by + (m.why ? ": " + m.why : ""));
    show(li.querySelector("button"), mayChange);
  });
}

async function end(button, id) {
  button.disabled = true;
  try {
    await remove("mutes/" + encodeURIComponent(id) + (who ? "?by=" + encodeURIComponent(who) : ""));
  } catch (e) {
    button.disabled = false;
    button.title = e.message;
  }
}

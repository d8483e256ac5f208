// What people say about spikes: that somebody looks after one, and that what goes wrong at some endpoints is not reported for a time.

import { $, el, keyed, show, text } from "./dom.js";
import * as format from "./format.js";
import { recall, remember } from "./preferences.js";
import { post, remove } from "./source.js";

let who = recall("who"); // that was given last

const morning = 8, noon = 12; // hours of the local time

// next is the next time that it is an hour.
function next(hour) {
  const t = new Date(), now = t.getTime();
  t.setHours(hour, 0, 0, 0);
  if (t <= now) t.setDate(t.getDate() + 1);
  return t;
}

// until says when that is.
const until = (t) => (t.getDate() === new Date().getDate() ? "" : "tomorrow ") + (t.getHours() === noon ? "noon" : format.minute(t));

// said is the part of a spike's card that outlives its changes: what was said of it, and the form to say it.
export function said() {
  const by = el("input", { required: true, maxLength: 64, autocomplete: "name" }), why = el("input", { maxLength: 200, autocomplete: "off" });
  const time = el("input", { type: "datetime-local", "aria-label": "mute until" }), note = el("span", { role: "status" });
  const node = el("div", { class: "said" }, el("p", { class: "said-text" }));
  const form = el("form", { class: "said-form", on: { submit: (e) => e.preventDefault() } });
  const button = (label, send) => el("button", { type: "button", class: "quiet", on: { click: () => submit(send) } }, label);
  const untilNext = (hour) => button("", () => mute(() => ({ until: next(hour).toISOString() }))), named = [morning, noon].map((hour) => [hour, untilNext(hour)]);
  const mute = (time) => Promise.all(node.spike.endpoints.filter((p) => p.state === "open").map((p) => post("mutes", { endpoint: format.name(p), by: by.value, why: why.value, ...time() })));
  form.append(el("label", null, "who ", by), el("label", null, "why ", why),
    button("acknowledge", () => post(path(node.spike), { by: by.value, why: why.value })),
    button("mute for 15 min", () => mute(() => ({ minutes: 15 }))), button("mute for 1 h", () => mute(() => ({ minutes: 60 }))),
    ...named.map(([, b]) => b), time, button("mute until", () => mute(() => ({ until: new Date(time.value).toISOString() }))), note);
  async function submit(send) {
    if (!form.reportValidity()) return;
    who = by.value;
    remember("who", who);
    try {
      await send();
      text(note, "");
      node.details.open = false;
    } catch (e) {
      text(note, e instanceof RangeError ? "Until when? Give a date and a time." : e.message);
    }
  }
  // opened has what was given last, the times as they are called now, and the cursor where something is missing.
  function opened() {
    by.value ||= who;
    for (const [hour, b] of named) text(b, "mute until " + until(next(hour)));
    const soon = new Date(Date.now() + 3_600_000);
    time.value ||= new Date(soon - soon.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    if (node.details.open && !by.value) by.focus();
  }
  node.details = el("details", { on: { toggle: () => opened() } }, el("summary", null, "Acknowledge or mute"), form);
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
    spike.muted ? "muted until " + format.whenOf(spike.muted.until) + " by " + spike.muted.by + (spike.muted.why ? ": " + spike.muted.why : "") : "",
  ];
  text(node.querySelector(".said-text"), lines.filter(Boolean).join(" \u00b7 "));
}

// showMutes lists the mutes in force.
export function showMutes(mutes, mayChange) {
  show($("mutes"), mutes.length > 0);
  keyed($("mutes"), mutes, (m) => m.id, (m) => el("li", null, el("span", { class: "mute-text" }), " ",
    el("button", { type: "button", class: "plain", on: { click: (e) => end(e.currentTarget, m.id) } }, "end now")), (li, m) => {
    text(li.querySelector(".mute-text"), "Muted until " + format.whenOf(m.until) + ": " + (m.endpoint === "*" ? "everything" : m.endpoint) + (m.matter ? " (" + m.matter + ")" : "") + ", by " + m.by + (m.why ? ": " + m.why : ""));
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

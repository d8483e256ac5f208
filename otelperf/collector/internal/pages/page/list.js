// The services of all connectors, asked for every five seconds while the page is seen. Texts come from spans: they are set as text alone.

const $ = (id) => document.getElementById(id);
const none = "\u2013";
const every = 5000; // ms
const headings = document.querySelectorAll("thead th");

function el(tag, className, ...children) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  e.append(...children.filter(Boolean)); // what is not there is null, false or ""
  return e;
}

const number = (v, digits) => v === null || v === undefined ? none : v.toLocaleString(undefined, { maximumSignificantDigits: digits });
const percent = (v) => v === null || v === undefined ? none : number(100 * v, 2) + "\u202f%";
const duration = (ms) => ms === null || ms === undefined ? none : ms < 1000 ? number(ms, 3) + "\u202fms" : number(ms / 1000, 3) + "\u202fs";

const sentence = (text) => text && text[0].toUpperCase() + text.slice(1) + ".";

function linkTo(s) {
  const link = el("a", "", (s.namespace ? s.namespace + "/" + s.service : s.service) + (s.rest ? ", beyond max_services" : ""));
  link.href = s.path;
  return link;
}

function row(s) {
  const detail = [s.verdict.detail, sentence(s.sampling)].filter(Boolean).join(" ");
  const state = el("td", s.verdict.status, el("strong", "", s.verdict.title), detail && el("div", "muted", detail));
  const name = el("td", "", linkTo(s), s.several && el("div", "muted", s.connector));
  const out = s.out_of_line.length;
  const numbers = [number(s.rate, 3), percent(s.error_rate), duration(s.p50_ms), duration(s.p99_ms), String(s.endpoints),
    s.instances + (out > 0 ? ", " + out + " out of line" : "")].map((text) => el("td", "number", text));
  numbers.forEach((cell, i) => { cell.dataset.of = headings[i + 2].textContent; }); // shown where the head of the table is not
  const all = el("tr", "", name, state, ...numbers);
  all.setAttribute("role", "row"); // which a browser may forget of what is no table in its style
  for (const cell of all.children) cell.setAttribute("role", "cell");
  return all;
}

function show(list) {
  const several = list.connectors.length > 1;
  $("head").textContent = list.count + (list.count === 1 ? " service" : " services") + ", " + new Date(list.time).toLocaleTimeString() +
    list.connectors.filter((c) => c.resources_in_other > 0).map((c) => " \u00b7 " + c.id + " has more than max_services (" + c.max_services + "): the rest is (other)").join("");
  $("services").replaceChildren(...list.services.map((s) => row({ ...s, several })));
  $("none").hidden = list.count > 0;
  const out = list.services.flatMap((s) => s.out_of_line.map((m) => el("li", "", linkTo(s), ": " + m.text)));
  $("out").replaceChildren(...out);
  $("in-line").hidden = out.length > 0;
}

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch("services", { cache: "no-store" });
    if (answer.status === 401) {
      location.reload(); // the form
      return;
    }
    if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
    show(await answer.json());
    $("lost").hidden = true;
  } catch (e) {
    $("lost").textContent = "The list is not up to date: " + e.message;
    $("lost").hidden = false;
  }
}

document.addEventListener("visibilitychange", refresh);
setInterval(refresh, every);
refresh();

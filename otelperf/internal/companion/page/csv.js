// Rows as CSV by RFC 4180, in UTF-8 with the mark by which Excel knows it. Programs that calculate take a text for a formula by how it
// begins, and names come from clients: such a text gets an apostrophe before it. All text is quoted, so that no other separator splits it.
// Of what acts on a terminal or turns text around, which that standard has no place for, a picture is left; lines stay lines.

const formula = /^[\s\u0000-\u001f]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

const control = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g; // all but line ends
const picture = (c) => c <= "\x1f" ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : c === "\x7f" ? "\u2421" : "\ufffd";

const plain = (text) => text.replace(/\r(?!\n)/g, "\n").replace(control, picture);

function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return '"' + (formula.test(text) ? "'" : "") + plain(text).replaceAll('"', '""') + '"';
}

// csv has a column for each member that any row has, by the names of the JSON, which have the units; what is nested is JSON.
export function csv(rows) {
  const names = [...new Set(rows.flatMap((r) => Object.keys(r)))];
  return "\ufeff" + [names, ...rows.map((r) => names.map((n) => r[n]))].map((line) => line.map(field).join(",") + "\r\n").join("");
}

// Rows as CSV by RFC 4180. Programs that calculate take a text for a formula by how it begins, and names come from clients: such a text
// gets an apostrophe before it. All text is quoted, so that no other separator splits it.

const formula = /^[\s\u0000-\u001f]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return '"' + (formula.test(text) ? "'" : "") + text.replaceAll('"', '""') + '"';
}

// csv has a column for each member that any row has, by the names of the JSON, which have the units; what is nested is JSON.
export function csv(rows) {
  const names = [...new Set(rows.flatMap((r) => Object.keys(r)))];
  return [names, ...rows.map((r) => names.map((n) => r[n]))].map((line) => line.map(field).join(",") + "\r\n").join("");
}

// Tables that can be sorted by their headers, and that keep their rows' elements while the numbers change.

import { el, keyed, show, text } from "./dom.js";
import { offer } from "./offers.js";

const print = matchMedia("print");

export const most = 15; // rows that a table shows that may have many, unless all are asked for

export class Table {
  // columns: {id, label, title, class, numeric, value(row), cell(td, row), first: "desc"|"asc"}; one without a value is not sorted by.
  // A value may be a list: what comes first counts most. orders: {id, value(row)}, ways to sort that are no column.
  // onAll(all): the table shows the first rows, and has a button to show all. keep(row): it is shown wherever it stands. worst: those
  // that come first are the worst. idle: {is(row), least, words()}: where there are least of those that nothing was done with, besides others,
  // they stand below a line that says so, and that opens.
  constructor(table, { columns, key, caption, sort, onSort, row, orders = [], onAll, keep, worst, idle }) {
    columns = columns.map((c) => ({ ...c })); // tables share descriptions, not header cells
    Object.assign(this, { table, columns, key, onSort, orders, keep, decorate: row, all: !onAll });
    this.idle = idle && new Idle(table, columns.length, idle, () => this.render());
    this.sort = sort ?? { id: null, desc: true };
    this.rows = this.shown = [];
    this.head = el("tr");
    this.body = el("tbody");
    table.append(el("caption", { class: "visually-hidden" }, caption), el("thead", null, this.head), this.body);
    for (const column of columns) this.head.append(this.header(column));
    offer(table.id, caption, () => table.checkVisibility() ? this.shown : []);
    if (onAll) {
      this.first = worst ? "the worst " : "the first ";
      this.more = el("button", { type: "button", class: "quiet more", "aria-controls": table.id, hidden: true, on: { click: () => { this.all = !this.all; onAll(this.all); this.render(); } } });
      table.parentElement.after(this.more);
      print.addEventListener("change", () => this.render()); // on paper there is no button
    }
  }

  header(column) {
    const th = el("th", { scope: "col", class: (column.numeric ? "n " : "") + (column.class ?? ""), title: column.title ?? "" });
    if (!column.value) {
      th.append(column.label);
    } else {
      th.append(el("button", { type: "button", on: { click: () => this.sortBy(column) } }, column.label, el("span", { class: "arrow", "aria-hidden": "true" })));
    }
    column.th = th;
    return th;
  }

  sortBy(column) {
    const desc = this.sort.id === column.id ? !this.sort.desc : column.first !== "asc";
    this.sort = { id: column.id, desc };
    this.onSort?.(this.sort);
    this.render();
  }

  // show returns how many rows it shows.
  show(rows) {
    this.rows = rows;
    return this.render();
  }

  render() {
    for (const column of this.columns) {
      if (column.value) column.th.setAttribute("aria-sort", column.id !== this.sort.id ? "none" : this.sort.desc ? "descending" : "ascending");
    }
    const sorted = this.sorted(), idle = this.idle?.among(sorted, this.keep) ?? [];
    const used = this.cut(idle.length > 0 ? sorted.filter((r) => !idle.includes(r)) : sorted);
    this.fill(this.body, used);
    const below = this.idle?.show(idle) ?? [];
    if (this.idle) this.fill(this.idle.body, below);
    this.shown = [...used, ...below];
    return this.shown.length;
  }

  fill(body, rows) {
    keyed(body, rows, this.key, () => el("tr", null, ...this.columns.map((c) => el("td", { class: (c.numeric ? "n " : "") + (c.class ?? "") }))), (tr, row) => {
      this.columns.forEach((column, i) => column.cell ? column.cell(tr.cells[i], row) : text(tr.cells[i], String(column.value(row) ?? "")));
      this.decorate?.(tr, row);
    });
  }

  cut(rows) {
    if (!this.more) return rows;
    show(this.more, rows.length > most);
    text(this.more, "Show " + (this.all ? this.first + most : "all " + rows.length));
    this.more.setAttribute("aria-expanded", String(this.all));
    return this.all || print.matches ? rows : rows.filter((r, i) => i < most || this.keep?.(r));
  }

  // sorted puts rows without a value last, whichever way.
  sorted() {
    const column = [...this.columns, ...this.orders].find((c) => c.id === this.sort.id && c.value);
    if (!column) return this.rows;
    const sign = this.sort.desc ? -1 : 1;
    return this.rows.map((row, i) => ({ row, i, v: [column.value(row)].flat() })).sort((a, b) => {
      for (let k = 0; k < a.v.length; k++) {
        const x = a.v[k], y = b.v[k], missing = (x === null || x === undefined) - (y === null || y === undefined);
        if (missing) return missing;
        if (x !== y) return x < y ? -sign : sign;
      }
      return a.i - b.i;
    }).map((x) => x.row);
  }
}

// Idle is the part of a table below its rows that are in use.
class Idle {
  constructor(table, columns, { is, least, words }, changed) {
    Object.assign(this, { table, is, least, words, open: false, folds: true });
    this.button = el("button", { type: "button", class: "plain", "aria-expanded": "false", on: { click: () => { this.open = !this.open; changed(); } } });
    this.line = el("tbody", { class: "idle-line" }, el("tr", null, el("td", { colspan: columns }, this.button)));
    this.body = el("tbody", { class: "idle" });
  }

  // among are the rows that stand below, none where all are or where few are.
  among(rows, keep) {
    const idle = this.folds ? rows.filter((r) => this.is(r) && !keep?.(r)) : [];
    return idle.length >= this.least && idle.length < rows.length ? idle : [];
  }

  // show brings the line in, and returns the rows below it: none while it is closed.
  show(idle) {
    if (idle.length === 0) {
      this.line.remove();
      this.body.remove();
      return [];
    }
    if (!this.line.isConnected) this.table.append(this.line, this.body);
    text(this.button, (this.open ? "\u25be " : "\u25b8 ") + idle.length + " " + this.words());
    this.button.setAttribute("aria-expanded", String(this.open));
    return this.open ? idle : [];
  }
}

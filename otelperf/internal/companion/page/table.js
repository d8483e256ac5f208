// Tables that can be sorted by their headers, and that keep their rows' elements while the numbers change.

import { el, keyed, text } from "./dom.js";

export class Table {
  // columns: {id, label, title, numeric, value(row), cell(td, row), first: "desc"|"asc", fixed: true if not sortable}
  constructor(table, { columns, key, caption, sort, onSort, row }) {
    columns = columns.map((c) => ({ ...c })); // tables share descriptions, not header cells
    Object.assign(this, { table, columns, key, onSort, decorate: row });
    this.sort = sort ?? { id: null, desc: true };
    this.rows = [];
    this.head = el("tr");
    this.body = el("tbody");
    table.append(el("caption", { class: "visually-hidden" }, caption), el("thead", null, this.head), this.body);
    for (const column of columns) this.head.append(this.header(column));
  }

  header(column) {
    const th = el("th", { scope: "col", class: column.numeric ? "n" : "", title: column.title ?? "" });
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

  show(rows) {
    this.rows = rows;
    this.render();
  }

  render() {
    for (const column of this.columns) {
      if (column.value) column.th.setAttribute("aria-sort", column.id !== this.sort.id ? "none" : this.sort.desc ? "descending" : "ascending");
    }
    keyed(this.body, this.sorted(), this.key, () => el("tr", null, ...this.columns.map((c) => el("td", { class: (c.numeric ? "n " : "") + (c.class ?? "") }))), (tr, row) => {
      this.columns.forEach((column, i) => column.cell ? column.cell(tr.cells[i], row) : text(tr.cells[i], String(column.value(row) ?? "")));
      this.decorate?.(tr, row);
    });
  }

  // sorted puts rows without a value last, whichever way.
  sorted() {
    const column = this.columns.find((c) => c.id === this.sort.id);
    if (!column) return this.rows;
    const sign = this.sort.desc ? -1 : 1;
    return this.rows.map((row, i) => ({ row, i, v: column.value(row) })).sort((a, b) => {
      const missing = (a.v === null || a.v === undefined) - (b.v === null || b.v === undefined);
      if (missing) return missing;
      return (a.v < b.v ? -sign : a.v > b.v ? sign : 0) || a.i - b.i;
    }).map((x) => x.row);
  }
}


// What is shown and can be downloaded: each part of the page that has rows offers those that it shows.

const offers = [];

// offer: name is that of the file, title says what it is, and rows returns those that are shown now, none if the part is hidden.
export const offer = (name, title, rows) => offers.push({ name, title, rows });

// offered are the parts that show something.
export const offered = () => offers.map((o) => ({ ...o, rows: o.rows() })).filter((o) => o.rows.length > 0);

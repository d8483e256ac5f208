// Names that are cut to some columns so that different ones stay different.

const rounds = 6; // in which names that look alike are cut anew
const least = 4; // columns of a piece

const wide = (c) => c >= "\u1100" ? 2 : 1;
const widthOf = (s) => [...s].reduce((sum, c) => sum + wide(c), 0);

// piecesOf are the segments of a path; one that takes more than most columns is more than one piece.
function piecesOf(name, most) {
  return name.split(/(?=\/)/).flatMap((segment) => {
    const out = [];
    let width = Infinity;
    for (const c of segment) {
      if (width + wide(c) > most) {
        out.push("");
        width = 0;
      }
      out[out.length - 1] += c;
      width += wide(c);
    }
    return out;
  });
}

// cut returns the pieces of a name as runs {text, shown}, so that what is shown and a mark for each run that is not take columns at most.
// must are the pieces that are shown first, then come those of the end and of the beginning by turns, and in what room is left as much as
// fits of the piece behind the beginning.
function cut(pieces, columns, must) {
  const shown = pieces.map(() => ""), hides = (i) => shown[i] !== pieces[i] && (i === 0 || shown[i - 1] === pieces[i - 1] || shown[i] !== "");
  const taken = () => shown.reduce((sum, s, i) => sum + widthOf(s) + (hides(i) ? 1 : 0), 0);
  const fits = (i, text = pieces[i]) => {
    const was = shown[i];
    shown[i] = text;
    if (taken() <= columns) return true;
    shown[i] = was;
    return false;
  };
  for (const i of must.toReversed()) fits(i);
  let from = 0, to = pieces.length - 1, more = true;
  while (more && from <= to) {
    more = fits(to);
    if (more) to--;
    if (from <= to && fits(from)) {
      from++;
      more = true;
    }
  }
  const segment = pieces.findIndex((p, i) => i > to && p.startsWith("/")); // where the end is to begin
  for (let i = to + 1; i < segment; i++) if (!must.includes(i)) shown[i] = "";
  while (from < to && shown[from] === pieces[from]) from++;
  const letters = [...pieces[from] ?? ""];
  for (let n = letters.length - 1; n > 0 && shown[from] === ""; n--) if (fits(from, letters.slice(0, n).join(""))) break;
  const runs = [];
  const add = (text, seen) => {
    if (text === "") return;
    if (runs.at(-1)?.shown === seen) runs.at(-1).text += text;
    else runs.push({ text, shown: seen });
  };
  pieces.forEach((piece, i) => {
    add(shown[i], true);
    add(piece.slice(shown[i].length), false);
  });
  return runs;
}

const labelOf = (runs) => runs.map((r) => r.shown ? r.text : "\u2026").join("");

// distinct cuts names to columns, and returns for each its runs {text, shown}, and whether it looks like another one all the same.
export function distinct(names, columns) {
  const most = Math.max(least, Math.floor((columns - 3) / 2));
  const all = [...new Set(names)].map((name) => {
    if (widthOf(name) <= columns) return { name, pieces: [name], must: [], runs: [{ text: name, shown: true }] };
    const pieces = piecesOf(name, most);
    return { name, pieces, must: [], runs: cut(pieces, columns, []) };
  });
  let alike = [];
  for (let round = 0; round < rounds; round++) {
    alike = [...Map.groupBy(all, (a) => labelOf(a.runs)).values()].filter((group) => group.length > 1);
    if (alike.length === 0) break;
    for (const group of alike) {
      const differs = (i) => new Set(group.map((a) => a.pieces[i])).size > 1, longest = Math.max(...group.map((a) => a.pieces.length));
      for (let i = 0; i < longest; i++) {
        if (!differs(i) || group.every((a) => a.must.includes(i))) continue;
        for (const a of group) {
          if (a.must.includes(i) || i >= a.pieces.length) continue;
          a.must.push(i);
          a.runs = cut(a.pieces, columns, a.must);
        }
        break;
      }
    }
  }
  const still = new Set(alike.flat()), found = new Map(all.map((a) => [a.name, { runs: a.runs, alike: still.has(a) }]));
  return names.map((name) => found.get(name));
}

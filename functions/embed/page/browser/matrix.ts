/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { similarity } from "/client.js";
import { element } from "./element.ts";
import type { CopyGroup, EmbeddedPicture } from "./picture.ts";

/** Most pictures in the table: more of them could not be told apart. */
const MOST = 32;
/** Up to so many, there is room to write the numbers. */
const MOST_NUMBERS = 16;

/** All similarities as a table. Copies stand next to each other, so that each group is a block on the diagonal. */
export function similarityMatrix(
  groups: CopyGroup[],
  others: EmbeddedPicture[],
  copyThreshold: number,
): Node[] {
  const all = [...groups.flatMap(({ members }) => members), ...others];
  const shown = all.slice(0, MOST);
  const groupOf = new Map(groups.flatMap((group) => group.members.map((member) => [member, group] as const)));
  const values = shown.map((a) => shown.map((b) => similarity(a.embedding, b.embedding)));
  const lowest = Math.min(...values.flat());

  const table = element("table", { className: shown.length <= MOST_NUMBERS ? "with-numbers" : "" });
  table.style.setProperty("--count", String(shown.length + 1));
  table.append(
    element("caption", { className: "unseen" }, "Similarity of each two pictures"),
    element("thead", {}, element("tr", {}, element("td"), ...shown.map((picture) => header(picture, "col")))),
  );
  const body = shown.map((a, i) => {
    const cells = shown.map((b, j) => {
      const value = values[i]![j]!;
      const cell = element("td", { title: `${value.toFixed(3)}: ${a.name} and ${b.name}` }, value.toFixed(2));
      cell.style.setProperty("--shade", `${100 * (value - lowest) / (1 - lowest)}%`);
      if (i === j) cell.className = "self";
      else if (value > copyThreshold) {
        cell.className = "copy";
        cell.style.setProperty("--hue", String(groupOf.get(a)!.hue));
      }
      return cell;
    });
    return element("tr", {}, header(a, "row"), ...cells);
  });
  table.append(element("tbody", {}, ...body));

  const count = shown.length < all.length ? ` of the first ${shown.length}` : "";
  const scroller = element("div", { className: "scroller", tabIndex: 0, role: "region" }, table);
  scroller.ariaLabel = "Similarity matrix";
  return [
    element("h2", { id: "matrix-title" }, `Every two${count}`),
    element(
      "p",
      { className: "note" },
      `Coloured: copies, above ${copyThreshold.toFixed(3)}. The lowest similarity here is ${
        lowest.toFixed(2)
      }.`,
    ),
    scroller,
  ];
}

function header(picture: EmbeddedPicture, scope: string): HTMLTableCellElement {
  const image = element("img", { src: picture.url, alt: picture.name, title: picture.name });
  return element("th", { scope }, image);
}

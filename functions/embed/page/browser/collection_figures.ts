/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Summary } from "./collection_api.ts";
import { element } from "./element.ts";
import { formatBytes } from "./format_bytes.ts";

/** What is in a collection, and what its canonical pictures save, in figures. */
export function collectionFigures(
  { pictures, groups, bytes, bytes_saved, threshold, precision }: Summary,
): Node[] {
  const share = bytes === 0 ? 0 : bytes_saved / bytes;
  const tally = (term: string, value: string, className = "") =>
    element("div", { className }, element("dt", {}, term), element("dd", {}, value));
  const bar = element("div", { className: "saving" });
  bar.style.setProperty("--share", String(share));
  const reached = precision === null ? "" : `, at which ${100 * precision} % of what is found are copies`;
  return [
    element(
      "dl",
      { className: "tallies" },
      tally("Pictures", pictures.toLocaleString()),
      tally("Groups of copies", groups.toLocaleString()),
      tally("Bytes", formatBytes(bytes)),
      tally("Bytes saved", `${formatBytes(bytes_saved)} (${Math.round(100 * share)} %)`, "saved"),
    ),
    bar,
    element(
      "p",
      { className: "note" },
      `Copies are alike from ${
        threshold.toFixed(3)
      } on${reached}. The canonical picture can be served for those that are replaceable: the same framing, the same content. Edited ones stay.`,
    ),
  ];
}

/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { similarity } from "/client.js";
import { element } from "./element.ts";
import { formatTime } from "./format_time.ts";
import { type EmbeddedPicture, isEmbedded, type Picture } from "./picture.ts";

/** Most neighbours that are listed. */
const MOST = 12;

export interface NearestOptions {
  pictures: Picture[];
  copyThreshold: number;
  addCopies(picture: Picture): void;
  remove(picture: Picture): void;
}

/** The chosen picture, what can be done with it, and the pictures nearest to it. */
export function nearestPanel(
  picture: Picture,
  { pictures, copyThreshold, addCopies, remove }: NearestOptions,
): Node[] {
  const copies = element("button", { type: "button", id: "make-copies" }, "Make copies of it");
  copies.addEventListener("click", () => addCopies(picture));
  const removal = element("button", { type: "button", id: "remove" }, "Remove");
  removal.addEventListener("click", () => remove(picture));
  const parts: Node[] = [
    element("img", { className: "chosen", src: picture.url, alt: "" }),
    element("h2", {}, picture.name),
  ];
  if (isEmbedded(picture)) parts.push(facts(picture));
  parts.push(element("div", { className: "actions" }, copies, removal));
  if (isEmbedded(picture)) {
    const others = pictures.filter(isEmbedded).filter((other) => other !== picture);
    if (others.length > 0) parts.push(...neighbours(picture, others, copyThreshold));
  }
  return parts;
}

function facts({ embedding: { image, uploaded, milliseconds, serverTiming } }: EmbeddedPicture): HTMLElement {
  const stages = Object.entries(serverTiming).map(([stage, time]) => `${stage} ${formatTime(time)}`);
  const rows: [string, string][] = [
    ["Picture", `${image.width} × ${image.height}, ${image.format.toUpperCase()}`],
    ["SHA-256", `${image.sha256.slice(0, 12)}…`],
    ["Took", `${formatTime(milliseconds)}, ${uploaded ? "uploaded" : "from the cache by its hash"}`],
  ];
  if (stages.length > 0) rows.push(["At the endpoint", stages.join(", ")]);
  return element(
    "dl",
    {},
    ...rows.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
  );
}

function neighbours(picture: EmbeddedPicture, others: EmbeddedPicture[], copyThreshold: number): Node[] {
  const nearest = others
    .map((other) => ({ other, value: similarity(picture.embedding, other.embedding) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST);
  const items = nearest.map(({ other, value }) => {
    const isCopy = value > copyThreshold;
    const bar = element("span", { className: "meter" });
    bar.style.setProperty("--value", String(Math.max(0, value)));
    bar.style.setProperty("--threshold", String(copyThreshold));
    return element(
      "li",
      { className: isCopy ? "copy" : "" },
      element("img", { src: other.url, alt: "" }),
      element("span", { className: "name" }, other.name),
      element("span", { className: "value" }, value.toFixed(3)),
      bar,
      element("span", { className: "verdict" }, isCopy ? "copy" : ""),
    );
  });
  return [
    element("h3", {}, "Nearest"),
    element("ol", { className: "nearest" }, ...items),
    element("p", { className: "note" }, `Above ${copyThreshold.toFixed(3)} it counts as a copy.`),
  ];
}

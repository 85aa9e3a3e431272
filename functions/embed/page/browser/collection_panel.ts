/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Alike, CollectionApi, Placed, Summary } from "./collection_api.ts";
import { element } from "./element.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Thumbnails } from "./thumbnails.ts";

export interface PanelOptions {
  collection: CollectionApi;
  summary: Summary;
  thumbnails: Thumbnails;
  choose(id: string): void;
  prefer(placed: Placed): void;
  remove(placed: Placed): void;
  close(): void;
}

/** The chosen picture of a collection: what is known of it, the one to serve instead, what can be done, and what is most like it. */
export function collectionPanel(placed: Placed, nearest: Alike[], options: PanelOptions): Node[] {
  const { collection, thumbnails, prefer, remove, close } = options;
  const { picture } = placed;
  const image = thumbnails.image(collection, picture);
  image.className = "chosen";
  const button = (id: string, text: string, act: () => void) => {
    const made = element("button", { type: "button", id }, text);
    made.addEventListener("click", act);
    return made;
  };
  const isPinned = isCanonical(placed) && picture.priority > 0;
  return [
    button("close-panel", "Close", close),
    image,
    element("h2", { tabIndex: -1, id: "panel-title" }, picture.id),
    standing(placed, nearest, options),
    facts(placed),
    element(
      "div",
      { className: "actions" },
      button("prefer", isPinned ? "Prefer it no longer" : "Prefer it", () => prefer(placed)),
      button("delete", "Delete…", () => remove(placed)),
    ),
    ...nearest.length === 0 ? [] : neighbours(nearest, options),
  ];
}

export function isCanonical({ picture, canonical }: Placed): boolean {
  return picture.id === canonical.id;
}

/** Whether the picture is the one to serve, or which other one. */
function standing(placed: Placed, nearest: Alike[], { choose }: PanelOptions): HTMLElement {
  const { picture, canonical, score, replaceable } = placed;
  if (isCanonical(placed)) {
    const preferred = picture.priority > 0 ? "Preferred. " : "";
    const copies = nearest.some(({ copy }) => copy)
      ? "Canonical: it is the one to serve."
      : "It has no copies here.";
    return element("p", { className: "note" }, preferred + copies);
  }
  const link = element("button", { type: "button", className: "link" }, canonical.id);
  link.addEventListener("click", () => choose(canonical.id));
  const same = picture.image.sha256 === canonical.image.sha256;
  return element(
    "p",
    { className: "note" },
    same ? "The same file as " : `A copy (${score.toFixed(3)}) of `,
    link,
    replaceable ? ", which can be served in its place." : ". It shows something else in places, and stays.",
  );
}

function facts({ picture: { image, bytes, url, created, priority, metadata } }: Placed): HTMLElement {
  const rows: [string, string | Node][] = [
    ["Picture", `${image.width} × ${image.height}, ${image.format.toUpperCase()}`],
    ["File", formatBytes(bytes)],
    ["SHA-256", `${image.sha256.slice(0, 12)}…`],
    ["Created", new Date(created).toLocaleString()],
  ];
  if (url !== null) {
    rows.push(["Served at", element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url)]);
  }
  if (priority !== 0) rows.push(["Priority", String(priority)]);
  if (Object.keys(metadata).length > 0) rows.push(["Metadata", JSON.stringify(metadata)]);
  return element(
    "dl",
    {},
    ...rows.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]),
  );
}

function neighbours(nearest: Alike[], { collection, summary, thumbnails, choose }: PanelOptions): Node[] {
  const items = nearest.map((other) => {
    const bar = element("span", { className: "meter" });
    bar.style.setProperty("--value", String(Math.max(0, other.score)));
    bar.style.setProperty("--threshold", String(summary.threshold));
    const button = element(
      "button",
      { type: "button" },
      thumbnails.image(collection, other),
      element("span", { className: "name" }, other.id),
      element("span", { className: "value" }, other.score.toFixed(3)),
      bar,
      element("span", { className: "verdict" }, other.copy ? "copy" : ""),
    );
    button.addEventListener("click", () => choose(other.id));
    return element("li", { className: other.copy ? "copy" : "" }, button);
  });
  return [
    element("h3", {}, "Nearest"),
    element("ol", { className: "nearest" }, ...items),
    element("p", { className: "note" }, `From ${summary.threshold.toFixed(3)} on it counts as a copy.`),
  ];
}

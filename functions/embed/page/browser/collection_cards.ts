/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Alike, CollectionApi, CollectionPicture, PictureGroup } from "./collection_api.ts";
import { element } from "./element.ts";
import { formatBytes } from "./format_bytes.ts";
import type { Thumbnails } from "./thumbnails.ts";

export interface CardOptions {
  collection: CollectionApi;
  thumbnails: Thumbnails;
  choose(id: string): void;
}

/** A group: the picture to serve, and its copies, each with what it is worth. */
export function groupSection({ canonical, members }: PictureGroup, options: CardOptions): HTMLElement {
  const saved = members.filter(({ replaceable }) => replaceable).reduce((sum, { bytes }) => sum + bytes, 0);
  const title = members.length === 1 ? "One copy" : `${members.length} copies`;
  return element(
    "section",
    { className: "copies" },
    element(
      "h3",
      {},
      `${title} of ${canonical.id}`,
      element("small", {}, saved === 0 ? "saves nothing" : `saves ${formatBytes(saved)}`),
    ),
    element(
      "ul",
      { className: "cards" },
      pictureCard(canonical, options, element("span", { className: "badge kept" }, "canonical")),
      ...members.map((member) => pictureCard(member, options, verdictBadge(member))),
    ),
  );
}

/** A picture that can be chosen. */
export function pictureCard(
  picture: CollectionPicture,
  { collection, thumbnails, choose }: CardOptions,
  ...badges: HTMLElement[]
): HTMLLIElement {
  const { id, image, bytes } = picture;
  const button = element(
    "button",
    { type: "button", className: "card", ariaPressed: "false" },
    thumbnails.image(collection, picture),
    element("span", { className: "name" }, id),
    element(
      "span",
      { className: "detail" },
      `${image.width}\u00a0×\u00a0${image.height}, ${formatBytes(bytes)}`,
    ),
    ...badges,
  );
  button.dataset["id"] = id;
  button.addEventListener("click", () => choose(id));
  return element("li", {}, button);
}

/** Whether the canonical picture can be served in place of a copy. */
export function verdictBadge({ score, replaceable }: Pick<Alike, "score" | "replaceable">): HTMLElement {
  return element(
    "span",
    { className: `badge ${replaceable ? "replaceable" : "edited"}` },
    replaceable ? "replaceable" : "edited",
    " ",
    element("span", { className: "score" }, score.toFixed(2)),
  );
}

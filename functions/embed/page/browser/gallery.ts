/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError, similarity } from "/client.js";
import { element } from "./element.ts";
import { formatTime } from "./format_time.ts";
import { type CopyGroup, isEmbedded, type Picture } from "./picture.ts";

interface Card {
  item: HTMLLIElement;
  button: HTMLButtonElement;
  name: HTMLElement;
  detail: HTMLElement;
}

/** Shows all pictures: each group of copies in a frame of its colour, and then the others. */
export class Gallery {
  readonly #root: HTMLElement;
  readonly #choose: (picture: Picture) => void;
  /** Made once, so that pictures do not flicker and the keyboard's focus stays. */
  readonly #cards = new WeakMap<Picture, Card>();

  constructor(root: HTMLElement, choose: (picture: Picture) => void) {
    this.#root = root;
    this.#choose = choose;
  }

  show(pictures: Picture[], groups: CopyGroup[], chosen: Picture | undefined): void {
    const focused = document.activeElement;
    const grouped = new Set<Picture>(groups.flatMap(({ members }) => members));
    const others = pictures.filter((picture) => !grouped.has(picture));
    const sections = groups.map((group) => this.#groupSection(group, chosen));
    if (others.length > 0) {
      sections.push(this.#section(groups.length > 0 ? "No copies among these" : "Pictures", others, chosen));
    }
    this.#root.replaceChildren(...sections);
    if (focused instanceof HTMLElement && this.#root.contains(focused)) {
      focused.focus({ preventScroll: true });
    }
  }

  #groupSection({ letter, hue, members }: CopyGroup, chosen: Picture | undefined): HTMLElement {
    const pairs = members.flatMap((a, i) =>
      members.slice(0, i).map((b) => similarity(a.embedding, b.embedding))
    );
    const section = this.#section(`One picture, ${members.length} times`, members, chosen);
    section.classList.add("group");
    section.style.setProperty("--hue", String(hue));
    section.firstElementChild!.prepend(element("span", { className: "letter" }, letter), " ");
    section.firstElementChild!.append(
      element("small", {}, `${Math.min(...pairs).toFixed(3)} to ${Math.max(...pairs).toFixed(3)}`),
    );
    return section;
  }

  #section(title: string, pictures: Picture[], chosen: Picture | undefined): HTMLElement {
    const items = pictures.map((picture) => this.#card(picture, picture === chosen));
    return element("section", {}, element("h3", {}, title), element("ul", { className: "cards" }, ...items));
  }

  #card(picture: Picture, chosen: boolean): HTMLLIElement {
    const card = this.#cards.get(picture) ?? this.#makeCard(picture);
    const { item, button, detail } = card;
    item.classList.toggle("waiting", !picture.embedding && !picture.error);
    item.classList.toggle("failed", picture.error !== undefined);
    button.ariaPressed = String(chosen);
    detail.textContent = describe(picture);
    return item;
  }

  #makeCard(picture: Picture): Card {
    const image = element("img", { src: picture.url, alt: "", decoding: "async" });
    const name = element("span", { className: "name" }, picture.name);
    const detail = element("span", { className: "detail" });
    const button = element("button", { type: "button", className: "card" }, image, name, detail);
    // What the browser cannot show, the endpoint may be able to read all the same.
    image.addEventListener("error", () => image.classList.add("unshown"));
    button.addEventListener("click", () => this.#choose(picture));
    const card = { item: element("li", {}, button), button, name, detail };
    this.#cards.set(picture, card);
    return card;
  }
}

function describe(picture: Picture): string {
  if (picture.error instanceof EndpointError) return `${picture.error.message} (${picture.error.code})`;
  if (picture.error) return picture.error.message;
  if (!isEmbedded(picture)) return "…";
  const { milliseconds, uploaded } = picture.embedding;
  return `${formatTime(milliseconds)}${uploaded ? "" : ", cached"}`;
}

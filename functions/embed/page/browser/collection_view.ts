/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError } from "/client.js";
import { ask } from "./ask.ts";
import { CollectionApi, type Placed } from "./collection_api.ts";
import { groupSection, pictureCard } from "./collection_cards.ts";
import { CollectionContents } from "./collection_contents.ts";
import { collectionFigures } from "./collection_figures.ts";
import { collectionPanel, isCanonical } from "./collection_panel.ts";
import { confirmDeletion } from "./confirm_deletion.ts";
import { byId, element } from "./element.ts";
import { askForKey, wantsKey } from "./key.ts";
import { putFiles } from "./put_files.ts";
import { Thumbnails } from "./thumbnails.ts";

/** Neighbours that are listed. */
const NEAREST = 12;

/** What the page must know of `GET /v1/bundle`. */
interface Bundle {
  copyThreshold: number;
  thresholds: { precision: number; threshold: number }[];
}

/** The view of a collection: its figures, its groups or all its pictures, and the chosen one with its neighbours. */
export class CollectionView {
  #contents: CollectionContents | undefined;
  /** Of all collections; undefined for who may read one alone, and must name it. */
  #names: string[] | undefined;
  /** Unless somebody has chosen, groups if there are any. */
  #wanted: "groups" | "pictures" | undefined;
  #chosen: string | undefined;
  /** Counts what was asked for, so that a late answer shows nothing. */
  #asked = 0;
  readonly #thumbnails = new Thumbnails();
  /** Is called with the name of a collection that is to be opened. */
  readonly #open: (name: string) => void;

  constructor(open: (name: string) => void) {
    this.#open = open;
    const names = byId<HTMLSelectElement>("collection-name");
    names.addEventListener("change", () => open(names.value));
    byId("collection-form").addEventListener("submit", (event) => {
      event.preventDefault();
      open(byId<HTMLInputElement>("collection-other").value.trim());
    });
    for (const shown of ["groups", "pictures"] as const) {
      byId(`show-${shown}`).addEventListener("click", () => {
        this.#wanted = shown;
        this.#showList();
      });
    }
    byId("more").addEventListener("click", () => this.#more());
  }

  /** Shows the collection of that name, which may be none yet; an empty name for the first that there is. */
  async show(name: string): Promise<void> {
    if (name === this.#contents?.api.name) return;
    this.#contents = name === "" ? undefined : new CollectionContents(name);
    this.#chosen = this.#wanted = undefined;
    this.#say("");
    await this.reload();
  }

  async reload(): Promise<void> {
    await this.#attempt(async () => {
      this.#names = await CollectionApi.names().catch((error) => {
        if (this.#contents && wantsKey(error)) return undefined;
        throw error;
      });
      await showPrecisions();
      const [first] = this.#names ?? [];
      if (!this.#contents && first !== undefined) return this.#open(first);
      await this.#refresh();
    });
    this.#showHead();
  }

  /** Puts files into the collection under their names, and says which cannot be. */
  async put(given: File[] | Promise<File[]>): Promise<void> {
    const contents = this.#contents;
    if (!contents) {
      return this.#trouble(new Error("Cannot add pictures: they must have a collection: name one first"));
    }
    await this.#attempt(async () => {
      const files = await given;
      if (!contents.summary) {
        await contents.api.make(chosenThreshold());
        this.#names?.push(contents.api.name);
      }
      const failures = await putFiles(files, {
        put: async (file) => {
          const { picture } = await contents.api.put(file.name, file);
          this.#thumbnails.keep(picture.image.sha256, file);
        },
        progress: (done) => this.#say(`${done} of ${files.length} pictures`),
      });
      await this.#refresh();
      this.#say(`${files.length - failures.length} of ${files.length} pictures are in ${contents.api.name}`);
      if (failures.length > 0) {
        this.#trouble(
          new Error(failures.map(({ file, error }) => `${file.name}: ${describe(error)}`).join("\n")),
        );
        const refusal = failures.map(({ error }) => error).find(wantsKey);
        if (refusal) askForKey(refusal);
      }
    });
    this.#showHead();
  }

  /** Reads the collection anew; there may be none of that name. */
  async #refresh(): Promise<void> {
    const contents = this.#contents;
    if (!contents) return;
    if (this.#names && !this.#names.includes(contents.api.name)) return;
    await contents.reload();
    if (contents !== this.#contents) return;
    this.#showList();
    await this.#showPanel();
  }

  get #shows(): "groups" | "pictures" {
    return this.#wanted ?? (this.#contents?.groups.length ? "groups" : "pictures");
  }

  #showHead(): void {
    const { api: { name }, summary } = this.#contents ?? { api: { name: "" } };
    const names = byId<HTMLSelectElement>("collection-name");
    const all = [...new Set([...this.#names ?? [], ...name === "" ? [] : [name]])].sort();
    names.replaceChildren(...all.map((each) => element("option", { value: each }, each)));
    names.value = name;
    names.hidden = all.length === 0;
    byId("collection-new").hidden = name === "" || (summary?.pictures ?? 0) > 0;
    byId("collection-add").hidden = name === "";
    byId("collection-figures").replaceChildren(...summary ? collectionFigures(summary) : []);
    byId("collection-body").hidden = (summary?.pictures ?? 0) === 0;
  }

  #showList(): void {
    const contents = this.#contents;
    if (!contents) return;
    const focused = document.activeElement;
    const options = {
      collection: contents.api,
      thumbnails: this.#thumbnails,
      choose: (id: string) => this.#choose(id),
    };
    const { groups, pictures } = contents;
    const cards = this.#shows === "groups"
      ? groups.map((group) => groupSection(group, options))
      : [element("ul", { className: "cards" }, ...pictures.map((picture) => pictureCard(picture, options)))];
    const list = byId("collection-list");
    const wasWithin = focused instanceof HTMLElement && list.contains(focused)
      ? focused.dataset["id"]
      : undefined;
    list.replaceChildren(
      ...this.#shows === "groups" && groups.length === 0
        ? [element("p", { className: "note" }, "No copies.")]
        : cards,
    );
    for (const shown of ["groups", "pictures"] as const) {
      byId(`show-${shown}`).ariaPressed = String(this.#shows === shown);
    }
    byId("more").hidden = this.#shows === "groups" ? !contents.hasMoreGroups : !contents.hasMorePictures;
    this.#mark();
    if (wasWithin !== undefined) this.#card(wasWithin)?.focus({ preventScroll: true });
  }

  #card(id: string): HTMLButtonElement | undefined {
    return [...document.querySelectorAll<HTMLButtonElement>("#collection-list .card")]
      .find((card) => card.dataset["id"] === id);
  }

  #mark(): void {
    for (const card of document.querySelectorAll<HTMLButtonElement>("#collection-list .card")) {
      card.ariaPressed = String(card.dataset["id"] === this.#chosen);
    }
  }

  async #more(): Promise<void> {
    const contents = this.#contents;
    if (!contents) return;
    await this.#attempt(async () => {
      await (this.#shows === "groups" ? contents.moreGroups() : contents.morePictures());
      this.#showList();
      const shown = document.querySelectorAll("#collection-list .card").length;
      this.#say(`${shown} pictures are shown`);
    });
  }

  async #choose(id: string | undefined): Promise<void> {
    this.#chosen = id;
    this.#mark();
    await this.#attempt(() => this.#showPanel());
  }

  /** Shows the chosen picture, or nothing. */
  async #showPanel(): Promise<void> {
    const [contents, id, asked] = [this.#contents, this.#chosen, ++this.#asked];
    const panel = byId("collection-panel");
    if (!contents?.summary || id === undefined) {
      if (panel.contains(document.activeElement)) byId(`show-${this.#shows}`).focus();
      return panel.replaceChildren();
    }
    const [placed, nearest] = await Promise.all([contents.api.placed(id), contents.api.nearest(id, NEAREST)]);
    if (asked !== this.#asked || !contents.summary) return;
    const focused = panel.contains(document.activeElement) ? document.activeElement!.id : undefined;
    panel.replaceChildren(...collectionPanel(placed, nearest, {
      collection: contents.api,
      summary: contents.summary,
      thumbnails: this.#thumbnails,
      choose: (other) => this.#choose(other),
      prefer: (each) => this.#prefer(each),
      remove: (each) => this.#delete(each),
      close: () => this.#close(),
    }));
    panel.scrollTop = 0;
    if (focused !== undefined) (byId(focused) ?? byId("panel-title")).focus({ preventScroll: true });
  }

  #close(): void {
    const card = this.#card(this.#chosen ?? "");
    this.#choose(undefined);
    card?.focus({ preventScroll: true });
  }

  async #prefer(placed: Placed): Promise<void> {
    const { picture, canonical } = placed;
    const isPinned = isCanonical(placed) && picture.priority > 0;
    const priority = isPinned ? 0 : Math.min(1000, Math.max(0, canonical.priority) + 1);
    await this.#change(
      (api) => api.prefer(picture, priority),
      isPinned ? `${picture.id} is preferred no longer` : `${picture.id} is preferred`,
    );
  }

  async #delete(placed: Placed): Promise<void> {
    const { picture: { id }, canonical } = placed;
    if (!await confirmDeletion(id, this.#contents!.api.name)) return;
    await this.#change(async (api) => {
      await api.delete(id);
      this.#chosen = isCanonical(placed) ? undefined : canonical.id;
    }, `${id} is deleted`);
  }

  async #change(change: (api: CollectionApi) => Promise<unknown>, done: string): Promise<void> {
    const contents = this.#contents;
    if (!contents) return;
    await this.#attempt(async () => {
      await change(contents.api);
      await this.#refresh();
      this.#say(done);
    });
    this.#showHead();
  }

  /** Shows why something cannot be done, and asks for a key if that is why. */
  async #attempt(work: () => Promise<unknown>): Promise<void> {
    byId("collection-trouble").hidden = true;
    try {
      await work();
    } catch (error) {
      if (wantsKey(error as Error)) askForKey(error as EndpointError);
      else this.#trouble(error as Error);
    }
  }

  #trouble(error: Error): void {
    const trouble = byId("collection-trouble");
    trouble.textContent = describe(error);
    trouble.hidden = false;
  }

  #say(text: string): void {
    byId("collection-status").textContent = text;
  }
}

function describe(error: Error): string {
  return error instanceof EndpointError ? `${error.message} (${error.code})` : error.message;
}

/** Offers what a new collection may take for copies, as the encoder was measured. */
async function showPrecisions(): Promise<void> {
  const { copyThreshold, thresholds } = await ask<Bundle>("/v1/bundle");
  const option = (value: string, text: string, threshold: number) =>
    element("option", { value }, `${text}: alike from ${threshold.toFixed(3)} on`);
  byId("collection-precision").replaceChildren(
    option("", "What the encoder takes for copies", copyThreshold),
    ...thresholds.map(({ precision, threshold }) =>
      option(String(precision), `${100 * precision} % of what is found are copies`, threshold)
    ),
  );
}

/** What a new collection takes for copies. */
function chosenThreshold(): { precision?: number } {
  const { value } = byId<HTMLSelectElement>("collection-precision");
  return value === "" ? {} : { precision: Number(value) };
}

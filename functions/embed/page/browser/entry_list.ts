/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

interface Shown {
  text: string;
  entry: HTMLLIElement;
}

/** What a list shows, made anew only where it has changed: what else is there keeps the keyboard's focus. */
export class EntryList<Item extends { id: string }> {
  readonly #list: HTMLElement;
  readonly #make: (item: Item) => HTMLLIElement;
  #shown = new Map<string, Shown>();

  constructor(list: HTMLElement, make: (item: Item) => HTMLLIElement) {
    this.#list = list;
    this.#make = make;
  }

  show(items: Item[]): void {
    const shown = new Map(items.map((item) => [item.id, this.#show(item)]));
    for (const [id, { entry }] of this.#shown) if (!shown.has(id)) entry.remove();
    let place = this.#list.firstElementChild;
    for (const { entry } of shown.values()) {
      if (entry === place) place = place.nextElementSibling;
      else this.#list.insertBefore(entry, place);
    }
    this.#shown = shown;
  }

  #show(item: Item): Shown {
    const text = JSON.stringify(item);
    const before = this.#shown.get(item.id);
    if (before?.text === text) return before;
    const entry = this.#make(item);
    if (before) takePlace(entry, before.entry);
    return { text, entry };
  }
}

/** Puts an entry where another was, with what was open in it, and the keyboard's focus. */
function takePlace(entry: HTMLLIElement, before: HTMLLIElement): void {
  const wasOpen = before.querySelector("details")?.open ?? false;
  const controls = (of: HTMLElement) => [...of.querySelectorAll<HTMLElement>("button, summary")];
  const focused = controls(before).indexOf(document.activeElement as HTMLElement);
  before.replaceWith(entry);
  const details = entry.querySelector("details");
  if (details) details.open = wasOpen;
  controls(entry)[focused]?.focus();
}

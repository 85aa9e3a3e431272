/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { element } from "./element.ts";
import type { CollectionApi, CollectionPicture } from "./collection_api.ts";
import { keptKey } from "./key.ts";

/**
 * Pictures of collections, as `<img>`: those that were put here as they are, the others as the thumbnail that the endpoint keeps.
 * They are fetched when they come into view, with the key, which an address alone could not carry.
 */
export class Thumbnails {
  /** Addresses of what was fetched or put here, by SHA-256. */
  readonly #addresses = new Map<string, string>();
  readonly #waiting = new WeakMap<Element, () => void>();
  readonly #observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) this.#show(target);
  }, { rootMargin: "300px" });

  /** Shows a file as it is, where its picture is shown. */
  keep(sha256: string, file: Blob): void {
    this.#addresses.set(sha256, URL.createObjectURL(file));
  }

  /** @param alt what it is called, where no text says it */
  image(
    collection: CollectionApi,
    { id, image: { width, height, sha256 } }: CollectionPicture,
  ): HTMLImageElement {
    const image = element("img", { alt: "", width, height, decoding: "async" });
    // What the browser cannot show, as the endpoint may have been given.
    image.addEventListener("error", () => image.classList.add("unshown"));
    this.#waiting.set(image, async () => {
      try {
        image.src = this.#addresses.get(sha256) ?? await this.#fetch(sha256, collection.thumbnailPath(id));
      } catch {
        image.classList.add("unshown");
      }
    });
    this.#observer.observe(image);
    return image;
  }

  #show(image: Element): void {
    this.#observer.unobserve(image);
    this.#waiting.get(image)?.();
  }

  async #fetch(sha256: string, path: string): Promise<string> {
    const key = keptKey();
    const response = await fetch(
      path,
      key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } },
    );
    if (!response.ok) throw new Error(`the endpoint answered ${response.status}`);
    const address = URL.createObjectURL(await response.blob());
    this.#addresses.set(sha256, address);
    return address;
  }
}

/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { ask } from "./ask.ts";

/** What the page shows of a picture of a collection. */
export interface CollectionPicture {
  id: string;
  url: string | null;
  image: { width: number; height: number; format: string; sha256: string };
  /** Size of its file. */
  bytes: number;
  priority: number;
  created: string;
  metadata: Record<string, unknown>;
}

/** A picture that is like another: how much, and what that means. */
export interface Alike extends CollectionPicture {
  score: number;
  copy: boolean;
  /** Whether the other can be served in its place. */
  replaceable: boolean;
}

export interface PictureGroup {
  canonical: CollectionPicture;
  members: Alike[];
}

/** `GET /v1/collections/{collection}`. */
export interface Summary {
  name: string;
  threshold: number;
  precision: number | null;
  canonical: "largest" | "oldest";
  pictures: number;
  contents: number;
  groups: number;
  bytes: number;
  bytes_saved: number;
}

/** A picture, and the one to serve instead of it, which may be itself. */
export interface Placed {
  picture: CollectionPicture;
  canonical: CollectionPicture;
  score: number;
  replaceable: boolean;
}

interface Page<Item> {
  data: Item[];
  /** Where the next page begins; null on the last. */
  next: string | null;
}

/** A collection, as the endpoint has it. All calls throw {@linkcode EndpointError} if it refuses. */
export class CollectionApi {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  static async names(): Promise<string[]> {
    return (await ask<Page<{ name: string }>>("/v1/collections")).data.map(({ name }) => name);
  }

  #path(...parts: string[]): string {
    return ["/v1/collections", ...[this.name, ...parts].map(encodeURIComponent)].join("/");
  }

  summary(): Promise<Summary> {
    return ask(this.#path());
  }

  make(settings: { precision?: number; threshold?: number }): Promise<Summary> {
    return ask(this.#path(), "PUT", settings);
  }

  groups(after: string, limit: number): Promise<Page<PictureGroup>> {
    return ask(`${this.#path("groups")}?${new URLSearchParams({ after, limit: String(limit) })}`);
  }

  pictures(after: string, limit: number): Promise<Page<CollectionPicture>> {
    return ask(`${this.#path("images")}?${new URLSearchParams({ after, limit: String(limit) })}`);
  }

  placed(id: string): Promise<Placed> {
    return ask(this.#path("images", id));
  }

  /** The pictures that are most like one, without it; only its copies where anybody may read, but not search. */
  async nearest(id: string, k: number): Promise<Alike[]> {
    const searched = ask<Page<Alike>>(this.#path("search"), "POST", { id, k: k + 1 });
    const { data } = await searched.catch(() =>
      ask<Page<Alike>>(`${this.#path("images", id, "duplicates")}?${new URLSearchParams({ k: String(k) })}`)
    );
    return data.filter((other) => other.id !== id).slice(0, k);
  }

  put(id: string, file: Blob): Promise<Placed> {
    return ask(this.#path("images", id), "PUT", file);
  }

  /** Says anew what is known of a picture, with another priority. */
  prefer({ id, image, url, created, metadata }: CollectionPicture, priority: number): Promise<Placed> {
    return ask(this.#path("images", id), "PUT", { sha256: image.sha256, url, created, metadata, priority });
  }

  delete(id: string): Promise<void> {
    return ask(this.#path("images", id), "DELETE");
  }

  thumbnailPath(id: string): string {
    return this.#path("images", id, "thumbnail");
  }
}

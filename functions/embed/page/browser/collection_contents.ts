/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { EndpointError } from "/client.js";
import { CollectionApi, type CollectionPicture, type PictureGroup, type Summary } from "./collection_api.ts";

/** Groups and pictures that are shown at first, and that each "more" adds. */
const GROUPS = 20;
const PICTURES = 60;

/** What of a collection is shown: its figures, and as many of its groups and pictures as were asked for. */
export class CollectionContents {
  readonly api: CollectionApi;
  /** Undefined while it is not known, or there is no such collection. */
  summary: Summary | undefined;
  groups: PictureGroup[] = [];
  pictures: CollectionPicture[] = [];
  #nextGroup: string | null = "";
  #nextPicture: string | null = "";

  constructor(name: string) {
    this.api = new CollectionApi(name);
  }

  get hasMoreGroups(): boolean {
    return this.#nextGroup !== null;
  }

  get hasMorePictures(): boolean {
    return this.#nextPicture !== null;
  }

  /** Reads anew what is shown, after a change. A collection that there is not has nothing to show. */
  async reload(): Promise<void> {
    this.summary = await this.api.summary().catch((error) => {
      if (error instanceof EndpointError && error.code === "unknown_collection") return undefined;
      throw error;
    });
    if (!this.summary) return;
    const [groups, pictures] = await Promise.all([
      this.api.groups("", Math.min(1000, Math.max(GROUPS, this.groups.length))),
      this.api.pictures("", Math.min(1000, Math.max(PICTURES, this.pictures.length))),
    ]);
    [this.groups, this.#nextGroup] = [groups.data, groups.next];
    [this.pictures, this.#nextPicture] = [pictures.data, pictures.next];
  }

  async moreGroups(): Promise<void> {
    const { data, next } = await this.api.groups(this.#nextGroup ?? "", GROUPS);
    this.groups.push(...data);
    this.#nextGroup = next;
  }

  async morePictures(): Promise<void> {
    const { data, next } = await this.api.pictures(this.#nextPicture ?? "", PICTURES);
    this.pictures.push(...data);
    this.#nextPicture = next;
  }
}

import { readPicture } from "../../data/read_picture.ts";
import type { PictureSet } from "../../data/picture_set.ts";
import { RandomStream } from "../../data/random.ts";
import { EDITS } from "./edits.ts";

/** Names of edited pictures: `{edit}/{path of the original}`. */
export const editedName = (edit: string, path: string): string => `${edit}/${path}`;

/** The edit and the original that a name means. */
export function parseEditedName(name: string): { edit: string; path: string } {
  const slash = name.indexOf("/");
  return { edit: name.slice(0, slash), path: name.slice(slash + 1) };
}

/** The files that editing the pictures of another set gives: the same ones every time. */
export class EditedSet implements PictureSet {
  readonly #originals: PictureSet;
  readonly #paths: string[];
  readonly #seed: number;

  /** @param paths of the originals; collages take their other picture from them */
  constructor(originals: PictureSet, paths: string[], seed: number) {
    this.#originals = originals;
    this.#paths = paths;
    this.#seed = seed;
  }

  names(): string[] {
    return this.#paths.flatMap((path) => Object.keys(EDITS).map((edit) => editedName(edit, path)));
  }

  async read(name: string): Promise<Uint8Array> {
    const { edit, path } = parseEditedName(name);
    const place = this.#paths.indexOf(path);
    const random = new RandomStream(this.#seed, Object.keys(EDITS).indexOf(edit), place, "edit");
    return await EDITS[edit]!(await this.#original(path), random, () => {
      const step = 1 + random.below(this.#paths.length - 1);
      return this.#original(this.#paths[(place + step) % this.#paths.length]!);
    });
  }

  async #original(path: string) {
    const read = await readPicture(this.#originals, path, undefined);
    if ("reason" in read) throw new Error(read.reason);
    return read.pixels;
  }
}

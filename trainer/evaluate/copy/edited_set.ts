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
  readonly #others: { pictures: PictureSet; paths: string[] };
  readonly #seed: number;

  /**
   * @param paths of the originals
   * @param others what collages take their other picture from: at least two
   */
  constructor(
    originals: PictureSet,
    paths: string[],
    others: { pictures: PictureSet; paths: string[] },
    seed: number,
  ) {
    this.#originals = originals;
    this.#paths = paths;
    this.#others = others;
    this.#seed = seed;
  }

  names(): string[] {
    return this.#paths.flatMap((path) => Object.keys(EDITS).map((edit) => editedName(edit, path)));
  }

  async read(name: string): Promise<Uint8Array> {
    const { edit, path } = parseEditedName(name);
    const place = this.#paths.indexOf(path);
    const random = new RandomStream(this.#seed, Object.keys(EDITS).indexOf(edit), place, "edit");
    const { pictures, paths } = this.#others;
    const other = () => readPixels(pictures, paths[besideIn(paths.length, place)]!);
    return await EDITS[edit]!(await readPixels(this.#originals, path), random, other);
  }
}

/** Which of so many other pictures lies beside a set's picture in a collage: never the same place. */
export function besideIn(others: number, place: number): number {
  return (place + 1) % others;
}

async function readPixels(set: PictureSet, path: string) {
  const read = await readPicture(set, path, undefined);
  if ("reason" in read) throw new Error(read.reason);
  return read.pixels;
}

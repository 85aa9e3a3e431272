import { join } from "@std/path";
import { decodeImage } from "../../../shared/image/decode.ts";
import type { Pixels } from "../../../shared/image/pixels.ts";
import { RandomStream } from "../../../trainer/data/random.ts";
import { EDITS } from "../../../trainer/evaluate/copy/edits.ts";

const SEED = 11;
/** Every so many rows there is a photo as it is; all others are edits. */
const PHOTO_EVERY = 10;

/** What a row is made of: a photo, by its place in the list, and what is done to it, in turn. */
export interface RowPlan {
  photo: number;
  /** Names of `EDITS`; none for the photo itself. */
  edits: string[];
}

/**
 * Row `row` of an endless list of photos and their edits, of which any beginning is a set of its own: every tenth row is
 * the next photo, the others are one of the photos so far with one or two edits. The rows after the last photo are all
 * edits.
 */
export function planRow(row: number, photos: number): RowPlan {
  const turn = Math.floor(row / PHOTO_EVERY);
  if (row % PHOTO_EVERY === 0 && turn < photos) return { photo: turn, edits: [] };
  const random = new RandomStream(SEED, 0, row, "edit");
  const photo = random.below(Math.min(turn + 1, photos));
  const names = Object.keys(EDITS);
  const edits = Array.from({ length: 1 + random.below(2) }, () => names[random.below(names.length)]!);
  return { photo, edits };
}

/** The file of a row: what somebody would upload. */
export async function fileOfRow(row: number, folder: string, photos: string[]): Promise<Uint8Array> {
  const { photo, edits } = planRow(row, photos.length);
  const random = new RandomStream(SEED, 1, row, "edit");
  const read = (place: number) => Deno.readFile(join(folder, photos[place]!));
  let file: Uint8Array = await read(photo);
  for (const edit of edits) {
    const other = async () => await decode(await read(random.below(photos.length)));
    file = await EDITS[edit]!(await decode(file), random, other);
  }
  return file;
}

async function decode(file: Uint8Array): Promise<Pixels> {
  return (await decodeImage(file, { maxPixels: 1e8 })).pixels;
}

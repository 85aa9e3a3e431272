/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { type Edit, makeCopies } from "./make_copies.ts";

const NAMES = ["cathedral", "pickup", "sea", "yellow-house", "balconies", "forest"];

/** Six photos that the endpoint serves, and such copies of the first two. */
export async function fetchSamples(edits: Edit[]): Promise<File[]> {
  const photos = await Promise.all(NAMES.map(async (name) => {
    const response = await fetch(`/page/samples/${name}.jpg`);
    if (!response.ok) throw new Error(`the endpoint answered ${response.status} for ${name}`);
    return new File([await response.blob()], name, { type: "image/jpeg" });
  }));
  const copies = await Promise.all(photos.slice(0, 2).map((photo) => makeCopies(photo.name, photo, edits)));
  return [...photos, ...copies.flat()];
}

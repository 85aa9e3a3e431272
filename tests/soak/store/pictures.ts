import type { BundleTraits, Embedded, PictureRecord } from "../../../functions/embed/store/store.ts";
import { THUMBNAIL_BYTES } from "../../../shared/image/thumbnail.ts";
import { dot } from "../../../shared/vector.ts";
import { RandomStream } from "../../../trainer/data/random.ts";

/** Each picture has as many copies in all. */
const COPIES = 5;
const DIMENSIONS = 64;

/** Names no bundle that embeds: the soak is of the store, and makes vectors itself. */
export const BUNDLE: BundleTraits = { id: "5".repeat(64), dimensions: DIMENSIONS, copyThreshold: 0.9 };
export const COLLECTION = "soak";

export interface SoakPicture {
  record: PictureRecord;
  embedded: Embedded;
}

/** A picture by its number: a random direction for every five, and a little of another one for each of these. */
export function pictureOf(number: number): SoakPicture {
  const base = direction(Math.floor(number / COPIES), 0);
  const noise = direction(number, 1);
  const vector = unit(base.map((value, i) => value + 0.2 * noise[i]!));
  const sha256 = number.toString(16).padStart(64, "0");
  const width = 100 + number % COPIES;
  return {
    record: { id: `${number}`, sha256, url: null, priority: 0, created: number, metadata: {} },
    embedded: {
      embedding: { sha256, vector, width, height: width, format: "png" },
      traces: { bytes: 1000, thumbnail: new Uint8Array(THUMBNAIL_BYTES).fill(number % 256) },
    },
  };
}

function direction(number: number, epoch: number): Float32Array {
  const random = new RandomStream(21, epoch, number, "query");
  return unit(Float32Array.from({ length: DIMENSIONS }, () => random.between(-1, 1)));
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}

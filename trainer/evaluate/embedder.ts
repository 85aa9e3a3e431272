import type { Preprocessing } from "../../shared/bundle.ts";
import { loadPictures } from "../data/loader.ts";
import { describeSource, type PictureSource } from "../data/picture_source.ts";
import { EvaluationError } from "./error.ts";
import type { Features } from "./features.ts";

/** Whatever makes a vector of a picture. */
export interface Embedder {
  /** Length of one vector. */
  readonly dimensions: number;
  /**
   * @param pixels [count, size, size, 3], 8-bit RGB: whole pictures, squeezed
   * @returns [count, dimensions]
   */
  embed(pixels: Uint8Array, count: number): Promise<Float32Array>;
}

/** Pictures that go through an embedder at a time. */
const BATCH = 64;

/** Threads that decode, beside the one that embeds. */
export const DECODERS = Math.max(1, navigator.hardwareConcurrency - 1);

export interface Embedded<Name extends string> {
  /** The pictures that could be read, in the order in which they were given. */
  paths: string[];
  /** What each embedder made of them. */
  features: Record<Name, Features>;
  /** Files that could not be read, each with the reason. */
  skipped: Map<string, string>;
}

/**
 * Decodes pictures once and passes them to every embedder. Only the vectors are kept.
 *
 * @param paths names of the pictures
 * @param onProgress told how many more files are done
 * @param batch pictures that go through an embedder at a time
 * @throws {EvaluationError} if no picture can be read, or a vector is not finite
 */
export async function embedPictures<Name extends string>(
  pictures: PictureSource,
  paths: string[],
  preprocessing: Preprocessing,
  embedders: Record<Name, Embedder>,
  onProgress: (files: number) => void = () => {},
  batch = BATCH,
): Promise<Embedded<Name>> {
  const pictureLength = preprocessing.size ** 2 * 3;
  const named = Object.entries(embedders) as [Name, Embedder][];
  const values = new Map(
    named.map(([name, { dimensions }]) => [name, new Float32Array(paths.length * dimensions)]),
  );
  const read: string[] = [];
  const skipped = new Map<string, string>();
  const pixels = new Uint8Array(batch * pictureLength);
  let waiting = 0;
  const flush = async () => {
    const first = read.length - waiting;
    for (const [name, { dimensions, embed }] of named) {
      values.get(name)!.set(
        await embed(pixels.subarray(0, waiting * pictureLength), waiting),
        first * dimensions,
      );
    }
    onProgress(waiting);
    waiting = 0;
  };
  const skip = (path: string, reason: string) => {
    skipped.set(path, reason);
    onProgress(1);
  };
  for await (const picture of loadPictures(pictures, paths, preprocessing, DECODERS, skip)) {
    pixels.set(picture.pixels, waiting++ * pictureLength);
    read.push(picture.path);
    if (waiting === batch) await flush();
  }
  if (waiting > 0) await flush();
  if (read.length === 0) {
    throw new EvaluationError(
      `Cannot evaluate: pictures that can be read are required: received none in ${describeSource(pictures)}`,
    );
  }
  const features = Object.fromEntries(named.map(([name, { dimensions }]) => {
    const all = values.get(name)!.subarray(0, read.length * dimensions);
    const wrong = all.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new EvaluationError(
        `Cannot evaluate: finite features are required: received ${all[wrong]} for ${
          read[Math.floor(wrong / dimensions)]
        }`,
      );
    }
    return [name, { values: all, dimensions }];
  })) as Record<Name, Features>;
  return { paths: read, features, skipped };
}

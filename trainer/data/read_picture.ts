import { decodeImage } from "../../shared/image/decode.ts";
import { ImageError } from "../../shared/image/errors.ts";
import type { Pixels } from "../../shared/image/pixels.ts";

/** Most pixels of a training picture: 100 million take 300 MB where they cannot be decoded at a fraction. */
const MAX_PIXELS = 100_000_000;

/** A picture, or the reason why there is none. */
export type ReadPicture = { pixels: Pixels } | { reason: string };

/**
 * Reads and decodes one picture of a folder, to be shrunk to `cover` pixels. What is wrong with the file is a reason to
 * skip it; an error that says nothing about the file is thrown.
 */
export async function readPicture(dir: string, path: string, cover: number): Promise<ReadPicture> {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(`${dir}/${path}`); // synchronous, as this is all that its worker does
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // a permission of the process, not of the file
    if (error instanceof Deno.errors.NotFound) return { reason: "there is no such file" };
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  if (bytes.length === 0) return { reason: "the file is empty" };
  try {
    return { pixels: (await decodeImage(bytes, { maxPixels: MAX_PIXELS, cover })).pixels };
  } catch (error) {
    if (error instanceof ImageError) return { reason: error.message };
    throw error;
  }
}

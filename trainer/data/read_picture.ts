import { decodeImage } from "../../shared/image/decode.ts";
import { ImageError } from "../../shared/image/errors.ts";
import type { Pixels } from "../../shared/image/pixels.ts";
import type { Picture, PictureSet } from "./picture_set.ts";

/** Most pixels of a training picture: 100 million take 300 MB where they cannot be decoded at a fraction. */
const MAX_PIXELS = 100_000_000;

/** A picture, or the reason why there is none. */
export type ReadPicture = { pixels: Pixels } | { reason: string };

/**
 * Reads and decodes one picture of a set. What is wrong with the picture is a reason to skip it; an error that says
 * nothing about it is thrown.
 *
 * @param cover pixels of the side to which it will be shrunk; without it, a picture is decoded at its full size
 */
export async function readPicture(
  set: PictureSet,
  name: string,
  cover: number | undefined,
): Promise<ReadPicture> {
  let picture: Picture;
  try {
    picture = await set.read(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error; // a permission of the process, not of the file
    if (error instanceof Deno.errors.NotFound) return { reason: "there is no such file" };
    return { reason: error instanceof Error ? error.message : String(error) };
  }
  if (!(picture instanceof Uint8Array)) {
    const { width, height, data } = picture;
    return data.length > 0 && data.length === width * height * 3
      ? { pixels: picture }
      : { reason: `${width} x ${height} pixels of 3 bytes are required: received ${data.length} bytes` };
  }
  if (picture.length === 0) return { reason: "the file is empty" };
  try {
    return { pixels: (await decodeImage(picture, { maxPixels: MAX_PIXELS, cover })).pixels };
  } catch (error) {
    if (error instanceof ImageError) return { reason: error.message };
    throw error;
  }
}

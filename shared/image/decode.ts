import type { Box } from "./crop.ts";
import { decodeAvif } from "./avif.ts";
import { free } from "../free.ts";
import { ImageTooLargeError } from "./errors.ts";
import { decodeGif } from "./gif.ts";
import { readHeader } from "./header.ts";
import { decodeJpeg } from "./jpeg.ts";
import { orient, orientedBox } from "./orient.ts";
import type { Pixels } from "./pixels.ts";
import { decodePng } from "./png.ts";
import type { Format } from "./sniff.ts";
import { decodeWebp } from "./webp.ts";

export interface DecodeOptions {
  /** Most pixels, by the header, that are decoded. */
  maxPixels: number;
  /**
   * The side, in pixels, to which the picture will be shrunk: both sides of the result are at least this (or the
   * picture's own), and a JPEG much larger than this is decoded at a half, a quarter or an eighth.
   */
  cover?: number;
}

export interface DecodedImage {
  /** Upright; smaller than the picture where `cover` allows it. */
  pixels: Pixels;
  /** Where the picture is in them: at a fraction of its size, the last pixels of a row and column may be half empty. */
  box: Box;
  /** The picture's own size, upright. */
  width: number;
  height: number;
  format: Format;
}

const decoders: Record<Format, (bytes: Uint8Array, cover?: number) => Promise<Pixels>> = {
  jpeg: decodeJpeg,
  png: decodePng,
  webp: decodeWebp,
  gif: decodeGif,
  avif: decodeAvif,
};

/**
 * Decodes a picture to upright sRGB, checking its header before anything else.
 *
 * @throws {NotAnImageError} for nothing, and for bytes of no known kind
 * @throws {UnsupportedImageError} for kinds and codings that are known but not decoded here, by name
 * @throws {ImageTooLargeError} if the header announces more than `maxPixels`
 * @throws {DamagedImageError} if the file is cut off or broken
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<DecodedImage> {
  const { format, width, height, orientation } = readHeader(bytes);
  if (width * height > options.maxPixels) {
    throw new ImageTooLargeError(
      `Cannot decode the picture: at most ${options.maxPixels} pixels are accepted: received ${width} x ${height}`,
    );
  }
  const stored = await decoders[format](bytes, options.cover);
  const pixels = orient(stored, orientation);
  if (pixels !== stored) free(stored.data);
  const scale = 2 ** Math.round(Math.log2(Math.max(width, height) / Math.max(stored.width, stored.height)));
  const box = orientedBox(pixels, orientation, width / scale, height / scale);
  return orientation >= 5
    ? { pixels, box, width: height, height: width, format }
    : { pixels, box, width, height, format };
}

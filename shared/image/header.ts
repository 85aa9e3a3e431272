import { readAvifHeader } from "./avif_header.ts";
import { NotAnImageError, UnsupportedImageError } from "./errors.ts";
import { readGifHeader } from "./gif_header.ts";
import { readJpegHeader } from "./jpeg_header.ts";
import { readPngHeader } from "./png_header.ts";
import { type Format, sniff } from "./sniff.ts";
import { readWebpHeader } from "./webp_header.ts";

/** What a picture's header says, before anything is decoded. */
export interface ImageHeader {
  format: Format;
  /** As stored, before orientation. */
  width: number;
  height: number;
  /** As EXIF's orientation, 1 to 8; from 5 on, width and height change places when it is applied. */
  orientation: number;
}

const readers: Record<Format, (bytes: Uint8Array) => Omit<ImageHeader, "format">> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
  webp: readWebpHeader,
  gif: (bytes) => ({ ...readGifHeader(bytes), orientation: 1 }),
  avif: readAvifHeader,
};

const FORMATS = "JPEG, PNG, WebP, GIF or AVIF";

/**
 * Reads a picture's header, by its contents whatever its name or declared type, in time that is linear in the size of the
 * file at worst, and without making a pixel.
 *
 * @throws {NotAnImageError} for nothing, and for bytes of no known kind
 * @throws {UnsupportedImageError} for kinds and codings that are known but not decoded here, by name
 * @throws {DamagedImageError} if the header is cut off or broken
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  const kind = sniff(bytes);
  if (!kind) {
    const received = bytes.length === 0 ? "nothing" : `${bytes.length} bytes of no known kind`;
    throw new NotAnImageError(`Cannot decode the picture: ${FORMATS} is required: received ${received}`);
  }
  const { format, name } = kind;
  if (format === "other") {
    throw new UnsupportedImageError(`Cannot decode the picture: ${FORMATS} is required: received ${name}`);
  }
  const { width, height, orientation } = readers[format](bytes);
  return { format, width, height, orientation };
}

import { NotAnImageError, UnsupportedImageError } from "./errors.ts";
import { readJpegHeader } from "./jpeg_header.ts";
import { readPngHeader } from "./png_header.ts";
import { sniff } from "./sniff.ts";

/** What a picture's header says, before anything is decoded. */
export interface ImageHeader {
  format: "jpeg" | "png";
  /** As stored, before orientation. */
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8; from 5 on, width and height change places when it is applied. */
  orientation: number;
}

/**
 * Reads a picture's header, by its contents whatever its name or declared type, in time that is linear in the size of the
 * file at worst, and without making a pixel.
 *
 * @throws {NotAnImageError} for nothing, and for bytes of no known kind
 * @throws {UnsupportedImageError} for kinds and codings that are known but not decoded here, by name
 * @throws {DamagedImageError} if the header is cut off or broken
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) {
    throw new NotAnImageError("Cannot decode the picture: JPEG or PNG is required: received nothing");
  }
  const kind = sniff(bytes);
  if (!kind) {
    throw new NotAnImageError(
      `Cannot decode the picture: JPEG or PNG is required: received ${bytes.length} bytes of no known kind`,
    );
  }
  if (kind.format === "other") {
    throw new UnsupportedImageError(
      `Cannot decode the picture: JPEG or PNG is required: received ${kind.name}`,
    );
  }
  const { width, height, orientation } = kind.format === "jpeg"
    ? readJpegHeader(bytes)
    : readPngHeader(bytes);
  return { format: kind.format, width, height, orientation };
}

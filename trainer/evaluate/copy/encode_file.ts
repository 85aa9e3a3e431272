import { fileEncoder } from "../../../shared/image/file_encoder.ts";
import type { Pixels } from "../../../shared/image/pixels.ts";

const webp = fileEncoder(
  async () => (await import("@jsquash/webp/codec/enc/webp_enc.js")).default,
  import.meta.resolve("@jsquash/webp/codec/enc/webp_enc.wasm"),
);

/** Encodes a picture as lossy WebP, at a quality of 0 to 100. */
export async function encodeWebp(pixels: Pixels, quality: number): Promise<Uint8Array> {
  const { defaultOptions } = await import("@jsquash/webp/meta.js");
  return await webp(pixels, { ...defaultOptions, quality });
}

/** Adds EXIF that has one tag, the orientation (1 to 8), to a JPEG without any. */
export function addOrientation(file: Uint8Array, orientation: number): Uint8Array {
  const exif = [
    ...[0xff, 0xe1, 0, 34], // APP1 of 34 bytes
    ...[0x45, 0x78, 0x69, 0x66, 0, 0], // "Exif"
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8], // big-endian TIFF, its directory at 8
    ...[0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0], // one entry: tag 274, one short
    ...[0, 0, 0, 0], // no further directory
  ];
  const out = new Uint8Array(file.length + exif.length);
  out.set(file.subarray(0, 2));
  out.set(exif, 2);
  out.set(file.subarray(2), 2 + exif.length);
  return out;
}

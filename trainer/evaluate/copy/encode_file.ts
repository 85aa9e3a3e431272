import { emscriptenCodec, type EmscriptenLoader } from "../../../shared/image/emscripten_codec.ts";
import type { Pixels } from "../../../shared/image/pixels.ts";
import { LARGE_PIXELS, lazyCodec } from "../../../shared/image/wasm_codec.ts";

/** An encoder of jSquash; the pixels are RGBA. */
interface FileEncoder {
  encode(
    pixels: Uint8ClampedArray,
    width: number,
    height: number,
    options: Record<string, unknown>,
  ): Uint8Array | null;
}

const jpeg = lazyCodec<FileEncoder>(async () => {
  const { default: loader } = await import("@jsquash/jpeg/codec/enc/mozjpeg_enc.js");
  const url = import.meta.resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm");
  return await emscriptenCodec(loader as EmscriptenLoader<FileEncoder>, await Deno.readFile(new URL(url)));
});
const webp = lazyCodec<FileEncoder>(async () => {
  const { default: loader } = await import("@jsquash/webp/codec/enc/webp_enc.js");
  const url = import.meta.resolve("@jsquash/webp/codec/enc/webp_enc.wasm");
  return await emscriptenCodec(loader as EmscriptenLoader<FileEncoder>, await Deno.readFile(new URL(url)));
});

/** What a common encoder does: baseline JPEG with libjpeg's own tables and halved colour. */
const JPEG_OPTIONS = {
  baseline: true,
  arithmetic: false,
  progressive: false,
  optimize_coding: true,
  smoothing: 0,
  color_space: 3, // YCbCr
  quant_table: 0, // ITU-T T.81, annex K
  trellis_multipass: false,
  trellis_opt_zero: false,
  trellis_opt_table: false,
  trellis_loops: 1,
  auto_subsample: false,
  chroma_subsample: 2,
  separate_chroma_quality: false,
  chroma_quality: 75,
};

/** Encodes a picture as JPEG, at a quality of 1 to 100. */
export function encodeJpeg(pixels: Pixels, quality: number): Promise<Uint8Array> {
  return encode(jpeg, pixels, { ...JPEG_OPTIONS, quality });
}

/** Encodes a picture as lossy WebP, at a quality of 0 to 100. */
export async function encodeWebp(pixels: Pixels, quality: number): Promise<Uint8Array> {
  const { defaultOptions } = await import("@jsquash/webp/meta.js");
  return await encode(webp, pixels, { ...defaultOptions, quality });
}

function encode(
  codec: typeof jpeg,
  { width, height, data }: Pixels,
  options: Record<string, unknown>,
): Promise<Uint8Array> {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
  }
  return codec(width * height > LARGE_PIXELS, (encoder) => {
    const file = encoder.encode(rgba, width, height, options);
    if (!file) throw new Error(`Cannot encode a picture of ${width} x ${height}`);
    return file.slice(); // out of the encoder's memory
  });
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

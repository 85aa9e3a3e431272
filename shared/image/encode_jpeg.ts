import { fileEncoder } from "./file_encoder.ts";
import type { Pixels } from "./pixels.ts";

const jpeg = fileEncoder(
  async () => (await import("@jsquash/jpeg/codec/enc/mozjpeg_enc.js")).default,
  import.meta.resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm"),
);

/** What a common encoder does: baseline JPEG with libjpeg's own tables and halved colour. */
const OPTIONS = {
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
  return jpeg(pixels, { ...OPTIONS, quality });
}

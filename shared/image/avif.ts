import { readAvifHeader } from "./avif_header.ts";
import { emscriptenCodec, type EmscriptenLoader } from "./emscripten_codec.ts";
import { DamagedImageError } from "./errors.ts";
import { takeOntoWhite, type TransparentPixels } from "./on_white.ts";
import type { Pixels } from "./pixels.ts";
import { readWasm } from "../wasm_file.ts";
import { lazyCodec } from "./wasm_codec.ts";

interface AvifCodec {
  /** Scales to `bitDepth` and converts to RGBA; null for what cannot be decoded. */
  decode(bytes: Uint8Array, bitDepth: 8): TransparentPixels | null;
}

const codec = lazyCodec<AvifCodec>(async () => {
  const { default: loader } = await import("@jsquash/avif/codec/dec/avif_dec.js");
  return await emscriptenCodec(loader as EmscriptenLoader<AvifCodec>, await readWasm("avif"));
});

/**
 * Decodes an AVIF of 8, 10 or 12 bits, not yet rotated as its container says, with transparency laid on white. Of a
 * sequence, its primary picture.
 *
 * @throws {DamagedImageError} if the file is cut off or its data are broken
 */
export async function decodeAvif(bytes: Uint8Array): Promise<Pixels> {
  const { width, height, profile } = readAvifHeader(bytes);
  const decoded = await codec((instance) => {
    try {
      const result = instance.decode(asStill(bytes), 8);
      if (result?.width === width && result.height === height) return result;
    } catch (cause) {
      throw broken(cause);
    }
    throw broken();
  });
  return takeOntoWhite(decoded, profile);
}

/** The decoder goes by the major brand: from others it may decode a sequence, whose size was not checked. */
function asStill(bytes: Uint8Array): Uint8Array {
  const still = bytes.slice();
  still.set([0x61, 0x76, 0x69, 0x66], 8); // avif
  return still;
}

function broken(cause?: unknown): DamagedImageError {
  return new DamagedImageError("Cannot decode the AVIF: its data are broken", { cause });
}

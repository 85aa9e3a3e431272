import { DamagedImageError } from "./errors.ts";
import { imageScript } from "./imagescript.ts";
import { layOnWhite, type TransparentPixels } from "./on_white.ts";
import type { Pixels } from "./pixels.ts";
import { readPngHeader } from "./png_header.ts";
import { repairPng } from "./png_repair.ts";
import { lazyCodec } from "./wasm_codec.ts";

interface PngExports {
  memory: WebAssembly.Memory;
  walloc(size: number): number;
  wfree(at: number): void;
  /** Where the pixels are, or a negative number. */
  decode(at: number, length: number): number;
  width(): number;
  height(): number;
}

interface PngCodec {
  /** What `use` makes of the picture, which is there only as long. */
  decode<Result>(parts: Uint8Array[], use: (picture: TransparentPixels) => Result): Result;
}

const IMPORTS = { env: { emscripten_notify_memory_growth: () => {} } };

const codec = lazyCodec<PngCodec>(imageScript("png", IMPORTS, (exports: PngExports) => ({
  decode(parts, use) {
    const { memory, walloc, wfree } = exports;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const at = walloc(length);
    let to = at;
    for (const part of parts) {
      new Uint8Array(memory.buffer, to, part.length).set(part);
      to += part.length;
    }
    const pixels = exports.decode(at, length);
    wfree(at);
    if (pixels < 0) throw new Error(`the decoder failed with ${pixels}`);
    const [width, height] = [exports.width(), exports.height()];
    const result = use({ width, height, data: new Uint8Array(memory.buffer, pixels, 4 * width * height) });
    wfree(pixels);
    return result;
  },
})));

/** A colour profile that expands beyond this is not one. */
const PROFILE_LIMIT = 4 * 1024 * 1024;

/**
 * Decodes a PNG, not yet turned upright, with transparency laid on white. Of an animated one, the default picture:
 * what every still reader shows.
 *
 * @throws {UnsupportedImageError} for Apple's private dialect (CgBI)
 * @throws {DamagedImageError} if the file is cut off or its data are broken
 */
export async function decodePng(bytes: Uint8Array): Promise<Pixels> {
  const header = readPngHeader(bytes);
  const parts = header.picture.map(([from, to]) => bytes.subarray(from, to));
  const profile = header.compressedProfile && await inflate(header.compressedProfile);
  const decode = (parts: Uint8Array[]) =>
    codec((instance) => {
      try {
        return instance.decode(parts, (picture) => layOnWhite(picture, profile));
      } catch (cause) {
        throw new DamagedImageError(
          header.ended
            ? "Cannot decode the PNG: its data are broken"
            : "Cannot decode the PNG: a complete file is required: it is cut off",
          { cause },
        );
      }
    });
  return await decode(parts).catch(async (error) => {
    const repaired = error instanceof DamagedImageError && header.ended && await repairPng(bytes);
    if (!repaired) throw error;
    return await decode(repaired);
  });
}

/** Undefined for what is not zlib or expands beyond the limit: a broken profile must not stop the decode. */
async function inflate(compressed: Uint8Array): Promise<Uint8Array | undefined> {
  const profile = new Uint8Array(PROFILE_LIMIT);
  let length = 0;
  try {
    const stream = new Blob([compressed as Uint8Array<ArrayBuffer>]).stream();
    for await (const part of stream.pipeThrough(new DecompressionStream("deflate"))) {
      if (length + part.length > PROFILE_LIMIT) return undefined;
      profile.set(part, length);
      length += part.length;
    }
  } catch {
    return undefined;
  }
  return profile.subarray(0, length);
}

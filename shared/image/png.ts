import { toSrgb } from "./colour_profile.ts";
import { DamagedImageError } from "./errors.ts";
import type { Pixels } from "./pixels.ts";
import { type PngHeader, readPngHeader } from "./png_header.ts";
import { type CodecModule, LARGE_PIXELS, lazyCodec } from "./wasm_codec.ts";

interface PngCodec {
  /** `framebuffer` is [height, width, 4], RGBA. */
  decode(bytes: Uint8Array): { width: number; height: number; framebuffer: Uint8Array };
}

const codec = lazyCodec<PngCodec>(async () =>
  ((await import("imagescript/wasm/node/png.js")) as { default: CodecModule<PngCodec> }).default
);

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
  const still = withoutAnimation(bytes, header);
  const decoded = await codec(header.width * header.height > LARGE_PIXELS, (instance) => {
    try {
      return instance.decode(still);
    } catch (cause) {
      throw new DamagedImageError(
        header.ended
          ? "Cannot decode the PNG: its data are broken"
          : "Cannot decode the PNG: a complete file is required: it is cut off",
        { cause },
      );
    }
  });
  const { width, height, framebuffer } = decoded;
  const pixels = { width, height, data: new Uint8Array(width * height * 3) };
  dropAlpha(framebuffer, pixels.data);
  const profile = header.compressedProfile && await inflate(header.compressedProfile);
  if (profile) toSrgb(pixels, profile);
  layOnWhite(framebuffer, pixels.data);
  return pixels;
}

function withoutAnimation(bytes: Uint8Array, { animation }: PngHeader): Uint8Array {
  if (animation.length === 0) return bytes;
  const still = new Uint8Array(bytes.length);
  let from = 0, length = 0;
  for (const [start, end] of [...animation, [bytes.length, bytes.length] as const]) {
    still.set(bytes.subarray(from, start), length);
    length += start - from;
    from = end;
  }
  return still.subarray(0, length);
}

function dropAlpha(rgba: Uint8Array, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from]!;
    rgb[to++] = rgba[from + 1]!;
    rgb[to++] = rgba[from + 2]!;
  }
}

function layOnWhite(rgba: Uint8Array, rgb: Uint8Array): void {
  for (let from = 3, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from]!;
    if (alpha === 255) continue;
    const white = 255 * (255 - alpha) + 127;
    rgb[to] = (rgb[to]! * alpha + white) / 255;
    rgb[to + 1] = (rgb[to + 1]! * alpha + white) / 255;
    rgb[to + 2] = (rgb[to + 2]! * alpha + white) / 255;
  }
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

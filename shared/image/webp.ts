import { emscriptenCodec, type EmscriptenLoader } from "./emscripten_codec.ts";
import { DamagedImageError } from "./errors.ts";
import { takeOntoWhite, type TransparentPixels } from "./on_white.ts";
import { type Pixels, placeOnCanvas } from "./pixels.ts";
import { readWasm } from "../wasm_file.ts";
import { lazyCodec } from "./wasm_codec.ts";
import { readWebpHeader, type WebpFrame } from "./webp_header.ts";

interface WebpCodec {
  /** Null for what cannot be decoded. */
  decode(bytes: Uint8Array): TransparentPixels | null;
}

const codec = lazyCodec<WebpCodec>(async () => {
  const { default: loader } = await import("@jsquash/webp/codec/dec/webp_dec.js");
  return await emscriptenCodec(loader as EmscriptenLoader<WebpCodec>, await readWasm("webp"));
});

/**
 * Decodes a WebP, lossy or lossless, not yet turned upright, with transparency laid on white. Of an animated one,
 * the first frame on its canvas.
 *
 * @throws {DamagedImageError} if the file is cut off or its data are broken
 */
export async function decodeWebp(bytes: Uint8Array): Promise<Pixels> {
  const header = readWebpHeader(bytes);
  const { frame, profile } = header;
  const decoded = await codec((instance) => {
    try {
      const result = instance.decode(still(frame));
      if (result?.width === frame.width && result.height === frame.height) return result;
    } catch (cause) {
      throw broken(cause);
    }
    throw broken();
  });
  return placeOnCanvas(takeOntoWhite(decoded, profile), frame, header);
}

/** A file of that frame alone: the decoder refuses animations, and what comes after the picture may be broken. */
function still({ width, height, picture, alpha }: WebpFrame): Uint8Array {
  const chunks: [name: string, data: Uint8Array][] = [[picture.name, picture.data]];
  if (alpha) {
    const canvas = new Uint8Array(10);
    const view = new DataView(canvas.buffer);
    view.setUint8(0, 0x10); // has alpha
    view.setUint32(4, width - 1, true);
    view.setUint16(7, height - 1 & 0xffff, true);
    view.setUint8(9, height - 1 >> 16);
    chunks.unshift(["VP8X", canvas], ["ALPH", alpha]);
  }
  const length = chunks.reduce((sum, [, data]) => sum + 8 + data.length + data.length % 2, 12);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  let at = 0;
  const write = (name: string, size: number) => {
    for (let letter = 0; letter < 4; letter++) file[at + letter] = name.charCodeAt(letter);
    view.setUint32(at + 4, size, true);
    at += 8;
  };
  write("RIFF", length - 8);
  file.set([0x57, 0x45, 0x42, 0x50], at); // WEBP
  at += 4;
  for (const [name, data] of chunks) {
    write(name, data.length);
    file.set(data, at);
    at += data.length + data.length % 2;
  }
  return file;
}

function broken(cause?: unknown): DamagedImageError {
  return new DamagedImageError("Cannot decode the WebP: its data are broken", { cause });
}

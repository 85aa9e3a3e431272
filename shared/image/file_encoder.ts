import { readFile } from "node:fs/promises";
import { emscriptenCodec, type EmscriptenLoader } from "./emscripten_codec.ts";
import type { Pixels } from "./pixels.ts";
import { lazyCodec } from "./wasm_codec.ts";

/** An encoder of jSquash; the pixels are RGBA. */
interface FileEncoder {
  encode(
    pixels: Uint8ClampedArray,
    width: number,
    height: number,
    options: Record<string, unknown>,
  ): Uint8Array | null;
}

/** Encodes pictures by an encoder of jSquash, which is loaded when it is first used. */
type Encode = (pixels: Pixels, options: Record<string, unknown>) => Promise<Uint8Array>;

/**
 * @param loader the encoder's own
 * @param wasm URL of its WebAssembly
 */
export function fileEncoder(loader: () => Promise<unknown>, wasm: string): Encode {
  const codec = lazyCodec<FileEncoder>(async () => {
    const file = await readFile(new URL(wasm));
    return await emscriptenCodec(await loader() as EmscriptenLoader<FileEncoder>, new Uint8Array(file));
  });
  return async ({ width, height, data }, options) => {
    const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
      rgba[to] = data[from]!;
      rgba[to + 1] = data[from + 1]!;
      rgba[to + 2] = data[from + 2]!;
    }
    return await codec((encoder) => {
      const file = encoder.encode(rgba, width, height, options);
      if (!file) throw new Error(`Cannot encode a picture of ${width} x ${height}`);
      return file.slice(); // out of the encoder's memory
    });
  };
}

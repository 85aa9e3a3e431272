import { readFile } from "node:fs/promises";

/** The WebAssembly files that the picture codecs and the runtime need. */
const FILES = {
  jpeg: () => import.meta.resolve("imagescript/wasm/any/jpeg.wasm"),
  png: () => import.meta.resolve("imagescript/wasm/any/png.wasm"),
  gif: () => import.meta.resolve("imagescript/wasm/any/gif.wasm"),
  webp: () => import.meta.resolve("@jsquash/webp/codec/dec/webp_dec.wasm"),
  avif: () => import.meta.resolve("@jsquash/avif/codec/dec/avif_dec.wasm"),
  onnxruntime: () => import.meta.resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm"),
};

export type WasmName = keyof typeof FILES;
export const WASM_NAMES = Object.keys(FILES) as WasmName[];

const provided = new Map<WasmName, () => Promise<Uint8Array>>();

/** Where the file lies in `node_modules`. */
export function wasmUrl(name: WasmName): URL {
  return new URL(FILES[name]());
}

/** From now on the file comes from `read`, and not from `node_modules`: for platforms without a disk. */
export function provideWasm(name: WasmName, read: () => Promise<Uint8Array>): void {
  provided.set(name, read);
}

/** The file, in bytes that nobody else has. */
export async function readWasm(name: WasmName): Promise<Uint8Array<ArrayBuffer>> {
  const read = provided.get(name);
  return read ? new Uint8Array(await read()) : await readFile(wasmUrl(name)) as Uint8Array<ArrayBuffer>;
}

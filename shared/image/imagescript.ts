import { readWasm, type WasmName } from "../wasm_file.ts";
import type { CodecModule } from "./wasm_codec.ts";

/**
 * A codec of ImageScript from its compiled module: its own loader reads a file wherever it runs, and the environment.
 *
 * @param wrap makes the codec of a new instance's exports
 */
export function imageScript<Exports extends { memory: WebAssembly.Memory }, Codec>(
  name: WasmName,
  imports: WebAssembly.Imports,
  wrap: (exports: Exports) => Codec,
): () => Promise<CodecModule<Codec>> {
  return async () => {
    const module = await WebAssembly.compile(await readWasm(name));
    return {
      init: () =>
        Promise.try(() => {
          const exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
          return { codec: wrap(exports), memory: exports.memory };
        }),
    };
  };
}

/** What instances of the codecs written in Rust have in common. */
export interface RustExports {
  memory: WebAssembly.Memory;
  walloc(size: number): number;
  /** Length of the buffer that was last asked for. */
  wlen(): number;
}

/** Copies bytes into an instance, which frees them when it has read them. */
export function copyIn({ memory, walloc }: RustExports, bytes: Uint8Array): number {
  const at = walloc(bytes.length);
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  return at;
}

/** Copies out what lies at `at`, `wlen` bytes long. */
export function copyOut({ memory, wlen }: RustExports, at: number): Uint8Array {
  return new Uint8Array(memory.buffer, at, wlen()).slice();
}

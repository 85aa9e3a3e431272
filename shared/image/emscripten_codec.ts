import type { CodecModule } from "./wasm_codec.ts";

/** What Emscripten's loader takes in place of finding and fetching its module itself. */
interface LoaderOptions {
  instantiateWasm(
    imports: WebAssembly.Imports,
    receive: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports;
  print(line: string): void;
  printErr(line: string): void;
}

/** A decoder of jSquash (`@jsquash/<format>/codec/dec/*.js`). */
export type EmscriptenLoader<Codec> = (options: LoaderOptions) => Promise<Codec>;

/** A codec of jSquash from its compiled module: its own way of loading wants a network or a page. */
export async function emscriptenCodec<Codec>(
  loader: EmscriptenLoader<Codec>,
  wasm: Uint8Array<ArrayBuffer>,
): Promise<CodecModule<Codec>> {
  const module = await WebAssembly.compile(wasm);
  return {
    async init() {
      let memory: WebAssembly.Memory;
      const codec = await loader({
        instantiateWasm(imports, receive) {
          const instance = new WebAssembly.Instance(module, imports);
          const { exports } = instance;
          memory = Object.values(exports).find((each) => each instanceof WebAssembly.Memory)!; // its name is a letter
          receive(instance);
          return exports;
        },
        print: () => {}, // what broken pictures make them say: the error says it too
        printErr: () => {},
      });
      return { codec, memory: memory! };
    },
  };
}

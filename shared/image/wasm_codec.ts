/** A codec module of ImageScript (`imagescript/wasm/node/*.js`), which carries no types of its own. */
export interface CodecModule<Codec> {
  /** Compiles the module once, and gives a new instance of it. */
  init(): Promise<Codec>;
}

/**
 * Runs `work` on a codec that is loaded when first needed. An instance that threw is not used again, since a
 * trap leaves its memory as it was at that moment; nor is one that saw a `large` picture, since WebAssembly
 * memory never shrinks. Another instance of the compiled module takes 0.05 ms.
 */
export function lazyCodec<Codec>(
  load: () => Promise<CodecModule<Codec>>,
): <Result>(large: boolean, work: (codec: Codec) => Result) => Promise<Result> {
  let module: Promise<CodecModule<Codec>> | undefined;
  let instance: Codec | undefined;
  return async (large, work) => {
    module ??= load().catch((cause) => {
      module = undefined;
      throw cause;
    });
    // Taken out while in use, and put back only after it did its work well.
    const codec = instance ?? await (await module).init();
    instance = undefined;
    const result = work(codec);
    if (!large) instance = codec;
    return result;
  };
}

/** Pictures above this many pixels count as large: 4 million take about 40 MB of a decoder's memory. */
export const LARGE_PIXELS = 4_000_000;

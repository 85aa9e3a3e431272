/** A codec's compiled WebAssembly. */
export interface CodecModule<Codec> {
  /** A new instance. */
  init(): Promise<Codec>;
}

/**
 * Runs `work` on a codec that is loaded when first needed. An instance that threw is not used again, since a
 * trap leaves its memory as it was at that moment. One that has grown by a `large` picture serves further large ones,
 * and is let go when a small one comes, since WebAssembly memory never shrinks. Another instance takes 0.05 ms.
 */
export function lazyCodec<Codec>(
  load: () => Promise<CodecModule<Codec>>,
): <Result>(large: boolean, work: (codec: Codec) => Result) => Promise<Result> {
  let module: Promise<CodecModule<Codec>> | undefined;
  let kept: { codec: Codec; grown: boolean } | undefined;
  return async (large, work) => {
    module ??= load().catch((cause) => {
      module = undefined;
      throw cause;
    });
    const codec = kept && (large || !kept.grown) ? kept.codec : await (await module).init();
    kept = undefined; // until it has done its work well
    const result = work(codec);
    kept = { codec, grown: large };
    return result;
  };
}

/** Pictures above this many pixels count as large: 4 million take about 40 MB of a decoder's memory. */
export const LARGE_PIXELS = 4_000_000;

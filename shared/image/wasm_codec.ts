/** A codec's compiled WebAssembly. */
export interface CodecModule<Codec> {
  /** A new instance. */
  init(): Promise<CodecInstance<Codec>>;
}

export interface CodecInstance<Codec> {
  codec: Codec;
  memory: WebAssembly.Memory;
}

/** What an instance may have grown to and be used again: a PNG of 2 megapixels takes 19 MB. */
const KEPT_BYTES = 32 * 1024 * 1024;

/**
 * Runs `work` on a codec that is loaded when first needed. An instance that threw is not used again, since a
 * trap leaves its memory as it was at that moment, nor is one that has grown large, since WebAssembly memory never
 * shrinks. Another instance takes 0.05 ms.
 */
export function lazyCodec<Codec>(
  load: () => Promise<CodecModule<Codec>>,
): <Result>(work: (codec: Codec) => Result) => Promise<Result> {
  let module: Promise<CodecModule<Codec>> | undefined;
  let kept: CodecInstance<Codec> | undefined;
  return async (work) => {
    module ??= load().catch((cause) => {
      module = undefined;
      throw cause;
    });
    const instance = kept ?? await (await module).init();
    kept = undefined; // until it has done its work well
    const result = work(instance.codec);
    if (instance.memory.buffer.byteLength <= KEPT_BYTES) kept = instance;
    return result;
  };
}

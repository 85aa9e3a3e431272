/** Milliseconds that each stage of embedding took. */
export interface StageTimes {
  /** From bytes to upright pixels. */
  decode: number;
  /** From pixels to the encoder's input. */
  preprocess: number;
  infer: number;
  /** From pixels to the thumbnail. */
  thumbnail: number;
}

/** A picture's vector, and what the picture is. */
export interface Inferred {
  /** Pixels, after orientation. */
  width: number;
  height: number;
  /** Kind by content, such as "jpeg". */
  format: string;
  /** Of unit L2 norm. */
  vector: Float32Array;
  /** Its pixels, squeezed (`shared/image/thumbnail.ts`). */
  thumbnail: Uint8Array;
  times: StageTimes;
}

/** Turns pictures into vectors: in this thread (`local_inference.ts`) or in workers (`inference_pool.ts`). */
export interface Inference {
  /** How many pictures it takes at once; it is for the caller to ask for no more. */
  readonly slots: number;
  /** The bytes are the inference's from then on: a pool takes their buffer away from this thread. */
  infer(bytes: Uint8Array): Promise<Inferred>;
  close(): void;
}

/** The worker that had the picture failed. The log says how; the next picture finds another worker. */
export class InferenceFailedError extends Error {
  override name = "InferenceFailedError";
}

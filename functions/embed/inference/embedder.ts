import type { Log } from "../log.ts";
import type { Embedding, Store, Traces } from "../store/store.ts";
import { hashPicture } from "./hash_picture.ts";
import type { Inference, StageTimes } from "./inference.ts";
import { singleFlight } from "./single_flight.ts";
import { WaitingLine } from "./waiting_line.ts";

export interface EmbedderOptions {
  /** The bundle's id. */
  bundle: string;
  inference: Inference;
  store: Pick<Store, "get" | "put">;
  /** Most pictures that may wait for the inference. */
  maxQueue: number;
  log: Log;
}

/** Milliseconds of each stage that a picture went through. */
export interface EmbedTimes extends Partial<StageTimes> {
  hash: number;
  /** Looking up, and keeping what was not there. */
  store: number;
  /** Waiting for a free slot of the inference. */
  queue?: number;
}

export interface EmbedResult {
  embedding: Embedding;
  /** Whether the store had it. */
  cached: boolean;
  /** What copies are told by; undefined where the store has them. */
  traces?: Traces;
  /** Of equal pictures in flight, each has those of the one that was computed. */
  times: EmbedTimes;
}

/** From pictures to embeddings: from the store if they are there, else through the queue and the inference. */
export interface Embedder {
  /**
   * Equal pictures in flight are computed once. The bytes are the embedder's from then on: their buffer may be gone. A store that fails costs time, not answers: the failure is logged, and
   * the picture is embedded all the same.
   *
   * @param signal lets go of the picture: it leaves the queue unless another caller wants it
   * @throws {ImageError} if the bytes are not a picture that can be decoded within the limits
   * @throws {QueueFullError} if as many pictures wait as may: a call with many should embed a few at a time
   * @throws {InferenceFailedError} if the worker that had the picture failed
   * @throws the signal's reason if it is aborted
   */
  embed(bytes: Uint8Array, signal?: AbortSignal): Promise<EmbedResult>;
  /** Embeds a picture past the store, as readiness wants to see it done; takes the bytes and throws as `embed` does. */
  infer(bytes: Uint8Array, signal?: AbortSignal): Promise<Float32Array>;
  /** What is under way, for metrics and for those who would add to it. */
  readonly line: Pick<WaitingLine, "running" | "waiting" | "full">;
}

const NEVER = new AbortController().signal;

export function createEmbedder({ bundle, inference, store, maxQueue, log }: EmbedderOptions): Embedder {
  const line = new WaitingLine(inference.slots, maxQueue);
  const once = singleFlight<EmbedResult>();
  const logStoreFailure = (error: unknown): undefined => {
    log({ message: "The store failed", error });
  };

  const embedNow = async (
    bytes: Uint8Array,
    { sha256, hash }: { sha256: string; hash: number },
    signal: AbortSignal,
  ): Promise<EmbedResult> => {
    const start = performance.now();
    const stored = await store.get(bundle, sha256).catch(logStoreFailure);
    const looked = performance.now();
    if (stored) return { embedding: stored, cached: true, times: { hash, store: looked - start } };
    const { length } = bytes; // before they are given away
    let begun = looked;
    const { times, thumbnail, ...inferred } = await line.run(() => {
      begun = performance.now();
      return inference.infer(bytes);
    }, signal);
    const embedding = { ...inferred, sha256 };
    const ready = performance.now();
    const traces = { bytes: length, thumbnail };
    await store.put(bundle, embedding, traces).catch(logStoreFailure);
    const storing = looked - start + performance.now() - ready;
    return {
      embedding,
      cached: false,
      traces,
      times: { hash, store: storing, queue: begun - looked, ...times },
    };
  };

  return {
    line,
    async embed(bytes, signal = NEVER) {
      const start = performance.now();
      const sha256 = await hashPicture(bytes);
      const hash = performance.now() - start;
      return await once(sha256, (signal) => embedNow(bytes, { sha256, hash }, signal), signal);
    },
    async infer(bytes, signal = NEVER) {
      return (await line.run(() => inference.infer(bytes), signal)).vector;
    },
  };
}

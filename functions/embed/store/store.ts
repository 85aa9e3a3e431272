import type { Image } from "../../../shared/api.ts";

/** A picture's vector, and what the picture was. */
export interface Embedding extends Image {
  /** Of unit L2 norm. */
  vector: Float32Array;
}

/**
 * A cache of embeddings, keyed by the SHA-256 of a picture's bytes and the id of the bundle that embedded it: the
 * vectors of two bundles are never mixed.
 */
export interface Store {
  get(bundle: string, sha256: string): Promise<Embedding | undefined>;
  /** Keeps an embedding; one that is there already stays as it is. */
  put(bundle: string, embedding: Embedding): Promise<void>;
  /** Everything that was put is kept by then. */
  close(): Promise<void>;
}

/** The store cannot be opened. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** The encoder that the endpoint serves. */
export interface BundleInfo {
  id: string;
  /** Length of its vectors. */
  dimensions: number;
  /** Whether they come in order of importance, so that the first of them say most of a picture. */
  dimensionsOrdered: boolean;
  /** Similarity above which two pictures are most likely copies. */
  copyThreshold: number;
  /** Share of pairs of different pictures that exceed it all the same. */
  differentPairsAbove: number;
  /** Similarities at which that share of what is found are copies, and the share of copies that is found; may be none. */
  thresholds: { precision: number; threshold: number; recall: number }[];
  /** Largest request body in bytes, and most pictures in it. */
  maxBytes: number;
  maxBatch: number;
  /** Whether cached embeddings may be had without a key. */
  publicLookup: boolean;
}

/** What a column holds. Whole numbers beyond 2^53 do not occur. */
export type Value = string | number | null | Uint8Array;
export type Row = Record<string, Value>;

/** A collection's pictures under one bundle: what is searched, and grouped, together. */
export interface Scope {
  id: number;
  collection: string;
  bundle: string;
  /** Cosine similarity from which on two pictures are copies. */
  threshold: number;
}

/** Different bytes in a scope, found by their vector. */
export interface Neighbour {
  content: number;
  score: number;
}

/**
 * What the two drivers differ in. The SQL of `SqlStore` is common to both; its parameters are `$1`, `$2` and so on.
 */
export interface Database {
  query(sql: string, ...values: Value[]): Promise<Row[]>;
  /** Does the work in one transaction: all of it is kept, or nothing if it throws. */
  transaction<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result>;
  /** Within a transaction: waits until no other transaction holds the name, and holds it until the end. */
  lock(name: string): Promise<void>;
  /** Outside of a transaction, before the first content of a bundle is added: makes ready for its vectors. */
  prepare(bundle: { id: string; dimensions: number }): Promise<void>;
  /** Adds bytes to a scope, whose embedding the store has. */
  addContent(scope: Scope, content: { sha256: string; rank: string; vector: Float32Array }): Promise<number>;
  /** The contents of a scope nearest to a vector: at most `k`, at least `threshold` alike, the most alike first. */
  nearest(
    scope: Scope,
    vector: Float32Array,
    options: { k: number; threshold: number },
  ): Promise<Neighbour[]>;
  close(): Promise<void>;
}

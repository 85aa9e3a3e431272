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

/** Bytes that come into a scope. */
export interface NewContent {
  sha256: string;
  /** Its place among others (`rank.ts`). */
  rank: string;
  vector: Float32Array;
}

/**
 * What the two drivers differ in. The SQL of `SqlStore` is common to both; its parameters are `$1`, `$2` and so on.
 */
export interface Database {
  query(sql: string, ...values: Value[]): Promise<Row[]>;
  /**
   * Inserts rows, which all have the same columns (`column_types.ts`).
   *
   * @param rest what follows, such as ON CONFLICT and RETURNING
   */
  insert(table: string, rows: Row[], rest?: string): Promise<Row[]>;
  /** Does the work in one transaction: all of it is kept, or nothing if it throws. */
  transaction<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result>;
  /** Within a transaction: waits until no other transaction holds the name, and holds it until the end. */
  lock(name: string): Promise<void>;
  /** Outside of a transaction, before the first content of a bundle is added: makes ready for its vectors. */
  prepare(bundle: { id: string; dimensions: number }): Promise<void>;
  /** Outside of a transaction: takes back what `prepare` has made for a bundle. */
  release(bundle: string): Promise<void>;
  /** Adds contents to a scope, whose embeddings the store has; their ids, in the same order. */
  addContents(scope: Scope, contents: NewContent[]): Promise<number[]>;
  /** The contents of a scope nearest to a vector: at most `k`, at least `threshold` alike, the most alike first. */
  nearest(
    scope: Scope,
    vector: Float32Array,
    options: { k: number; threshold: number },
  ): Promise<Neighbour[]>;
  /** For each vector, all contents of a scope that are at least `threshold` alike, in any order. */
  within(scope: Scope, vectors: Float32Array[], threshold: number): Promise<Neighbour[][]>;
  close(): Promise<void>;
}

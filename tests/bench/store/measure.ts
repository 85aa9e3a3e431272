import type { Store } from "../../../functions/embed/store/store.ts";
import { openDatabase } from "../../../functions/embed/store/open_database.ts";
import { openStore } from "../../../functions/embed/store/open_store.ts";
import type { BundleTraits, Embedded, PictureRecord } from "../../../functions/embed/store/store.ts";
import type { StoreAddress } from "../../../shared/store_address.ts";
import { permutation, RandomStream } from "../../../trainer/data/random.ts";
import { progressBar } from "../../../trainer/progress.ts";
import { quantile } from "../serve/latency.ts";
import type { BenchRows } from "./bench_rows.ts";
import { loadWithoutGroups } from "./load.ts";

const COLLECTION = "bench";
/** Pictures in one call. */
const AT_ONCE = 1000;

export interface Search {
  /** Milliseconds. */
  median: number;
  p99: number;
  /** Share of the k nearest that were found. */
  recall: number;
}

export interface Insertion {
  /** Per second: embeddings kept, and pictures put into a collection with its groups. */
  embeddings: number;
  pictures: number;
  /** The same of the last tenth, when the collection is largest. */
  picturesAtEnd: number;
}

export interface StoreFigures {
  /** Undefined where rows were loaded without groups. */
  insertion: Insertion | undefined;
  groups: number;
  /** Milliseconds of a first search, which reads or warms what the others use. */
  first: number;
  search: Search;
}

export interface StoreBench {
  rows: BenchRows;
  count: number;
  bundle: BundleTraits;
  threshold: number | null;
  /** Writes rows into the tables directly, and measures searches alone. */
  load: boolean;
  k: number;
  queries: Float32Array[];
  /** For each query, the score of the k-th nearest. */
  exact: number[];
}

/** Fills an empty store with the first `count` rows, in a shuffled order, and searches it. */
export async function measureStore(
  name: string,
  address: StoreAddress,
  bench: StoreBench,
): Promise<StoreFigures> {
  const insertion = bench.load ? await load(name, address, bench) : await insert(name, address, bench);
  const store = await openStore(address, console.error);
  try {
    const { first, search } = await measureSearch(store, bench);
    const { groups } = (await store.collection(bench.bundle.id, COLLECTION))!;
    return { insertion, groups, first, search };
  } finally {
    await store.close();
  }
}

async function insert(name: string, address: StoreAddress, bench: StoreBench): Promise<Insertion> {
  const store = await openStore(address, console.error);
  await store.makeCollection(COLLECTION, {
    threshold: bench.threshold,
    precision: null,
    canonical: "largest",
  });
  const times: { pictures: number; embeddings: number; placing: number }[] = [];
  for (const pictures of batches(name, bench)) {
    const start = performance.now();
    await store.putMany(bench.bundle.id, pictures.map(({ embedded }) => embedded));
    const kept = performance.now();
    await store.putPictures(bench.bundle, COLLECTION, pictures.map(({ record }) => record));
    times.push({
      ...{ pictures: pictures.length, embeddings: kept - start },
      placing: performance.now() - kept,
    });
  }
  await store.close();
  const rate = (of: typeof times, stage: "embeddings" | "placing") =>
    1000 * of.reduce((sum, { pictures }) => sum + pictures, 0) /
    of.reduce((sum, time) => sum + time[stage], 0);
  return {
    embeddings: rate(times, "embeddings"),
    pictures: rate(times, "placing"),
    picturesAtEnd: rate(times.slice(-Math.ceil(times.length / 10)), "placing"),
  };
}

async function load(name: string, address: StoreAddress, bench: StoreBench): Promise<undefined> {
  const database = await openDatabase(address, console.error);
  for (const pictures of batches(name, bench)) {
    await loadWithoutGroups(database, bench.bundle, COLLECTION, pictures);
  }
  await database.prepare(bench.bundle);
  await database.close();
}

function* batches(
  name: string,
  { rows, count }: StoreBench,
): Generator<{ record: PictureRecord; embedded: Embedded }[]> {
  const order = permutation(count, new RandomStream(1, 0, 0, "order"));
  const bar = progressBar(name, count);
  for (let from = 0; from < count; from += AT_ONCE) {
    yield Array.from(order.subarray(from, from + AT_ONCE), (row) => pictureOf(rows, row));
    bar.advance(Math.min(AT_ONCE, count - from));
  }
  bar.done();
}

function pictureOf(rows: BenchRows, row: number): { record: PictureRecord; embedded: Embedded } {
  const { vector, thumbnail, width, height, bytes } = rows.read(row);
  const id = `row ${row}`;
  const sha256 = row.toString(16).padStart(64, "0");
  return {
    record: { id, sha256, url: null, priority: 0, created: row, metadata: {} },
    embedded: {
      embedding: { sha256, vector, width, height, format: "jpeg" },
      traces: { bytes, thumbnail },
    },
  };
}

async function measureSearch(store: Store, { bundle, k, queries, exact }: StoreBench) {
  const times: number[] = [];
  let found = 0;
  for (const [i, vector] of [queries[0]!, ...queries].entries()) {
    const start = performance.now();
    const matches = await store.search(bundle.id, COLLECTION, { sought: { vector }, k, threshold: -1 });
    times.push(performance.now() - start);
    // Scores may differ in the last digits; of vectors that are equal, any will do.
    if (i > 0) found += matches!.filter(({ score }) => score >= exact[i - 1]! - 1e-6).length;
  }
  const [first, ...others] = times;
  return {
    first: first!,
    search: {
      ...{ median: quantile(others, 0.5), p99: quantile(others, 0.99) },
      recall: found / (k * queries.length),
    },
  };
}

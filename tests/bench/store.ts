import { join } from "@std/path";
import { Command } from "commander";
// @ts-types="@types/pg"
import pg from "pg";
import { traitsOf } from "../../functions/embed/store/bundle_traits.ts";
import { type StoreAddress, storeAddressSchema } from "../../shared/store_address.ts";
import { readBundle } from "../../trainer/onnx/bundle_folder.ts";
import { startPostgres } from "../functions/store/postgres_server.ts";
import { BenchRows } from "./store/bench_rows.ts";
import { exactScores } from "./store/exact.ts";
import { measureStore, type StoreBench, type StoreFigures } from "./store/measure.ts";
import { RowFile } from "./store/row_file.ts";

const K = 10;

interface Options {
  data: string;
  bundle: string;
  vectors: number;
  queries: number;
  driver: "sqlite" | "postgres" | "both";
  threshold?: number;
  load: boolean;
  embed: boolean;
  workers: number;
  json: boolean;
}

/** What a store takes for a picture, in bytes. */
interface Space {
  disk: number;
  memory: number;
}

/** As on a machine of its own, and so that an index of a million vectors is built in memory. */
const POSTGRES_SETTINGS = ["shared_buffers=2GB", "maintenance_work_mem=3GB", "max_wal_size=8GB"];

/**
 * `deno task bench store`: embeddings of photos and of their edits in either store: how long searches take, how many of
 * the nearest they find, how many pictures a second come in, and what each of them takes.
 */
export async function run(args: string[]): Promise<void> {
  const command = new Command("store")
    .description("Fills stores with embeddings of photos and of their edits, and searches them.")
    .requiredOption("--data <dir>", "photos")
    .option("--bundle <dir>", "the bundle that embeds them", "functions/embed/model")
    .option("--vectors <count>", "vectors in the store", Number, 100_000)
    .option("--queries <count>", "searches: for the edits that follow", Number, 200)
    .option("--driver <name>", "sqlite, postgres or both", "both")
    .option(
      "--threshold <similarity>",
      "from which on pictures are copies; the bundle's own by default",
      Number,
    )
    .option("--load", "write the tables directly, without groups: for searches among very many", false)
    .option("--embed", "embed as many as are asked for, resumably, and measure nothing", false)
    .option("--workers <count>", "threads that embed", Number, navigator.hardwareConcurrency)
    .option("--json", "print JSON", false)
    .parse(args, { from: "user" });
  const options = command.opts<Options>();
  const { data, bundle: folder, vectors: count, queries: queryCount, threshold } = options;
  const file = await RowFile.open(data, folder, options.embed ? count + queryCount : 0, options.workers);
  if (options.embed) return;

  if (file.length < 1000) {
    throw new RangeError(
      `Cannot measure: at least 1000 rows must be embedded, which --embed does: there are ${file.length}`,
    );
  }

  const { manifest } = await readBundle(folder);
  const rows = new BenchRows(file);
  const queries = Array.from({ length: queryCount }, (_, i) => rows.read(count + i).vector);
  const bench: StoreBench = {
    ...{ rows, count, queries, k: K, threshold: threshold ?? null, load: options.load },
    exact: exactScores(rows, count, queries, K),
    bundle: traitsOf(manifest),
  };
  const stores: Record<string, StoreFigures & Space> = {};
  if (options.driver !== "postgres") stores["SQLite"] = await inSqlite(bench);
  if (options.driver !== "sqlite") stores["PostgreSQL"] = await inPostgres(bench);
  const figures = {
    ...{ vectors: count, embedded: Math.min(count, rows.embedded), queries: queryCount, k: K },
    ...{ dimensions: bench.bundle.dimensions, threshold: threshold ?? bench.bundle.copyThreshold, stores },
  };
  console.log(options.json ? JSON.stringify(figures) : table(figures));
}

async function inSqlite(bench: StoreBench): Promise<StoreFigures & Space> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "store.db");
  const before = Deno.memoryUsage().rss;
  try {
    const figures = await measureStore("SQLite", { kind: "sqlite", path }, bench);
    const memory = (Deno.memoryUsage().rss - before) / bench.count;
    return { ...figures, disk: Deno.statSync(path).size / bench.count, memory };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function inPostgres(bench: StoreBench): Promise<StoreFigures & Space> {
  const server = await startPostgres(...POSTGRES_SETTINGS);
  try {
    const address = storeAddressSchema.parse(server.url) as StoreAddress;
    const figures = await measureStore("PostgreSQL", address, bench);
    const client = new pg.Client(server.url);
    await client.connect();
    const { rows: [size] } = await client.query(
      `SELECT pg_database_size(current_database())::float8 AS disk, coalesce((
         SELECT sum(pg_relation_size(indexrelid)) FROM pg_stat_user_indexes WHERE indexrelname LIKE 'vectors_of_%'
       ), 0)::float8 AS memory`,
    );
    await client.end();
    return { ...figures, disk: size.disk / bench.count, memory: size.memory / bench.count };
  } finally {
    await server.close();
  }
}

function table(
  { vectors, embedded, queries, k, dimensions, threshold, stores }: {
    vectors: number;
    embedded: number;
    queries: number;
    k: number;
    dimensions: number;
    threshold: number;
    stores: Record<string, StoreFigures & Space>;
  },
): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const rate = (value: number | undefined) => value === undefined ? "-" : `${value.toFixed(0)} /s`;
  const rows: [string, (figures: StoreFigures & Space) => string][] = [
    [`search, k ${k}, median`, ({ search }) => ms(search.median)],
    ["search, 99th percentile", ({ search }) => ms(search.p99)],
    ["first search", ({ first }) => ms(first)],
    [`recall@${k} against exact search`, ({ search }) => search.recall.toFixed(4)],
    ["embeddings kept", ({ insertion }) => rate(insertion?.embeddings)],
    ["pictures put, with groups", ({ insertion }) => rate(insertion?.pictures)],
    ["the same, last tenth", ({ insertion }) => rate(insertion?.picturesAtEnd)],
    ["groups", ({ groups }) => String(groups)],
    ["disk per picture", ({ disk }) => `${disk.toFixed(0)} bytes`],
    ["memory per picture", ({ memory }) => `${memory.toFixed(0)} bytes`],
  ];
  const names = Object.keys(stores);
  const lines = rows.map(([name, cell]) => [name, ...Object.values(stores).map(cell)]);
  const body = [["", ...names], ["---", ...names.map(() => "---:")], ...lines];
  return [
    `${vectors} vectors of ${dimensions} dimensions (${embedded} embedded, ${
      vectors - embedded
    } between two of one photo), ${queries} searches, copies from ${threshold.toFixed(3)}:`,
    "",
    ...body.map((cells) => `| ${cells.join(" | ")} |`),
  ].join("\n");
}

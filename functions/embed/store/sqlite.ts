import { DatabaseSync, type StatementSync } from "node:sqlite";
import { dirname } from "@std/path";
import { dot, vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Neighbour, NewContent, Row, Scope, Value } from "./database.ts";
import { parameters } from "./slices.ts";
import { SqlStore } from "./sql_store.ts";
import { migrate } from "./sqlite_schema.ts";
import { type Store, StoreError } from "./store.ts";
import { type ScanQuery, VectorScan } from "./vector_scan.ts";

/** Vectors that are read from the file in one go when a scope is first searched. */
const READ_AT_ONCE = 1000;

/** Opens a SQLite store: `openSqliteDatabase`, as a store. */
export function openSqliteStore(path: string | undefined): Store {
  return new SqlStore(openSqliteDatabase(path));
}

/**
 * Opens a SQLite store's database, making the file and its folder if need be.
 *
 * @param path of the file; undefined for a store in memory
 * @throws {StoreError} if the file cannot be opened, read and written, or is not such a store
 */
export function openSqliteDatabase(path: string | undefined): Database {
  try {
    if (path !== undefined) Deno.mkdirSync(dirname(path), { recursive: true });
    return new SqliteDatabase(openFile(path ?? ":memory:"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      `Cannot open the store: STORE_URL must name a SQLite file that can be read and written: received ${path}: ${reason}`,
      { cause },
    );
  }
}

function openFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // Readers and a writer in other processes do not wait for each other; if two write, one waits its turn.
    database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite, with the vectors of the collections in memory beside it, where searching is exact. */
class SqliteDatabase implements Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #scans = new Map<number, VectorScan>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  query(sql: string, ...values: Value[]): Promise<Row[]> {
    return this.#inTurn(() => this.#query(sql, values));
  }

  insert(table: string, rows: Row[], rest?: string): Promise<Row[]> {
    return this.#inTurn(() => this.#insert(table, rows, rest));
  }

  /** The connection has one transaction at a time; what is asked beside it waits. */
  transaction<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result> {
    return this.#inTurn(async () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const result = await work({
          query: (sql, ...values) => Promise.try(() => this.#query(sql, values)),
          transaction: () =>
            Promise.reject(new Error("Cannot begin a transaction: it must not be within one")),
          lock: () => Promise.resolve(), // nobody else writes now
          prepare: () => this.prepare(),
          release: () => this.release(),
          insert: (...values) => Promise.try(() => this.#insert(...values)),
          addContents: (scope, contents) => Promise.try(() => this.#addContents(scope, contents)),
          nearest: (scope, vector, options) => Promise.try(() => this.#nearest(scope, vector, options)),
          within: (scope, vectors, threshold) => Promise.try(() => this.#near(scope, vectors, { threshold })),
          close: () => this.close(),
        });
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        this.#scans.clear(); // they may have what was taken back
        // Some errors, such as a full disk, roll back by themselves.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  lock(): Promise<void> {
    return Promise.reject(new Error("Cannot lock: it must be within a transaction"));
  }

  prepare(): Promise<void> {
    return Promise.resolve(); // vectors are read when they are first searched
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  addContents(scope: Scope, contents: NewContent[]): Promise<number[]> {
    return this.#inTurn(() => this.#addContents(scope, contents));
  }

  nearest(
    scope: Scope,
    vector: Float32Array,
    options: { k: number; threshold: number },
  ): Promise<Neighbour[]> {
    return this.#inTurn(() => this.#nearest(scope, vector, options));
  }

  within(scope: Scope, vectors: Float32Array[], threshold: number): Promise<Neighbour[][]> {
    return this.#inTurn(() => this.#near(scope, vectors, { threshold }));
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#database.close());
  }

  #inTurn<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  #query(sql: string, values: Value[]): Row[] {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql.replaceAll("$", "?"));
      this.#statements.set(sql, statement);
    }
    return statement.all(...values) as Row[];
  }

  #insert(table: string, rows: Row[], rest = ""): Row[] {
    const [first] = rows;
    if (!first) return [];
    const columns = Object.keys(first);
    const sql = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${parameters(columns, 1)}) ${rest}`;
    return rows.flatMap((row) => this.#query(sql, columns.map((column) => row[column]!)));
  }

  #addContents(scope: Scope, contents: NewContent[]): number[] {
    const rows = contents.map(({ sha256, rank }) => ({ scope: scope.id, sha256, rank }));
    return this.#insert("contents", rows, "RETURNING id").map((row) => Number(row["id"]));
  }

  #nearest(
    scope: Scope,
    vector: Float32Array,
    { k, threshold }: { k: number; threshold: number },
  ): Neighbour[] {
    const [found] = this.#near(scope, [vector], { k, threshold });
    return found!.sort((a, b) => b.score - a.score || a.content - b.content).slice(0, k);
  }

  /** At least the `k` nearest of each vector. */
  #near(scope: Scope, vectors: Float32Array[], query: ScanQuery): Neighbour[][] {
    if (vectors.length === 0) return [];
    const scan = this.#scan(scope, vectors[0]!.length);
    for (;;) {
      const near = scan.near(vectors, query);
      const exact = this.#vectors(scope, new Set(near.flat()));
      const gone = new Set(near.flat().filter((content) => !exact.has(content)));
      if (gone.size === 0) {
        return near.map((contents, i) =>
          contents.map((content) => ({ content, score: dot(vectors[i]!, exact.get(content)!) }))
            .filter(({ score }) => score >= query.threshold)
        );
      }
      for (const content of gone) scan.delete(content);
    }
  }

  /** The vectors of those of these contents that are still there. */
  #vectors(scope: Scope, contents: Set<number>): Map<number, Float32Array> {
    const sql = `SELECT e.vector FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
      WHERE c.id = $2`;
    const found = new Map<number, Float32Array>();
    for (const content of contents) {
      const [row] = this.#query(sql, [scope.bundle, content]);
      if (row) found.set(content, vectorFromBytes(row["vector"] as Uint8Array));
    }
    return found;
  }

  /** The scope's vectors, with those that came since, from this process or others. */
  #scan(scope: Scope, dimensions: number): VectorScan {
    let scan = this.#scans.get(scope.id);
    if (!scan) this.#scans.set(scope.id, scan = new VectorScan(dimensions));
    for (;;) {
      const rows = this.#query(
        `SELECT c.id, e.vector FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
         WHERE c.scope = $2 AND c.id > $3 ORDER BY c.id LIMIT ${READ_AT_ONCE}`,
        [scope.bundle, scope.id, scan.last],
      );
      for (const row of rows) scan.add(Number(row["id"]), vectorFromBytes(row["vector"] as Uint8Array));
      if (rows.length < READ_AT_ONCE) return scan;
    }
  }
}

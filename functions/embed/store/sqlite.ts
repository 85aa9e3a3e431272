import { DatabaseSync, type StatementSync } from "node:sqlite";
import { dirname } from "@std/path";
import { vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Neighbour, Row, Scope, Value } from "./database.ts";
import { SqlStore } from "./sql_store.ts";
import { migrate } from "./sqlite_schema.ts";
import { type Store, StoreError } from "./store.ts";
import { VectorScan } from "./vector_scan.ts";

/**
 * Opens a SQLite store, making the file and its folder if need be.
 *
 * @param path of the file; undefined for a store in memory
 * @throws {StoreError} if the file cannot be opened, read and written, or is not such a store
 */
export function openSqliteStore(path: string | undefined): Store {
  try {
    if (path !== undefined) Deno.mkdirSync(dirname(path), { recursive: true });
    return new SqlStore(new SqliteDatabase(openDatabase(path ?? ":memory:")));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      `Cannot open the store: STORE_URL must name a SQLite file that can be read and written: received ${path}: ${reason}`,
      { cause },
    );
  }
}

function openDatabase(path: string): DatabaseSync {
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
          addContent: (scope, content) => Promise.try(() => this.#addContent(scope, content)),
          nearest: (scope, vector, options) => Promise.try(() => this.#nearest(scope, vector, options)),
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

  addContent(scope: Scope, content: { sha256: string; rank: string }): Promise<number> {
    return this.#inTurn(() => this.#addContent(scope, content));
  }

  nearest(
    scope: Scope,
    vector: Float32Array,
    options: { k: number; threshold: number },
  ): Promise<Neighbour[]> {
    return this.#inTurn(() => this.#nearest(scope, vector, options));
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

  #addContent(scope: Scope, { sha256, rank }: { sha256: string; rank: string }): number {
    const [row] = this.#query(
      "INSERT INTO contents (scope, sha256, rank) VALUES ($1, $2, $3) RETURNING id",
      [scope.id, sha256, rank],
    );
    return Number(row!["id"]);
  }

  #nearest(
    scope: Scope,
    vector: Float32Array,
    { k, threshold }: { k: number; threshold: number },
  ): Neighbour[] {
    const scan = this.#scan(scope, vector.length);
    for (;;) {
      const found = scan.nearest(vector, k, threshold);
      const gone = found.filter(({ content }) => !this.#has(content));
      if (gone.length === 0) return found;
      for (const { content } of gone) scan.delete(content);
    }
  }

  /** The scope's vectors, with those that came since, from this process or others. */
  #scan(scope: Scope, dimensions: number): VectorScan {
    let scan = this.#scans.get(scope.id);
    if (!scan) this.#scans.set(scope.id, scan = new VectorScan(dimensions));
    const rows = this.#query(
      `SELECT c.id, e.vector FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
       WHERE c.scope = $2 AND c.id > $3 ORDER BY c.id`,
      [scope.bundle, scope.id, scan.last],
    );
    for (const row of rows) scan.add(Number(row["id"]), vectorFromBytes(row["vector"] as Uint8Array));
    return scan;
  }

  #has(content: number): boolean {
    return this.#query("SELECT 1 AS has FROM contents WHERE id = $1", [content]).length > 0;
  }
}

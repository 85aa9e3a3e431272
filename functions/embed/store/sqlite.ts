import { DatabaseSync } from "node:sqlite";
import { dirname } from "@std/path";
import { vectorFromBytes, vectorToBytes } from "../../../shared/vector.ts";
import { type Embedding, type Store, StoreError } from "./store.ts";

/** Of the tables below; a file that says otherwise is not opened. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS embeddings (
    bundle TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    vector BLOB NOT NULL, -- float32, little-endian
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    format TEXT NOT NULL,
    PRIMARY KEY (sha256, bundle)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Opens a SQLite store, making the file and its folder if need be.
 *
 * @param path of the file; undefined for a store in memory
 * @throws {StoreError} if the file cannot be opened, read and written, or is not such a store
 */
export function openSqliteStore(path: string | undefined): Store {
  try {
    if (path !== undefined) Deno.mkdirSync(dirname(path), { recursive: true });
    return new SqliteStore(openDatabase(path ?? ":memory:"));
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
    const version = database.prepare("PRAGMA user_version").get()?.["user_version"];
    if (version !== 0 && version !== SCHEMA_VERSION) {
      throw new Error(`its schema is version ${version}, not ${SCHEMA_VERSION}`);
    }
    // Takes the write lock, so that a file that cannot be written is noticed now.
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #select;
  readonly #insert;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#select = database.prepare(
      "SELECT vector, width, height, format FROM embeddings WHERE sha256 = ? AND bundle = ?",
    );
    this.#insert = database.prepare("INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?, ?, ?, ?)");
  }

  get(bundle: string, sha256: string): Promise<Embedding | undefined> {
    return Promise.try(() => {
      const row = this.#select.get(sha256, bundle);
      if (row === undefined) return undefined;
      return {
        sha256,
        width: Number(row["width"]),
        height: Number(row["height"]),
        format: String(row["format"]),
        vector: vectorFromBytes(row["vector"] as Uint8Array),
      };
    });
  }

  put(bundle: string, { sha256, vector, width, height, format }: Embedding): Promise<void> {
    return Promise.try(() => {
      this.#insert.run(bundle, sha256, vectorToBytes(vector), width, height, format);
    });
  }

  close(): Promise<void> {
    return Promise.try(() => this.#database.close());
  }
}

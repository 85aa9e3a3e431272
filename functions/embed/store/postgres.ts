// @ts-types="@types/pg"
import pg from "pg";
import { dot, vectorFromBytes } from "../../../shared/vector.ts";
import type { Log } from "../log.ts";
import type { Database, Neighbour, Row, Scope, Value } from "./database.ts";
import { MIGRATIONS, SCHEMA_LOCK } from "./postgres_schema.ts";
import { SqlStore } from "./sql_store.ts";
import { type Store, StoreError } from "./store.ts";
import type { PostgresAddress } from "../../../shared/store_address.ts";

/** The first that keeps looking until it has found enough of those that a condition is for, and has CVEs mended. */
const PGVECTOR = [0, 8, 4];

/** Candidates of a search in the HNSW index: more find more of the nearest, and take longer. pgvector's default is 40. */
const EF_SEARCH = 100;

/** Ranks by half precision may differ from those by the whole vectors: so many more are looked at. */
const MARGIN = 10;

const MAX_CONNECTIONS = 10;
const CONNECT_SECONDS = 10;

/**
 * Opens a store in PostgreSQL, making its tables if need be.
 *
 * @throws {StoreError} if the server cannot be reached, lacks pgvector, or has tables of another program
 */
export async function openPostgresStore(address: PostgresAddress, log: Log): Promise<Store> {
  const { host, port, database, user, password, tls, rootCertificates } = address;
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    password,
    ssl: tls === "disable" ? false : {
      rejectUnauthorized: tls === "verify-full",
      ...rootCertificates === undefined ? {} : { ca: await Deno.readTextFile(rootCertificates) },
    },
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    application_name: "lookalike",
    types: { getTypeParser: parserOf },
    // The pool waits for this, and whoever needed the connection gets the error.
    onConnect: async (client) => {
      await client.query(`SET hnsw.iterative_scan = strict_order; SET hnsw.ef_search = ${EF_SEARCH}`);
    },
  });
  // A connection that is lost while nobody uses it is replaced when one is needed.
  pool.on("error", (error) => log({ level: "warn", message: "A connection to the store was lost", error }));
  // The error of one that is lost in use is that of the query; without a listener, it would be thrown besides.
  pool.on("connect", (client) => client.on("error", () => {}));
  try {
    await migrate(pool);
    await requirePgvector(pool);
  } catch (cause) {
    await pool.end();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(
      `Cannot open the store: STORE_URL must name a PostgreSQL database with pgvector that can be written: received ${host}:${port}/${database}: ${reason}`,
      { cause },
    );
  }
  return new SqlStore(new PostgresDatabase(pool, pool));
}

/** BIGINT as a number; all others as pg does. */
function parserOf(oid: number, format?: "text" | "binary") {
  if (oid === pg.types.builtins.INT8) return Number;
  return format === "binary" ? pg.types.getTypeParser(oid, "binary") : pg.types.getTypeParser(oid, "text");
}

async function migrate(pool: pg.Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lock(client, SCHEMA_LOCK);
    await client.query("CREATE TABLE IF NOT EXISTS lookalike_schema (version INTEGER NOT NULL)");
    const { rows } = await client.query("SELECT version FROM lookalike_schema");
    const version = Number(rows[0]?.version ?? 0);
    if (version > MIGRATIONS.length) {
      throw new Error(`its tables are of version ${version}: this program knows ${MIGRATIONS.length}`);
    }
    for (const migration of MIGRATIONS.slice(version)) await client.query(migration);
    await client.query("DELETE FROM lookalike_schema");
    await client.query("INSERT INTO lookalike_schema VALUES ($1)", [MIGRATIONS.length]);
  });
}

async function requirePgvector(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
  const version = String(rows[0]?.extversion);
  const parts = version.split(".").map(Number);
  const differing = PGVECTOR.findIndex((part, index) => part !== (parts[index] ?? 0));
  if (differing >= 0 && (parts[differing] ?? 0) < PGVECTOR[differing]!) {
    throw new Error(`pgvector must be ${PGVECTOR.join(".")} or later: it is ${version}`);
  }
}

/** PostgreSQL: each bundle's vectors, in half precision, have an HNSW index for the inner product. */
class PostgresDatabase implements Database {
  readonly #pool: pg.Pool;
  /** What is asked: the pool, or the connection of a transaction. */
  readonly #client: pg.Pool | pg.PoolClient;
  readonly #indexed = new Set<string>();

  constructor(pool: pg.Pool, client: pg.Pool | pg.PoolClient) {
    this.#pool = pool;
    this.#client = client;
  }

  async query(sql: string, ...values: Value[]): Promise<Row[]> {
    return (await this.#client.query<Row>({ text: sql, values, name: nameOf(sql) })).rows;
  }

  async transaction<Result>(work: (transaction: Database) => Promise<Result>): Promise<Result> {
    return await inTransaction(this.#pool, (client) => work(new PostgresDatabase(this.#pool, client)));
  }

  async lock(name: string): Promise<void> {
    await lock(this.#client, name);
  }

  async prepare({ id, dimensions }: { id: string; dimensions: number }): Promise<void> {
    if (this.#indexed.has(id)) return;
    await inTransaction(this.#pool, async (client) => {
      await lock(client, SCHEMA_LOCK);
      await client.query(
        `CREATE INDEX IF NOT EXISTS contents_vector_${id.slice(0, 32)} ON contents
         USING hnsw ((vector::halfvec(${dimensions})) halfvec_ip_ops) WHERE bundle = '${id}'`,
      );
    });
    this.#indexed.add(id);
  }

  async addContent(
    scope: Scope,
    { sha256, rank, vector }: { sha256: string; rank: string; vector: Float32Array },
  ): Promise<number> {
    const [row] = await this.query(
      "INSERT INTO contents (scope, bundle, sha256, rank, vector) VALUES ($1, $2, $3, $4, $5::halfvec) RETURNING id",
      scope.id,
      scope.bundle,
      sha256,
      rank,
      toText(vector),
    );
    return Number(row!["id"]);
  }

  async nearest(
    scope: Scope,
    vector: Float32Array,
    { k, threshold }: { k: number; threshold: number },
  ): Promise<Neighbour[]> {
    const type = `halfvec(${vector.length})`;
    const rows = await this.query(
      // The bundle stands in the text, so that the planner sees that the bundle's index will do.
      `SELECT n.id, e.vector FROM (
         SELECT c.id, c.sha256 FROM contents c WHERE c.bundle = '${scope.bundle}' AND c.scope = $1
         ORDER BY c.vector::${type} <#> $2::${type} LIMIT $3
       ) n JOIN embeddings e ON e.sha256 = n.sha256 AND e.bundle = '${scope.bundle}'`,
      scope.id,
      toText(vector),
      k + MARGIN,
    );
    return rows
      .map((row) => ({
        content: Number(row["id"]),
        score: dot(vector, vectorFromBytes(row["vector"] as Uint8Array)),
      }))
      .filter(({ score }) => score >= threshold)
      .sort((a, b) => b.score - a.score || a.content - b.content)
      .slice(0, k);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let failure: unknown;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch((cause) => failure = cause);
    throw error;
  } finally {
    client.release(failure !== undefined); // a connection on which that failed is not used again
  }
}

async function lock(client: pg.Pool | pg.PoolClient, name: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`lookalike ${name}`]);
}

/** A vector as pgvector reads it. */
function toText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}

const names = new Map<string, string>();

/** A name under which connections keep a statement prepared. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, name = `s${names.size}`);
  return name;
}

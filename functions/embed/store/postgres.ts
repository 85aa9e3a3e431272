// @ts-types="@types/pg"
import pg from "pg";
import { dot, vectorFromBytes } from "../../../shared/vector.ts";
import type { Log } from "../log.ts";
import { COLUMN_TYPES } from "./column_types.ts";
import type { Database, Neighbour, NewContent, Row, Scope, Value } from "./database.ts";
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

/** How far a score by half precision may be from that of the whole vectors. */
const HALF_PRECISION = 0.002;

/** How many copies of a picture are asked for at first, where all are wanted: most have fewer. */
const AT_FIRST = 64;

const MAX_CONNECTIONS = 10;
const CONNECT_SECONDS = 10;

/** Opens a store in PostgreSQL: `openPostgresDatabase`, as a store. */
export async function openPostgresStore(address: PostgresAddress, log: Log): Promise<Store> {
  return new SqlStore(await openPostgresDatabase(address, log));
}

/**
 * Opens a store's database in PostgreSQL, making its tables if need be.
 *
 * @throws {StoreError} if the server cannot be reached, lacks pgvector, or has tables of another program
 */
export async function openPostgresDatabase(address: PostgresAddress, log: Log): Promise<Database> {
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
  return new PostgresDatabase(pool, pool);
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
    return await this.#ask(sql, values);
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
        `CREATE INDEX IF NOT EXISTS ${indexOf(id)} ON vectors
         USING hnsw ((vector::halfvec(${dimensions})) halfvec_ip_ops) WHERE bundle = '${id}'`,
      );
    });
    this.#indexed.add(id);
  }

  async release(bundle: string): Promise<void> {
    this.#indexed.delete(bundle);
    await this.#client.query(`DROP INDEX IF EXISTS ${indexOf(bundle)}`);
  }

  async insert(table: string, rows: Row[], rest = ""): Promise<Row[]> {
    const [first] = rows;
    if (!first) return [];
    const columns = Object.keys(first);
    const types = columns.map((column, i) => `$${i + 1}::${COLUMN_TYPES[column]}[]`);
    return await this.#ask(
      `INSERT INTO ${table} (${columns.join(", ")}) SELECT * FROM unnest(${types.join(", ")}) ${rest}`,
      columns.map((column) => rows.map((row) => row[column])),
    );
  }

  async addContents(scope: Scope, contents: NewContent[]): Promise<number[]> {
    if (contents.length === 0) return [];
    const rows = await this.#ask(
      `WITH given AS (
         SELECT * FROM unnest($3::text[], $4::text[], $5::text[]) AS given (sha256, rank, vector)
       ), added AS (
         INSERT INTO contents (scope, sha256, rank) SELECT $1, sha256, rank FROM given RETURNING id, sha256
       )
       INSERT INTO vectors (content, scope, bundle, sha256, vector)
       SELECT id, $1, $2, sha256, vector::halfvec FROM added JOIN given USING (sha256)
       RETURNING content AS id, sha256`,
      [
        ...[scope.id, scope.bundle],
        ...[contents.map(({ sha256 }) => sha256), contents.map(({ rank }) => rank)],
        contents.map(({ vector }) => toText(vector)),
      ],
    );
    const ids = new Map(rows.map((row) => [String(row["sha256"]), Number(row["id"])]));
    return contents.map(({ sha256 }) => ids.get(sha256)!);
  }

  async nearest(
    scope: Scope,
    vector: Float32Array,
    { k, threshold }: { k: number; threshold: number },
  ): Promise<Neighbour[]> {
    const [found] = await this.#near(scope, [vector], { limit: k + MARGIN, threshold });
    return found!.sort((a, b) => b.score - a.score || a.content - b.content).slice(0, k);
  }

  async within(scope: Scope, vectors: Float32Array[], threshold: number): Promise<Neighbour[][]> {
    const found: Neighbour[][] = [];
    let open = vectors.map((_, place) => place);
    for (let limit = AT_FIRST; open.length > 0; limit *= 4) {
      const near = await this.#near(scope, open.map((place) => vectors[place]!), { limit, threshold });
      open.forEach((place, i) => found[place] = near[i]!);
      open = open.filter((place) => found[place]!.length >= limit);
    }
    return found;
  }

  /** What the index names as the nearest of each vector, as many as `limit`, without those that are too far. */
  async #near(
    { id, bundle }: Scope,
    vectors: Float32Array[],
    { limit, threshold }: { limit: number; threshold: number },
  ): Promise<Neighbour[][]> {
    if (vectors.length === 0) return [];
    const type = `halfvec(${vectors[0]!.length})`;
    // Numbers and the bundle stand in the text, so that the planner sees which index will do. LIMIT 1 has it look each
    // vector up by its key, and OFFSET 0 has it parse each vector that is asked for once, not for each row.
    const { rows } = await this.#client.query<Row>(
      `SELECT asked.place, near.id, exact.vector FROM (
         SELECT given.vector::${type} AS vector, place
         FROM unnest($1::text[]) WITH ORDINALITY AS given (vector, place) OFFSET 0
       ) asked
       CROSS JOIN LATERAL (
         SELECT v.content AS id, v.sha256, -(v.vector::${type} <#> asked.vector) AS score FROM vectors v
         WHERE v.bundle = '${bundle}' AND v.scope = ${id}
         ORDER BY v.vector::${type} <#> asked.vector LIMIT ${limit}
       ) near
       CROSS JOIN LATERAL (
         SELECT e.vector FROM embeddings e WHERE e.sha256 = near.sha256 AND e.bundle = '${bundle}' LIMIT 1
       ) exact
       WHERE near.score >= $2`,
      [vectors.map(toText), threshold - HALF_PRECISION],
    );
    const found: Neighbour[][] = vectors.map(() => []);
    for (const row of rows) {
      const place = Number(row["place"]) - 1;
      const score = dot(vectors[place]!, vectorFromBytes(row["vector"] as Uint8Array));
      if (score >= threshold) found[place]!.push({ content: Number(row["id"]), score });
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #ask(text: string, values: unknown[]): Promise<Row[]> {
    return (await this.#client.query<Row>({ text, values, name: nameOf(text) })).rows;
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

/** The index of a bundle's vectors. */
function indexOf(bundle: string): string {
  return `vectors_of_${bundle.slice(0, 32)}`;
}

/** A vector as pgvector reads it, by more digits than half precision has. */
function toText(vector: Float32Array): string {
  const digits = new Array<number>(vector.length);
  for (let i = 0; i < vector.length; i++) digits[i] = Math.round(vector[i]! * 1e6) / 1e6;
  return `[${digits.join(",")}]`;
}

const names = new Map<string, string>();

/** A name under which connections keep a statement prepared. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) names.set(sql, name = `s${names.size}`);
  return name;
}

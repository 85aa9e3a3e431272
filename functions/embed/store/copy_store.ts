import type { Database, Row, Scope } from "./database.ts";
import { readRecord } from "./picture_row.ts";
import { areSameSettings, readScope, readSettings, writeSettings } from "./scopes.ts";
import { eachSlice, parameters } from "./slices.ts";
import { SqlStore } from "./sql_store.ts";
import type { CollectionSettings } from "./store.ts";

const PAGE = 500;
const PICTURE = "p.collection, p.id, p.sha256, p.url, p.priority, p.created, p.metadata";

/** The two stores have something of one name that is not the same. */
export class StoreConflictError extends Error {
  override name = "StoreConflictError";
}

/** Is told how far copying has come. */
export interface CopyProgress {
  /** Embeddings, then the pictures under each bundle. */
  begin(stage: string, total: number): void;
  advance(count: number): void;
}

/**
 * Copies all embeddings and collections into another store, and makes the groups there. What is there already stays, and is
 * passed over if it is the same; so this can be ended at any time and begun again, and once more to catch up.
 *
 * @returns how many were not there
 * @throws {StoreConflictError} if a collection is there with other settings or another threshold
 */
export async function copyStore(
  from: Database,
  to: Database,
  progress: CopyProgress,
): Promise<{ embeddings: number; pictures: number }> {
  const embeddings = await copyEmbeddings(from, to, progress);
  for (const { name } of await from.query("SELECT name FROM collections ORDER BY name")) {
    await copySettings(from, to, String(name));
  }
  let pictures = 0;
  for (
    const { collection, bundle } of await from.query("SELECT collection, bundle FROM scopes ORDER BY id")
  ) {
    const scope = await readScope(from, String(bundle), String(collection));
    if (scope) pictures += await copyScope(from, to, scope, progress);
  }
  return { embeddings, pictures: pictures + await copyLoosePictures(from, to) };
}

async function copyEmbeddings(from: Database, to: Database, progress: CopyProgress): Promise<number> {
  progress.begin("embeddings", await count(from, "SELECT count(*) AS count FROM embeddings"));
  let copied = 0;
  for (let after: Row = { sha256: "", bundle: "" };;) {
    const keys = await from.query(
      `SELECT sha256, bundle FROM embeddings WHERE (sha256, bundle) > ($1, $2)
       ORDER BY sha256, bundle LIMIT ${PAGE}`,
      after["sha256"]!,
      after["bundle"]!,
    );
    if (keys.length === 0) return copied;
    after = keys.at(-1)!;
    const sha256s = [...new Set(keys.map((row) => String(row["sha256"])))];
    const known = new Set((await embeddingsOf(to, "sha256, bundle", sha256s)).map(keyOf));
    const missing = new Set(keys.map(keyOf).filter((key) => !known.has(key)));
    const lacking = [
      ...new Set(keys.filter((row) => missing.has(keyOf(row))).map((row) => String(row["sha256"]))),
    ];
    const columns = "bundle, sha256, vector, width, height, format, bytes, thumbnail, seen";
    const rows = (await embeddingsOf(from, columns, lacking)).filter((row) => missing.has(keyOf(row)));
    await to.transaction((transaction) => transaction.insert("embeddings", rows, "ON CONFLICT DO NOTHING"));
    copied += rows.length;
    progress.advance(keys.length);
  }
}

async function embeddingsOf(database: Database, columns: string, sha256s: string[]): Promise<Row[]> {
  return await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT ${columns} FROM embeddings WHERE sha256 IN (${parameters(slice, 1)})`,
      ...slice,
    ));
}

const keyOf = (row: Row) => `${row["sha256"]} ${row["bundle"]}`;

async function copySettings(from: Database, to: Database, collection: string): Promise<void> {
  const settings = (await readSettings(from, collection))!;
  const there = await readSettings(to, collection);
  if (!there) return await writeSettings(to, collection, settings);
  if (areSameSettings(there, settings)) return;
  const text = ({ threshold, precision, canonical }: CollectionSettings) =>
    `${
      threshold ?? `the bundle's threshold${precision === null ? "" : ` of precision ${precision}`}`
    }, ${canonical}`;
  throw new StoreConflictError(
    `Cannot copy: the collection ${collection} must have the same settings in both stores: received ${
      text(settings)
    } and ${text(there)}`,
  );
}

async function copyScope(
  from: Database,
  to: Database,
  scope: Scope,
  progress: CopyProgress,
): Promise<number> {
  const { collection, bundle, threshold } = scope;
  const there = await readScope(to, bundle, collection);
  if (there && there.threshold !== threshold) {
    throw new StoreConflictError(
      `Cannot copy: copies in the collection ${collection} must begin at the same similarity in both stores: received ${threshold} and ${there.threshold}`,
    );
  }
  const own =
    "FROM pictures p JOIN contents c ON c.scope = $1 AND c.sha256 = p.sha256 WHERE p.collection = $2";
  progress.begin(
    `${collection}, bundle ${bundle.slice(0, 8)}`,
    await count(from, `SELECT count(*) AS count ${own}`, scope.id, collection),
  );
  const traits = { id: bundle, dimensions: await dimensionsOf(from, bundle), copyThreshold: threshold };
  const store = new SqlStore(to);
  let copied = 0;
  for (let after = "";;) {
    const rows = await from.query(
      `SELECT ${PICTURE} ${own} AND p.id > $3 ORDER BY p.id LIMIT ${PAGE}`,
      ...[scope.id, collection, after],
    );
    if (rows.length === 0) return copied;
    after = String(rows.at(-1)!["id"]);
    const same = there ?? await readScope(to, bundle, collection);
    const known = new Set(
      same && (await eachSlice(rows.map((row) => String(row["id"])), (slice) =>
        to.query(
          `SELECT ${PICTURE} ${own} AND p.id IN (${parameters(slice, 3)})`,
          ...[same.id, collection],
          ...slice,
        ))).map(textOf),
    );
    const missing = rows.filter((row) => !known.has(textOf(row)));
    await store.putPictures(traits, collection, missing.map(readRecord));
    copied += missing.length;
    progress.advance(rows.length);
  }
}

/** Pictures that are in no group and no search, as when their bundle was dropped. */
async function copyLoosePictures(from: Database, to: Database): Promise<number> {
  const rows = await from.query(
    `SELECT ${PICTURE}, p.seen FROM pictures p WHERE NOT EXISTS (
       SELECT 1 FROM scopes s JOIN contents c ON c.scope = s.id AND c.sha256 = p.sha256
       WHERE s.collection = p.collection
     )`,
  );
  let copied = 0;
  for (let at = 0; at < rows.length; at += PAGE) {
    const inserted = await to.insert(
      "pictures",
      rows.slice(at, at + PAGE),
      "ON CONFLICT DO NOTHING RETURNING id",
    );
    copied += inserted.length;
  }
  return copied;
}

async function dimensionsOf(database: Database, bundle: string): Promise<number> {
  const [row] = await database.query("SELECT vector FROM embeddings WHERE bundle = $1 LIMIT 1", bundle);
  return (row?.["vector"] as Uint8Array).length / 4;
}

async function count(database: Database, sql: string, ...values: (string | number)[]): Promise<number> {
  const [row] = await database.query(sql, ...values);
  return Number(row!["count"]);
}

/** All that was said of a picture, to be compared. */
const textOf = (row: Row) => JSON.stringify(readRecord(row));

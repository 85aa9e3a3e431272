import { updateContents } from "./contents.ts";
import type { Database, Row } from "./database.ts";
import { readRecord } from "./picture_row.ts";
import { requireScope, requireSettings, scopesWith } from "./scopes.ts";
import { eachSlice, parameters } from "./slices.ts";
import type { BundleTraits, PictureRecord, PutResult } from "./store.ts";

/** Most pictures in one transaction: whoever else would write waits no longer than for these. */
export const BATCH = 250;

/** Pictures in their order, some hundreds at a time, and no id twice in one of these. */
export function* batches(pictures: PictureRecord[]): Generator<PictureRecord[]> {
  let batch = new Map<string, PictureRecord>();
  for (const picture of pictures) {
    if (batch.size === BATCH || batch.has(picture.id)) {
      yield [...batch.values()];
      batch = new Map();
    }
    batch.set(picture.id, picture);
  }
  if (batch.size > 0) yield [...batch.values()];
}

/**
 * Puts pictures of different ids into a collection, within a transaction that has its lock.
 *
 * @returns for each what came of it; undefined if the bundle has no embedding of its bytes
 */
export async function putBatch(
  database: Database,
  bundle: BundleTraits,
  collection: string,
  batch: PictureRecord[],
): Promise<(PutResult | undefined)[]> {
  const known = await embeddedOf(database, bundle.id, batch);
  const pictures = batch.filter(({ sha256 }) => known.has(sha256));
  if (pictures.length === 0) return batch.map(() => undefined);
  const settings = await requireSettings(database, collection);
  const scope = await requireScope(database, bundle, collection, settings);
  const before = await rowsBefore(database, collection, pictures);
  await database.insert(
    "pictures",
    pictures.map(({ id, sha256, url, priority, created, metadata }) => ({
      ...{ collection, id, sha256, url, priority },
      created: created ?? Number(before.get(id)?.["created"] ?? Date.now()),
      metadata: JSON.stringify(metadata),
      seen: Date.now(),
    })),
    `ON CONFLICT (collection, id) DO UPDATE SET sha256 = excluded.sha256, url = excluded.url,
       priority = excluded.priority, created = excluded.created, metadata = excluded.metadata, seen = excluded.seen`,
  );
  const altered = pictures.filter((picture) => isAltered(picture, before.get(picture.id)));
  const touched = new Set(altered.flatMap(({ id, sha256 }) => {
    const was = before.get(id);
    return was ? [sha256, String(was["sha256"])] : [sha256];
  }));
  const now = new Set(pictures.map(({ sha256 }) => sha256));
  const scopes = await scopesWith(database, collection, [...now.union(touched)]);
  // What was put under another bundle is new to this one, though nothing else is said of it than before.
  const fresh = now.difference(scopes.get(scope.id)?.sha256s ?? new Set());
  for (const entry of scopes.values()) entry.sha256s = entry.sha256s.intersection(touched);
  scopes.set(scope.id, { scope, sha256s: fresh.union(scopes.get(scope.id)?.sha256s ?? new Set()) });
  const changed = new Set<string>();
  for (const { scope, sha256s } of scopes.values()) {
    for (const group of await updateContents(database, scope, settings.canonical, [...sha256s])) {
      changed.add(group);
    }
  }
  const groups = [...changed];
  return batch.map(({ id, sha256 }) =>
    known.has(sha256) ? { isNew: !before.has(id), changed: groups } : undefined
  );
}

/** Whether something else is said of a picture than what the collection has under its id. */
function isAltered(picture: PictureRecord, row: Row | undefined): boolean {
  if (!row) return true;
  const was = readRecord(row);
  return was.sha256 !== picture.sha256 || was.url !== picture.url || was.priority !== picture.priority ||
    was.created !== (picture.created ?? was.created) ||
    JSON.stringify(was.metadata) !== JSON.stringify(picture.metadata);
}

/** Which of the pictures' bytes the bundle has embedded. */
async function embeddedOf(
  database: Database,
  bundle: string,
  pictures: PictureRecord[],
): Promise<Set<string>> {
  const rows = await eachSlice([...new Set(pictures.map(({ sha256 }) => sha256))], (slice) =>
    database.query(
      `SELECT sha256 FROM embeddings WHERE bundle = $1 AND sha256 IN (${parameters(slice, 2)})`,
      bundle,
      ...slice,
    ));
  return new Set(rows.map((row) => String(row["sha256"])));
}

/** What the collection has under the pictures' ids, by id. */
async function rowsBefore(
  database: Database,
  collection: string,
  pictures: PictureRecord[],
): Promise<Map<string, Row>> {
  const rows = await eachSlice(pictures.map(({ id }) => id), (slice) =>
    database.query(
      `SELECT id, sha256, url, priority, created, metadata FROM pictures
       WHERE collection = $1 AND id IN (${parameters(slice, 2)})`,
      collection,
      ...slice,
    ));
  return new Map(rows.map((row) => [String(row["id"]), row]));
}

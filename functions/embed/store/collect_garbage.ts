import type { Database } from "./database.ts";
import { deleteBatch } from "./delete_batch.ts";

/** Rows that are deleted in one transaction: whoever else would write waits no longer than for these. */
const AT_ONCE = 250;

/** The bundles that the store has embeddings of, and of how many pictures. */
export async function listBundles(database: Database): Promise<{ bundle: string; pictures: number }[]> {
  const rows = await database.query(
    "SELECT bundle, count(*) AS pictures FROM embeddings GROUP BY bundle ORDER BY bundle",
  );
  return rows.map((row) => ({ bundle: String(row["bundle"]), pictures: Number(row["pictures"]) }));
}

/**
 * Drops a bundle's embeddings and groups; the collections keep their pictures.
 *
 * @param onDeleted is told of embeddings that are gone
 */
export async function dropBundle(
  database: Database,
  bundle: string,
  onDeleted: (count: number) => void,
): Promise<void> {
  const scopes = await database.query("SELECT id, collection FROM scopes WHERE bundle = $1", bundle);
  for (const { id, collection } of scopes) {
    await database.transaction(async (transaction) => {
      await transaction.lock(String(collection));
      const own = "SELECT id FROM contents WHERE scope = $1";
      await transaction.query(`DELETE FROM copies WHERE member IN (${own})`, id!);
      await transaction.query("DELETE FROM contents WHERE scope = $1", id!);
      await transaction.query("DELETE FROM scopes WHERE id = $1", id!);
    });
  }
  await database.release(bundle);
  for (;;) {
    const gone = await database.query(
      `DELETE FROM embeddings WHERE (sha256, bundle) IN (
         SELECT sha256, bundle FROM embeddings WHERE bundle = $1 LIMIT ${AT_ONCE}
       ) RETURNING sha256`,
      bundle,
    );
    if (gone.length === 0) return;
    onDeleted(gone.length);
  }
}

/** What was not put, nor asked for, since a time. */
export interface Unseen {
  /** Milliseconds since 1970. */
  before: number;
  /** This collection's pictures only, and no embeddings; all if undefined. */
  collection?: string;
}

/**
 * Takes out pictures that were last put before a time, and embeddings of no collection that were last asked for before
 * it.
 *
 * @param onDeleted is told of pictures that are gone
 */
export async function dropUnseen(
  database: Database,
  { before, collection }: Unseen,
  onDeleted: (count: number) => void,
): Promise<{ pictures: number; embeddings: number }> {
  const names = collection === undefined
    ? (await database.query("SELECT name FROM collections ORDER BY name")).map((row) => String(row["name"]))
    : [collection];
  let pictures = 0;
  for (const name of names) {
    for (;;) {
      const gone = await database.transaction(async (transaction) => {
        await transaction.lock(name);
        const rows = await transaction.query(
          `SELECT id FROM pictures WHERE collection = $1 AND seen < $2 ORDER BY id LIMIT ${AT_ONCE}`,
          name,
          before,
        );
        const ids = rows.map((row) => String(row["id"]));
        return (await deleteBatch(transaction, name, ids)).deleted;
      });
      if (gone === 0) break;
      pictures += gone;
      onDeleted(gone);
    }
  }
  if (collection !== undefined) return { pictures, embeddings: 0 };
  const embeddings = await database.query(
    "DELETE FROM embeddings WHERE seen < $1 AND sha256 NOT IN (SELECT sha256 FROM pictures) RETURNING bundle",
    before,
  );
  return { pictures, embeddings: embeddings.length };
}

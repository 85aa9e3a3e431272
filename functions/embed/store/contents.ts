import { vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Scope } from "./database.ts";
import { type Changed, placeContents, removeContent } from "./grouping.ts";
import { PICTURE_COLUMNS, readPicture } from "./picture_row.ts";
import { rank } from "./rank.ts";
import { eachSlice, parameters } from "./slices.ts";
import type { CanonicalRule, StoredPicture } from "./store.ts";

/**
 * Makes a scope's contents and groups agree with the pictures of these bytes, which were added, changed or taken out.
 *
 * @param sha256s each once
 * @returns the groups that this changed
 */
export async function updateContents(
  database: Database,
  scope: Scope,
  rule: CanonicalRule,
  sha256s: string[],
): Promise<Changed> {
  // What is said of a picture may be other than it was, and its group the same.
  const changed: Changed = new Set(await groupsOf(database, scope, sha256s));
  const pictures = Map.groupBy(await picturesOf(database, scope, sha256s), ({ sha256 }) => sha256);
  const contents = await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT id, sha256, rank FROM contents WHERE scope = $1 AND sha256 IN (${parameters(slice, 2)})`,
      scope.id,
      ...slice,
    ));
  const ranks = new Map([...pictures].map(([sha256, same]) => [sha256, rankOf(rule, same)]));
  for (const { id, sha256, rank } of contents) {
    if (ranks.get(String(sha256)) === rank) ranks.delete(String(sha256));
    else await removeContent(database, scope, Number(id), changed);
  }
  const vectors = await vectorsOf(database, scope.bundle, [...ranks.keys()]);
  const ids = await database.addContents(
    scope,
    [...ranks].map(([sha256, rank]) => ({ sha256, rank, vector: vectors.get(sha256)! })),
  );
  await placeContents(database, scope, ids, changed);
  return changed;
}

/** The groups of those of the contents that are in the scope. */
async function groupsOf(database: Database, scope: Scope, sha256s: string[]): Promise<string[]> {
  const rows = await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT DISTINCT coalesce(d.sha256, c.sha256) AS sha256 FROM contents c
       LEFT JOIN contents d ON d.id = c.canonical WHERE c.scope = $1 AND c.sha256 IN (${
        parameters(slice, 2)
      })`,
      scope.id,
      ...slice,
    ));
  return rows.map(({ sha256 }) => String(sha256));
}

function rankOf(rule: CanonicalRule, same: StoredPicture[]): string {
  return rank(rule, {
    ...same[0]!,
    priority: Math.max(...same.map(({ priority }) => priority)),
    created: Math.min(...same.map(({ created }) => created)),
  });
}

/** The pictures of a scope's collection that have these bytes, as far as the scope's bundle has embedded them. */
async function picturesOf(database: Database, scope: Scope, sha256s: string[]): Promise<StoredPicture[]> {
  const rows = await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT ${PICTURE_COLUMNS} FROM pictures p JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
       WHERE p.collection = $2 AND p.sha256 IN (${parameters(slice, 3)})`,
      scope.bundle,
      scope.collection,
      ...slice,
    ));
  return rows.map(readPicture);
}

async function vectorsOf(
  database: Database,
  bundle: string,
  sha256s: string[],
): Promise<Map<string, Float32Array>> {
  const rows = await eachSlice(sha256s, (slice) =>
    database.query(
      `SELECT sha256, vector FROM embeddings WHERE bundle = $1 AND sha256 IN (${parameters(slice, 2)})`,
      bundle,
      ...slice,
    ));
  return new Map(rows.map((row) => [String(row["sha256"]), vectorFromBytes(row["vector"] as Uint8Array)]));
}

import { updateContents } from "./contents.ts";
import type { Database } from "./database.ts";
import { requireSettings, scopesWith } from "./scopes.ts";
import { eachSlice, parameters } from "./slices.ts";

/**
 * Takes pictures out of a collection, within a transaction that has its lock; their embeddings stay.
 *
 * @returns how many were there, and the groups that this changed
 */
export async function deleteBatch(
  database: Database,
  collection: string,
  ids: string[],
): Promise<{ deleted: number; changed: string[] }> {
  const rows = await eachSlice(ids, (slice) =>
    database.query(
      `DELETE FROM pictures WHERE collection = $1 AND id IN (${parameters(slice, 2)}) RETURNING sha256`,
      collection,
      ...slice,
    ));
  if (rows.length === 0) return { deleted: 0, changed: [] };
  const { canonical: rule } = await requireSettings(database, collection);
  const gone = new Set(rows.map((row) => String(row["sha256"])));
  const changed = new Set<string>();
  for (const { scope, sha256s } of (await scopesWith(database, collection, [...gone])).values()) {
    for (const group of await updateContents(database, scope, rule, [...sha256s])) changed.add(group);
  }
  return { deleted: rows.length, changed: [...changed] };
}

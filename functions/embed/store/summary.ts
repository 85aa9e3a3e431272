import type { Database } from "./database.ts";
import type { CollectionSettings, CollectionSummary } from "./store.ts";

/** Counts what a collection has under a bundle, and what its canonical pictures save. */
export async function summarize(
  database: Database,
  bundle: string,
  name: string,
  settings: CollectionSettings,
): Promise<CollectionSummary> {
  // Of each content's pictures one is kept, unless the whole content can be served by another.
  const [row] = await database.query(
    `SELECT coalesce(sum(pictures), 0) AS pictures, count(*) AS contents,
       coalesce(sum(CASE WHEN canonical IS NULL AND (pictures > 1 OR members > 0) THEN 1 ELSE 0 END), 0) AS groups,
       coalesce(sum(pictures * bytes), 0) AS bytes,
       coalesce(sum((pictures - CASE WHEN replaceable = 1 THEN 0 ELSE 1 END) * bytes), 0) AS saved
     FROM (
       SELECT c.canonical, e.bytes, k.replaceable,
         (SELECT count(*) FROM pictures p WHERE p.collection = $1 AND p.sha256 = c.sha256) AS pictures,
         (SELECT count(*) FROM contents m WHERE m.canonical = c.id) AS members
       FROM scopes s JOIN contents c ON c.scope = s.id
       JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = s.bundle
       LEFT JOIN copies k ON k.member = c.id AND k.canonical = c.canonical
       WHERE s.collection = $2 AND s.bundle = $3
     ) AS counted`,
    name,
    name,
    bundle,
  );
  return {
    name,
    ...settings,
    pictures: Number(row!["pictures"]),
    contents: Number(row!["contents"]),
    groups: Number(row!["groups"]),
    bytes: Number(row!["bytes"]),
    bytesSaved: Number(row!["saved"]),
  };
}

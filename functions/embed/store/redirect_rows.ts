import type { Database, Scope } from "./database.ts";
import { PICTURE_ORDER } from "./picture_row.ts";
import type { Redirect } from "./store.ts";

/**
 * The next pictures, by their ids after that of the cursor, in place of which the canonical one can be served from
 * another URL.
 *
 * @returns `next` is null after the last
 */
export async function readRedirects(
  database: Database,
  scope: Scope,
  { after, limit }: { after: string; limit: number },
): Promise<{ redirects: Redirect[]; next: string | null }> {
  const rows = await database.query(
    `SELECT p.id, p.url, (
       SELECT q.url FROM pictures q WHERE q.collection = $1 AND q.sha256 = coalesce(d.sha256, c.sha256)
       ORDER BY ${PICTURE_ORDER.replaceAll("p.", "q.")} LIMIT 1
     ) AS canonical
     FROM pictures p JOIN contents c ON c.scope = $2 AND c.sha256 = p.sha256
     LEFT JOIN contents d ON d.id = c.canonical
     LEFT JOIN copies k ON k.member = c.id AND k.canonical = c.canonical
     WHERE p.collection = $3 AND p.id > $4 AND p.url IS NOT NULL AND (c.canonical IS NULL OR k.replaceable = 1)
     ORDER BY p.id LIMIT $5`,
    scope.collection,
    scope.id,
    scope.collection,
    after,
    limit,
  );
  const redirects = rows.flatMap(({ id, url, canonical }) =>
    canonical === null || canonical === url
      ? []
      : [{ id: String(id), url: String(url), canonicalUrl: String(canonical) }]
  );
  return { redirects, next: rows.length < limit ? null : String(rows.at(-1)!["id"]) };
}

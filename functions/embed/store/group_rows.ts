import type { Database, Scope } from "./database.ts";
import { PICTURE_COLUMNS, PICTURE_ORDER, readPicture } from "./picture_row.ts";
import type { Group } from "./store.ts";

/** Groups of two pictures and more, by the rank of their canonical content, after that of the cursor. */
export async function readGroups(
  database: Database,
  scope: Scope,
  { after, limit }: { after: string; limit: number },
): Promise<{ groups: Group[]; next: string | null }> {
  const rows = await database.query(
    `SELECT c.id, c.rank FROM contents c WHERE c.scope = $1 AND c.canonical IS NULL AND c.rank > $2 AND (
       EXISTS (SELECT 1 FROM contents m WHERE m.canonical = c.id)
       OR (SELECT count(*) FROM pictures p WHERE p.collection = $3 AND p.sha256 = c.sha256) > 1
     ) ORDER BY c.rank LIMIT $4`,
    scope.id,
    after,
    scope.collection,
    limit,
  );
  const groups: Group[] = [];
  for (const row of rows) {
    const group = await readGroup(database, scope, Number(row["id"]));
    if (group) groups.push(group);
  }
  return { groups, next: rows.length < limit ? null : String(rows.at(-1)!["rank"]) };
}

/** The group of a canonical content; undefined if it was taken out, or became a copy of another, a moment ago. */
async function readGroup(database: Database, scope: Scope, content: number): Promise<Group | undefined> {
  const rows = await database.query(
    `SELECT ${PICTURE_COLUMNS}, c.canonical, k.score, k.replaceable FROM contents c
     JOIN pictures p ON p.collection = $1 AND p.sha256 = c.sha256
     JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $2
     LEFT JOIN copies k ON k.member = c.id AND k.canonical = c.canonical
     WHERE c.id = $3 OR c.canonical = $4
     ORDER BY CASE WHEN c.canonical IS NULL THEN 0 ELSE 1 END, k.score DESC, c.rank, ${PICTURE_ORDER}`,
    scope.collection,
    scope.bundle,
    content,
    content,
  );
  const [canonical, ...others] = rows;
  if (!canonical || canonical["canonical"] !== null) return undefined;
  return {
    canonical: readPicture(canonical),
    members: others.map((row) => ({
      ...readPicture(row),
      score: row["canonical"] === null ? 1 : Number(row["score"]),
      replaceable: row["canonical"] === null || row["replaceable"] === 1,
    })),
  };
}

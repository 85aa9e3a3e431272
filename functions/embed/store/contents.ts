import { vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Scope } from "./database.ts";
import { placeContent, removeContent } from "./grouping.ts";
import { picturesOf } from "./picture_row.ts";
import { rank } from "./rank.ts";
import type { CanonicalRule } from "./store.ts";

/**
 * Makes a scope's contents and groups agree with the pictures of these bytes, which were added, changed or taken out.
 */
export async function updateContent(
  database: Database,
  scope: Scope,
  rule: CanonicalRule,
  sha256: string,
): Promise<void> {
  const pictures = await picturesOf(database, scope.bundle, scope.collection, sha256);
  const [content] = await database.query(
    "SELECT id, rank FROM contents WHERE scope = $1 AND sha256 = $2",
    scope.id,
    sha256,
  );
  const [first] = pictures;
  const newRank = first && rank(rule, {
    ...first,
    priority: Math.max(...pictures.map(({ priority }) => priority)),
    created: Math.min(...pictures.map(({ created }) => created)),
  });
  if (content?.["rank"] === newRank) return;
  if (content) await removeContent(database, scope, Number(content["id"]));
  if (newRank === undefined) return;
  const vector = await vectorOf(database, scope.bundle, sha256);
  await placeContent(database, scope, await database.addContent(scope, { sha256, rank: newRank, vector }));
}

async function vectorOf(database: Database, bundle: string, sha256: string): Promise<Float32Array> {
  const [row] = await database.query(
    "SELECT vector FROM embeddings WHERE sha256 = $1 AND bundle = $2",
    sha256,
    bundle,
  );
  return vectorFromBytes(row!["vector"] as Uint8Array);
}

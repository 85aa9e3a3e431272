import { vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Scope } from "./database.ts";
import { isReplaceable } from "./replaceable.ts";
import { eachSlice, parameters } from "./slices.ts";

/*
 * Which contents of a scope are canonical: those that are no copy of a canonical one of lower rank. Going through all of
 * them by rank, each is canonical unless it is a copy of one that is; so there is one answer, whatever the order
 * in which they came, and every member is a copy of its canonical picture itself (a greedy maximal independent set).
 *
 * The table `copies` has a row for every member and each canonical content of lower rank that it is a copy of, and
 * `contents.canonical` is the best of these. That is enough to keep the answer up to date, and only a content that
 * becomes canonical has to be searched for: ten thousand copies of one picture are ten thousand rows.
 */

interface Content {
  id: number;
  rank: string;
  isCanonical: boolean;
  width: number;
  height: number;
  thumbnail: Uint8Array;
}

/** Finds the place of a content that was added to its scope, and of all that this changes. */
export async function placeContent(database: Database, scope: Scope, id: number): Promise<void> {
  await settle(database, scope, [id]);
}

/** Takes a content out of its scope; if it was canonical, its copies elect the next. */
export async function removeContent(database: Database, scope: Scope, id: number): Promise<void> {
  await database.query("DELETE FROM copies WHERE member = $1", id);
  const members = await dissolve(database, id);
  await database.query("DELETE FROM contents WHERE id = $1", id);
  await settle(database, scope, await choose(database, members));
}

/** Decides for contents that are no member of any group whether they are canonical, in the order of their rank. */
async function settle(database: Database, scope: Scope, ids: number[]): Promise<void> {
  const waiting = new Map((await contents(database, scope, ids)).map((content) => [content.id, content]));
  while (waiting.size > 0) {
    const next = [...waiting.values()].reduce((first, each) => each.rank < first.rank ? each : first);
    waiting.delete(next.id);
    const { scores, neighbours } = await copiesOf(database, scope, next);
    const isCanonical = ({ id, isCanonical }: Content) => isCanonical && !waiting.has(id);
    const above = neighbours.filter((each) => each.rank < next.rank && isCanonical(each));
    if (above.length > 0) {
      for (const each of above) await addCopy(database, next, each, scores.get(each.id)!);
      await choose(database, [next.id]);
      continue;
    }
    const below = neighbours.filter((each) => each.rank > next.rank);
    for (const each of below) {
      await addCopy(database, each, next, scores.get(each.id)!);
      waiting.delete(each.id);
    }
    const affected = new Set(below.map(({ id }) => id));
    for (const { id } of below.filter(isCanonical)) {
      for (const member of await dissolve(database, id)) affected.add(member);
    }
    const orphans = await choose(database, [...affected]);
    for (const orphan of await contents(database, scope, orphans)) waiting.set(orphan.id, orphan);
  }
}

/** The contents that a content is a copy of and that are copies of it, and how alike they are. */
async function copiesOf(
  database: Database,
  scope: Scope,
  { id }: Content,
): Promise<{ scores: Map<number, number>; neighbours: Content[] }> {
  const [row] = await database.query(
    "SELECT e.vector FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1 WHERE c.id = $2",
    scope.bundle,
    id,
  );
  const vector = vectorFromBytes(row!["vector"] as Uint8Array);
  const found = await nearestAll(database, scope, vector);
  const scores = new Map(found.map(({ content, score }) => [content, score]));
  scores.delete(id);
  return { scores, neighbours: await contents(database, scope, [...scores.keys()]) };
}

/** All contents that are copies by the scope's threshold, however many. */
async function nearestAll(database: Database, scope: Scope, vector: Float32Array) {
  for (let k = 64;; k *= 4) {
    const found = await database.nearest(scope, vector, { k, threshold: scope.threshold });
    if (found.length < k) return found;
  }
}

async function contents(database: Database, scope: Scope, ids: number[]): Promise<Content[]> {
  const rows = await eachSlice(ids, (slice) =>
    database.query(
      `SELECT c.id, c.rank, c.canonical, e.width, e.height, e.thumbnail
       FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
       WHERE c.id IN (${parameters(slice, 2)})`,
      scope.bundle,
      ...slice,
    ));
  return rows.map((row) => ({
    id: Number(row["id"]),
    rank: String(row["rank"]),
    isCanonical: row["canonical"] === null,
    width: Number(row["width"]),
    height: Number(row["height"]),
    thumbnail: row["thumbnail"] as Uint8Array,
  }));
}

async function addCopy(
  database: Database,
  member: Content,
  canonical: Content,
  score: number,
): Promise<void> {
  await database.query(
    "INSERT INTO copies (member, canonical, score, replaceable) VALUES ($1, $2, $3, $4)",
    member.id,
    canonical.id,
    score,
    isReplaceable(member, canonical) ? 1 : 0,
  );
}

/** Forgets that a content is canonical; the contents that were copies of it. */
async function dissolve(database: Database, canonical: number): Promise<number[]> {
  const rows = await database.query("DELETE FROM copies WHERE canonical = $1 RETURNING member", canonical);
  return rows.map((row) => Number(row["member"]));
}

/**
 * Gives each content the best of the canonical ones that it is a copy of: one that can be served in its place before one
 * that cannot, then the most alike. Returns those that are a copy of none.
 */
async function choose(database: Database, ids: number[]): Promise<number[]> {
  const rows = await eachSlice(ids, (slice) =>
    database.query(
      `UPDATE contents SET canonical = (
         SELECT k.canonical FROM copies k JOIN contents c ON c.id = k.canonical WHERE k.member = contents.id
         ORDER BY k.replaceable DESC, k.score DESC, c.rank LIMIT 1
       ) WHERE id IN (${parameters(slice, 1)}) RETURNING id, canonical`,
      ...slice,
    ));
  return rows.filter((row) => row["canonical"] === null).map((row) => Number(row["id"]));
}

import { vectorFromBytes } from "../../../shared/vector.ts";
import type { Database, Neighbour, Scope } from "./database.ts";
import { type Comparable, isReplaceable } from "./replaceable.ts";
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

/**
 * SHA-256 of canonical contents, old and new, that have got members, lost some, or are canonical no more.
 */
export type Changed = Set<string>;

/** Finds the places of contents that were added to their scope, and of all that this changes. */
export async function placeContents(
  database: Database,
  scope: Scope,
  ids: number[],
  changed: Changed,
): Promise<void> {
  await new Grouping(database, scope, changed).place(ids);
}

/** Takes a content out of its scope; if it was canonical, its copies elect the next. */
export async function removeContent(
  database: Database,
  scope: Scope,
  id: number,
  changed: Changed,
): Promise<void> {
  const [row] = await database.query(
    "SELECT coalesce(d.sha256, c.sha256) AS sha256 FROM contents c LEFT JOIN contents d ON d.id = c.canonical WHERE c.id = $1",
    id,
  );
  changed.add(String(row!["sha256"]));
  await database.query("DELETE FROM copies WHERE member = $1", id);
  const members = await dissolve(database, [id]);
  await database.query("DELETE FROM contents WHERE id = $1", id);
  await placeContents(database, scope, await choose(database, members, changed), changed);
}

interface Content {
  id: number;
  sha256: string;
  rank: string;
  isCanonical: boolean;
}

/** A row of `copies` that is not written yet. */
interface Copy {
  member: Content;
  canonical: Content;
  score: number;
}

/** Places contents that are no member of any group, in the order of their rank; what it has read it reads once. */
class Grouping {
  readonly #database: Database;
  readonly #scope: Scope;
  readonly #changed: Changed;
  readonly #contents = new Map<number, Content>();
  readonly #comparable = new Map<number, Comparable>();
  readonly #neighbours = new Map<number, Neighbour[]>();
  /** Those without a place yet: as if they were not there. */
  readonly #waiting = new Map<number, Content>();
  #copies: Copy[] = [];

  constructor(database: Database, scope: Scope, changed: Changed) {
    this.#database = database;
    this.#scope = scope;
    this.#changed = changed;
  }

  async place(ids: number[]): Promise<void> {
    await this.#wait(ids);
    while (this.#waiting.size > 0) {
      const next = [...this.#waiting.values()].reduce((first, each) => each.rank < first.rank ? each : first);
      this.#waiting.delete(next.id);
      const alike = this.#alike(next);
      const above = alike.filter(({ other }) => other.rank < next.rank && other.isCanonical);
      next.isCanonical = above.length === 0;
      this.#copies.push(...above.map(({ other, score }) => ({ member: next, canonical: other, score })));
      if (next.isCanonical) {
        await this.#makeCanonical(
          next,
          alike.filter(({ other }) => other.rank > next.rank),
        );
      }
    }
    await this.#write();
  }

  /** Copies of a canonical content become its members, also those that were canonical. */
  async #makeCanonical(canonical: Content, below: { other: Content; score: number }[]): Promise<void> {
    if (below.length === 0) return;
    this.#copies.push(...below.map(({ other, score }) => ({ member: other, canonical, score })));
    const were = below.filter(({ other }) => other.isCanonical).map(({ other }) => other);
    for (const each of were) {
      each.isCanonical = false;
      this.#changed.add(each.sha256);
    }
    if (were.length === 0) return;
    await this.#write();
    const members = await dissolve(this.#database, were.map(({ id }) => id));
    await this.#wait(await choose(this.#database, members, this.#changed));
  }

  /** Makes ready to place contents: reads them, what they are alike, and that. */
  async #wait(ids: number[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#read(ids);
    for (const id of ids) this.#waiting.set(id, this.#contents.get(id)!);
    const rows = await eachSlice(ids, (slice) =>
      this.#database.query(
        `SELECT c.id, e.vector FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
         WHERE c.id IN (${parameters(slice, 2)})`,
        this.#scope.bundle,
        ...slice,
      ));
    const found = await this.#database.within(
      this.#scope,
      rows.map((row) => vectorFromBytes(row["vector"] as Uint8Array)),
      this.#scope.threshold,
    );
    rows.forEach((row, i) => this.#neighbours.set(Number(row["id"]), found[i]!));
    await this.#read(found.flat().map(({ content }) => content));
  }

  /** The contents with a place that this one is a copy of, and that are copies of it. */
  #alike({ id }: Content): { other: Content; score: number }[] {
    return this.#neighbours.get(id)!.flatMap(({ content, score }) => {
      const other = this.#contents.get(content);
      return other && content !== id && !this.#waiting.has(content) ? [{ other, score }] : [];
    });
  }

  async #read(ids: number[]): Promise<void> {
    const rows = await eachSlice(
      [...new Set(ids.filter((id) => !this.#contents.has(id)))],
      (slice) =>
        this.#database.query(
          `SELECT id, sha256, rank, canonical FROM contents WHERE id IN (${parameters(slice, 1)})`,
          ...slice,
        ),
    );
    for (const row of rows) {
      const id = Number(row["id"]);
      this.#contents.set(id, {
        id,
        sha256: String(row["sha256"]),
        rank: String(row["rank"]),
        isCanonical: row["canonical"] === null,
      });
    }
  }

  /** Writes the rows so far, and chooses for their members. */
  async #write(): Promise<void> {
    const copies = this.#copies;
    this.#copies = [];
    await this.#readComparable(copies.flatMap(({ member, canonical }) => [member.id, canonical.id]));
    const comparable = ({ id }: Content) => this.#comparable.get(id)!;
    await this.#database.insert(
      "copies",
      copies.map(({ member, canonical, score }) => ({
        ...{ member: member.id, canonical: canonical.id, score },
        replaceable: isReplaceable(comparable(member), comparable(canonical)) ? 1 : 0,
      })),
    );
    await choose(this.#database, [...new Set(copies.map(({ member }) => member.id))], this.#changed);
  }

  async #readComparable(ids: number[]): Promise<void> {
    const rows = await eachSlice(
      [...new Set(ids.filter((id) => !this.#comparable.has(id)))],
      (slice) =>
        this.#database.query(
          `SELECT c.id, e.width, e.height, e.thumbnail
           FROM contents c JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $1
           WHERE c.id IN (${parameters(slice, 2)})`,
          this.#scope.bundle,
          ...slice,
        ),
    );
    for (const row of rows) {
      this.#comparable.set(Number(row["id"]), {
        width: Number(row["width"]),
        height: Number(row["height"]),
        thumbnail: row["thumbnail"] as Uint8Array,
      });
    }
  }
}

/** Forgets that contents are canonical; the contents that were copies of them. */
async function dissolve(database: Database, canonical: number[]): Promise<number[]> {
  const rows = await eachSlice(canonical, (slice) =>
    database.query(
      `DELETE FROM copies WHERE canonical IN (${parameters(slice, 1)}) RETURNING member`,
      ...slice,
    ));
  return [...new Set(rows.map((row) => Number(row["member"])))];
}

/**
 * Gives each content the best of the canonical ones that it is a copy of: one that can be served in its place before one
 * that cannot, then the most alike. Returns those that are a copy of none.
 */
async function choose(database: Database, ids: number[], changed: Changed): Promise<number[]> {
  const best = `(
    SELECT k.canonical FROM copies k JOIN contents c ON c.id = k.canonical WHERE k.member = contents.id
    ORDER BY k.replaceable DESC, k.score DESC, c.rank LIMIT 1
  )`;
  const rows = await eachSlice(ids, async (slice) => {
    const those = `id IN (${parameters(slice, 1)})`;
    const tellGroups = async () => {
      const groups = await database.query(
        `SELECT DISTINCT d.sha256 FROM contents c JOIN contents d ON d.id = c.canonical WHERE c.${those}`,
        ...slice,
      );
      for (const { sha256 } of groups) changed.add(String(sha256));
    };
    await tellGroups();
    // What stays is not written: PostgreSQL would put the vector of every row that is written into its index again.
    const changes =
      `UPDATE contents SET canonical = ${best} WHERE ${those} AND canonical IS DISTINCT FROM ${best}`;
    await database.query(changes, ...slice);
    await tellGroups();
    return await database.query(`SELECT id FROM contents WHERE ${those} AND canonical IS NULL`, ...slice);
  });
  return rows.map((row) => Number(row["id"]));
}

import { vectorFromBytes, vectorToBytes } from "../../../shared/vector.ts";
import { readGroups } from "./group_rows.ts";
import type { Database } from "./database.ts";
import { deleteBatch } from "./delete_batch.ts";
import {
  PICTURE_COLUMNS,
  PICTURE_ORDER,
  pictureOf,
  picturesOf,
  readPicture,
  readPictures,
} from "./picture_row.ts";
import { batches, putBatch } from "./put_batch.ts";
import { PutQueue } from "./put_queue.ts";
import { areSameSettings, readScope, readSettings, writeSettings } from "./scopes.ts";
import { type Comparable, isReplaceable } from "./replaceable.ts";
import { readRedirects } from "./redirect_rows.ts";
import { eachSlice, parameters } from "./slices.ts";
import { summarize } from "./summary.ts";
import type {
  BundleTraits,
  CollectionSettings,
  CollectionSummary,
  Embedded,
  Embedding,
  Group,
  Match,
  PictureRecord,
  Placement,
  PutResult,
  Redirect,
  Sought,
  Store,
  StoredPicture,
  Traces,
} from "./store.ts";

/** An embedding that is asked for is written only when that was last noted a day ago. */
const SEEN_ANEW = 24 * 60 * 60 * 1000;

/** A store on either database. */
export class SqlStore implements Store {
  readonly #database: Database;
  readonly #puts = new PutQueue((...batch) => this.putPictures(...batch));

  constructor(database: Database) {
    this.#database = database;
  }

  async get(bundle: string, sha256: string): Promise<Embedding | undefined> {
    const [row] = await this.#database.query(
      "SELECT vector, width, height, format, seen FROM embeddings WHERE sha256 = $1 AND bundle = $2",
      sha256,
      bundle,
    );
    const now = Date.now();
    if (row && now - Number(row["seen"]) > SEEN_ANEW) {
      const sql = "UPDATE embeddings SET seen = $1 WHERE sha256 = $2 AND bundle = $3";
      await this.#database.query(sql, now, sha256, bundle);
    }
    return row && {
      sha256,
      width: Number(row["width"]),
      height: Number(row["height"]),
      format: String(row["format"]),
      vector: vectorFromBytes(row["vector"] as Uint8Array),
    };
  }

  async put(bundle: string, embedding: Embedding, traces: Traces): Promise<void> {
    await this.putMany(bundle, [{ embedding, traces }]);
  }

  async putMany(bundle: string, embedded: Embedded[]): Promise<void> {
    const rows = embedded.map(({ embedding: { vector, sha256, width, height, format }, traces }) => ({
      ...{ bundle, sha256, vector: vectorToBytes(vector), width, height, format },
      ...{ bytes: traces.bytes, thumbnail: traces.thumbnail, seen: Date.now() },
    }));
    await this.#database.transaction((database) =>
      database.insert("embeddings", rows, "ON CONFLICT DO NOTHING")
    );
  }

  async collection(bundle: string, name: string): Promise<CollectionSummary | undefined> {
    const settings = await readSettings(this.#database, name);
    return settings && await summarize(this.#database, bundle, name, settings);
  }

  async makeCollection(name: string, settings: CollectionSettings): Promise<boolean> {
    return await this.#database.transaction(async (database) => {
      await database.lock(name);
      const now = await readSettings(database, name);
      if (now && areSameSettings(now, settings)) return true;
      const [picture] = await database.query("SELECT id FROM pictures WHERE collection = $1 LIMIT 1", name);
      if (picture) return false;
      await database.query("DELETE FROM scopes WHERE collection = $1", name);
      await writeSettings(database, name, settings);
      return true;
    });
  }

  async putPicture(
    bundle: BundleTraits,
    collection: string,
    picture: PictureRecord,
  ): Promise<PutResult | undefined> {
    return await this.#puts.put(bundle, collection, picture);
  }

  async putPictures(
    bundle: BundleTraits,
    collection: string,
    pictures: PictureRecord[],
  ): Promise<(PutResult | undefined)[]> {
    await this.#database.prepare(bundle);
    const results: (PutResult | undefined)[] = [];
    for (const batch of batches(pictures)) {
      results.push(
        ...await this.#database.transaction(async (database) => {
          await database.lock(collection);
          return await putBatch(database, bundle, collection, batch);
        }),
      );
    }
    return results;
  }

  async deletePicture(collection: string, id: string): Promise<string[] | undefined> {
    return await this.#database.transaction(async (database) => {
      await database.lock(collection);
      const { deleted, changed } = await deleteBatch(database, collection, [id]);
      return deleted > 0 ? changed : undefined;
    });
  }

  async picture(bundle: string, collection: string, id: string): Promise<StoredPicture | undefined> {
    return await pictureOf(this.#database, bundle, collection, id);
  }

  async pictures(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ pictures: StoredPicture[]; next: string | null }> {
    return await readPictures(this.#database, { bundle, collection }, page);
  }

  async traces(bundle: string, sha256: string): Promise<Traces | undefined> {
    const [row] = await this.#database.query(
      "SELECT bytes, thumbnail FROM embeddings WHERE sha256 = $1 AND bundle = $2",
      sha256,
      bundle,
    );
    return row && { bytes: Number(row["bytes"]), thumbnail: row["thumbnail"] as Uint8Array };
  }

  async search(
    bundle: string,
    collection: string,
    { sought, k, threshold }: { sought: Sought; k: number; threshold?: number },
  ): Promise<Match[] | undefined> {
    const picture = "sha256" in sought ? await this.#comparable(bundle, sought.sha256) : undefined;
    const vector = "vector" in sought ? sought.vector : picture?.vector;
    if (!vector) return undefined;
    const scope = await readScope(this.#database, bundle, collection);
    if (!scope) return [];
    const least = threshold ?? scope.threshold;
    const neighbours = await this.#database.nearest(scope, vector, { k, threshold: least });
    const rows = await eachSlice(neighbours.map(({ content }) => content), (slice) =>
      this.#database.query(
        `SELECT * FROM (
           SELECT c.id AS content, ${PICTURE_COLUMNS}, e.thumbnail,
             row_number() OVER (PARTITION BY c.id ORDER BY ${PICTURE_ORDER}) AS place
           FROM contents c JOIN pictures p ON p.collection = $1 AND p.sha256 = c.sha256
           JOIN embeddings e ON e.sha256 = c.sha256 AND e.bundle = $2
           WHERE c.id IN (${parameters(slice, 4)})
         ) AS found WHERE place <= $3 ORDER BY place`,
        collection,
        bundle,
        k,
        ...slice,
      ));
    const byContent = Map.groupBy(rows, (row) => Number(row["content"]));
    const matches = neighbours.flatMap(({ content, score }) =>
      (byContent.get(content) ?? []).map((row) => {
        const found = readPicture(row);
        const thumbnail = row["thumbnail"] as Uint8Array;
        const replaceable = picture ? isReplaceable(picture, { ...found, thumbnail }) : null;
        return { ...found, score, copy: score >= scope.threshold, replaceable };
      })
    );
    return matches.slice(0, k);
  }

  async #comparable(bundle: string, sha256: string): Promise<(Comparable & Embedding) | undefined> {
    const embedding = await this.get(bundle, sha256);
    const traces = embedding && await this.traces(bundle, sha256);
    return traces && { ...embedding, ...traces };
  }

  async placement(
    bundle: string,
    collection: string,
    key: { id: string } | { sha256: string },
  ): Promise<Placement | undefined> {
    const pictures = "id" in key
      ? [await pictureOf(this.#database, bundle, collection, key.id)]
      : await picturesOf(this.#database, bundle, collection, key.sha256);
    const [picture] = pictures;
    if (!picture) return undefined;
    const [row] = await this.#database.query(
      `SELECT d.sha256, k.score, k.replaceable FROM scopes s
       JOIN contents c ON c.scope = s.id AND c.sha256 = $1
       LEFT JOIN contents d ON d.id = c.canonical
       LEFT JOIN copies k ON k.member = c.id AND k.canonical = c.canonical
       WHERE s.collection = $2 AND s.bundle = $3`,
      picture.sha256,
      collection,
      bundle,
    );
    if (!row) return undefined;
    const sha256 = row["sha256"] === null ? picture.sha256 : String(row["sha256"]);
    const [canonical] = await picturesOf(this.#database, bundle, collection, sha256);
    if (!canonical) return undefined;
    const isSame = row["sha256"] === null;
    return {
      picture,
      canonical,
      score: isSame ? 1 : Number(row["score"]),
      replaceable: isSame || row["replaceable"] === 1,
    };
  }

  async groups(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ groups: Group[]; next: string | null }> {
    const scope = await readScope(this.#database, bundle, collection);
    return scope ? await readGroups(this.#database, scope, page) : { groups: [], next: null };
  }

  async redirects(
    bundle: string,
    collection: string,
    page: { after: string; limit: number },
  ): Promise<{ redirects: Redirect[]; next: string | null }> {
    const scope = await readScope(this.#database, bundle, collection);
    return scope ? await readRedirects(this.#database, scope, page) : { redirects: [], next: null };
  }

  async collectionNames(): Promise<string[]> {
    const rows = await this.#database.query("SELECT name FROM collections ORDER BY name");
    return rows.map(({ name }) => String(name));
  }

  async collectionSettings(name: string): Promise<CollectionSettings | undefined> {
    return await readSettings(this.#database, name);
  }

  async missing(bundle: string): Promise<number> {
    const [row] = await this.#database.query(
      `SELECT count(*) AS missing FROM (
         SELECT DISTINCT p.collection, p.sha256 FROM pictures p
         LEFT JOIN scopes s ON s.collection = p.collection AND s.bundle = $1
         WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.scope = s.id AND c.sha256 = p.sha256)
       ) AS without`,
      bundle,
    );
    return Number(row!["missing"]);
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

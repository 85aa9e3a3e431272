import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { sha256Hex } from "../../../shared/digest.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import type { Inference } from "../inference/inference.ts";
import type { Database, Row } from "./database.ts";
import { readRecord } from "./picture_row.ts";
import { SqlStore } from "./sql_store.ts";
import type { BundleTraits, Embedded } from "./store.ts";

/** Pictures whose embeddings are kept, and that are put, at once: what is lost if this is ended. */
const PAGE = 50;

export interface ReembedOptions {
  /** The bundle that is to have all pictures. */
  bundle: BundleTraits;
  inference: Inference;
  fetchPicture: FetchPicture;
  /** Most pictures that are fetched in a second. */
  perSecond: number;
  /** Pictures that the bundle has now. */
  onDone: (count: number) => void;
  /** A picture that it cannot have, and why. */
  onMissed: (missed: Missed) => void;
}

export interface Missed {
  collection: string;
  id: string;
  reason: string;
}

/** A picture that is in no group under a bundle. */
const LACKING = `FROM pictures p
  LEFT JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
  LEFT JOIN scopes s ON s.collection = p.collection AND s.bundle = $1
  LEFT JOIN contents c ON c.scope = s.id AND c.sha256 = p.sha256
  WHERE c.id IS NULL`;

/** How many pictures of all collections a bundle does not have yet. */
export async function countLacking(database: Database, bundle: string): Promise<number> {
  const [row] = await database.query(`SELECT count(*) AS count ${LACKING}`, bundle);
  return Number(row!["count"]);
}

/**
 * Puts the pictures of all collections under a bundle that lacks them: those that it has embedded at once, the others
 * once they were fetched from their URLs and are the same bytes still. Thumbnails do not serve: what the encoder says of
 * 64 x 64 pixels is not what it says of the picture, and embeddings are kept by the picture's bytes. What is done stays
 * done, so this can be ended at any time and begun again.
 */
export async function reembed(database: Database, options: ReembedOptions): Promise<void> {
  const { bundle, onDone } = options;
  const store = new SqlStore(database);
  const embed = embedder(options);
  for (const { name } of await database.query("SELECT name FROM collections ORDER BY name")) {
    const collection = String(name);
    for (let after = "";;) {
      const rows = await database.query(
        `SELECT p.*, e.sha256 AS embedded ${LACKING} AND p.collection = $2 AND p.id > $3 ORDER BY p.id LIMIT ${PAGE}`,
        ...[bundle.id, collection, after],
      );
      if (rows.length === 0) break;
      after = String(rows.at(-1)!["id"]);
      const embedded = await embed(collection, rows.filter((row) => row["embedded"] === null));
      await store.putMany(bundle.id, embedded);
      const known = new Set(embedded.map(({ embedding }) => embedding.sha256));
      const ready = rows.filter((row) => row["embedded"] !== null || known.has(String(row["sha256"])));
      await store.putPictures(bundle, collection, ready.map(readRecord));
      onDone(ready.length);
    }
  }
}

/** Fetches and embeds the contents of pictures, several at a time, and not more a second than may be. */
function embedder({ inference, fetchPicture, perSecond, onMissed }: ReembedOptions) {
  let next = performance.now();
  const waitForTurn = async () => {
    const now = performance.now();
    next = Math.max(now, next + 1000 / perSecond);
    await delay(next - now);
  };
  const embedOne = async (sha256: string, url: string | null): Promise<Embedded | string> => {
    if (url === null) return "it was put without a URL";
    await waitForTurn();
    try {
      const bytes = await fetchPicture(url, "url", new AbortController().signal);
      if (await sha256Hex(bytes) !== sha256) return "its URL has other bytes now";
      const { times: _, thumbnail, ...inferred } = await inference.infer(bytes);
      return { embedding: { ...inferred, sha256 }, traces: { bytes: bytes.length, thumbnail } };
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return async (collection: string, rows: Row[]): Promise<Embedded[]> => {
    const contents = [...Map.groupBy(rows, (row) => String(row["sha256"]))];
    const found: Embedded[] = [];
    const work = async ([sha256, same]: [string, Row[]]) => {
      const { url } = readRecord(same.find((row) => row["url"] !== null) ?? same[0]!);
      const result = await embedOne(sha256, url);
      if (typeof result !== "string") found.push(result);
      else for (const { id } of same) onMissed({ collection, id: String(id), reason: result });
    };
    for await (const _ of pooledMap(inference.slots, contents, work));
    return found;
  };
}

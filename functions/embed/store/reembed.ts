import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { sha256Hex } from "../../../shared/digest.ts";
import { boundsOf, type Shard, WHOLE } from "../../../shared/shard.ts";
import type { FetchPicture } from "../fetch/fetch_picture.ts";
import type { Inference } from "../inference/inference.ts";
import { UrlUnreachableError } from "../request_errors.ts";
import type { Database, Row } from "./database.ts";
import type { PictureFiles } from "./picture_files.ts";
import { readRecord } from "./picture_row.ts";
import { SqlStore } from "./sql_store.ts";
import type { BundleTraits, Embedded } from "./store.ts";

/** Pictures whose embeddings are kept, and that are put, at once: what is lost if this is ended. */
const PAGE = 50;

export interface ReembedOptions {
  /** The bundle that is to have all pictures. */
  bundle: BundleTraits;
  inference: Inference;
  /** Where pictures are taken from before their URLs are asked; nowhere unless told. */
  files?: PictureFiles;
  fetchPicture: FetchPicture;
  /** The part of the pictures that it puts; all of them unless told otherwise. */
  shard?: Shard;
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
  /** Whether it could be had later: its host did not answer. */
  isUnreachable: boolean;
}

/** A picture that is in no group under a bundle. */
const LACKING = `FROM pictures p
  LEFT JOIN embeddings e ON e.sha256 = p.sha256 AND e.bundle = $1
  LEFT JOIN scopes s ON s.collection = p.collection AND s.bundle = $1
  LEFT JOIN contents c ON c.scope = s.id AND c.sha256 = p.sha256
  WHERE c.id IS NULL AND substr(p.sha256, 1, 2) BETWEEN $2 AND $3`;

/** How many pictures of all collections a bundle does not have yet. */
export async function countLacking(
  database: Database,
  bundle: string,
  shard: Shard = WHOLE,
): Promise<number> {
  const [row] = await database.query(`SELECT count(*) AS count ${LACKING}`, bundle, ...boundsOf(shard));
  return Number(row!["count"]);
}

/**
 * Puts the pictures of all collections under a bundle that lacks them: those that it has embedded at once, the others
 * from their files, or once they were fetched from their URLs, if they are the same bytes still. Thumbnails do not serve: what the encoder says of
 * 64 x 64 pixels is not what it says of the picture, and embeddings are kept by the picture's bytes. What is done stays
 * done, so this can be ended at any time and begun again.
 */
export async function reembed(database: Database, options: ReembedOptions): Promise<void> {
  const { bundle, shard = WHOLE, onDone } = options;
  const store = new SqlStore(database);
  const embed = embedder(options);
  for (const { name } of await database.query("SELECT name FROM collections ORDER BY name")) {
    const collection = String(name);
    for (let after = "";;) {
      const rows = await database.query(
        `SELECT p.*, e.sha256 AS embedded ${LACKING} AND p.collection = $4 AND p.id > $5 ORDER BY p.id LIMIT ${PAGE}`,
        ...[bundle.id, ...boundsOf(shard), collection, after],
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

/** Reads or fetches, and embeds, the contents of pictures, several at a time, and fetches not more a second than may be. */
function embedder({ inference, files, fetchPicture, perSecond, onMissed }: ReembedOptions) {
  let next = performance.now();
  const waitForTurn = async () => {
    const now = performance.now();
    next = Math.max(now, next + 1000 / perSecond);
    await delay(next - now);
  };
  const read = async (sha256: string, url: string | null): Promise<Uint8Array> => {
    const path = files?.get(sha256);
    if (path !== undefined) {
      const bytes = await Deno.readFile(path).catch(() => undefined);
      if (bytes && await sha256Hex(bytes) === sha256) return bytes;
    }
    if (url === null) {
      throw new Error(path === undefined ? "it was put without a URL" : "its file has changed");
    }
    await waitForTurn();
    const bytes = await fetchPicture(url, "url", new AbortController().signal);
    if (await sha256Hex(bytes) === sha256) return bytes;
    throw new Error("its URL has other bytes now");
  };
  const embedOne = async (sha256: string, url: string | null): Promise<Embedded> => {
    const bytes = await read(sha256, url);
    const { length } = bytes; // its buffer is the inference's from then on
    const { times: _, thumbnail, ...inferred } = await inference.infer(bytes);
    return { embedding: { ...inferred, sha256 }, traces: { bytes: length, thumbnail } };
  };
  return async (collection: string, rows: Row[]): Promise<Embedded[]> => {
    const contents = [...Map.groupBy(rows, (row) => String(row["sha256"]))];
    const found: Embedded[] = [];
    const work = async ([sha256, same]: [string, Row[]]) => {
      const { url } = readRecord(same.find((row) => row["url"] !== null) ?? same[0]!);
      try {
        found.push(await embedOne(sha256, url));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const isUnreachable = error instanceof UrlUnreachableError;
        for (const { id } of same) onMissed({ collection, id: String(id), reason, isUnreachable });
      }
    };
    for await (const _ of pooledMap(inference.slots, contents, work));
    return found;
  };
}

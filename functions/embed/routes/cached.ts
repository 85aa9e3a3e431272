import { encodeBase64 } from "@std/encoding/base64";
import { decodeHex } from "@std/encoding/hex";
import type { Context } from "hono";
import QuickLRU from "quick-lru";
import type { Manifest } from "../../../shared/bundle.ts";
import { sha256Hex } from "../../../shared/digest.ts";
import { bundleTag, cacheTags, pictureTag } from "../cache_tags.ts";
import { NotCachedError, UnknownBundleError, UnknownRouteError } from "../request_errors.ts";
import type { Store } from "../store/store.ts";
import { cachedPath, embeddingItem, listAnswer } from "./answer.ts";
import { parseOptions, vectorFormat } from "./options.ts";

export const CACHED_ROUTE = "/v1/embeddings/:bundle/:file";

/** A key determines its vector, so whoever has the answer may keep it: a year is the longest that HTTP suggests. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** Answers that are kept ready: some 6 kB each with 256 numbers. */
const READY_ANSWERS = 2000;

interface Answer {
  /** The one of its paths that it is kept under: there are endless others, of any length. */
  path: string;
  body: string;
  etag: string;
  headers: Record<string, string>;
}

/**
 * `GET /v1/embeddings/{bundle}/{sha256}.json`: an embedding that was computed before, from the cache alone. What was
 * asked for last is kept as it is sent.
 *
 * @param countHit is called for an answer that took no look at the store
 */
export function getCached(manifest: Manifest, store: Pick<Store, "get">, countHit: () => void) {
  const bundleId = manifest.id;
  const ready = new QuickLRU<string, Answer>({ maxSize: READY_ANSWERS });

  const lookUp = async (
    { bundle, file }: { bundle: string; file: string },
    query: Record<string, string>,
  ): Promise<Answer> => {
    const sha256 = /^([0-9a-f]{64})\.json$/.exec(file)?.[1];
    if (sha256 === undefined) {
      throw new UnknownRouteError(
        `Cannot look up an embedding: the path must end in {SHA-256 of the picture's bytes}.json: received ${file}`,
      );
    }
    if (bundle !== bundleId) {
      throw new UnknownBundleError(
        `Cannot look up an embedding: the bundle served here is ${bundleId}: received ${bundle}`,
      );
    }
    const format = vectorFormat(parseOptions(query), manifest);
    const embedding = await store.get(bundleId, sha256);
    if (embedding === undefined) {
      throw new NotCachedError(
        `Cannot look up an embedding: the picture must have been embedded before: ${sha256} was not`,
      );
    }
    const body = JSON.stringify(listAnswer([embeddingItem(embedding, 0, format)], bundleId));
    const digest = await sha256Hex(new TextEncoder().encode(body));
    const etag = `"${digest}"`;
    const headers = {
      "Cache-Control": IMMUTABLE,
      "ETag": etag,
      "Repr-Digest": `sha-256=:${encodeBase64(decodeHex(digest))}:`,
      ...cacheTags([bundleTag(bundleId), pictureTag(sha256)]),
    };
    return { path: cachedPath(bundleId, sha256, format), body, etag, headers };
  };

  return async function cached(c: Context<object, typeof CACHED_ROUTE>): Promise<Response> {
    const { url } = c.req;
    const pathAndQuery = url.slice(url.indexOf("/", "https://".length));
    let answer = ready.get(pathAndQuery);
    if (answer) {
      countHit();
    } else {
      answer = await lookUp(c.req.param(), c.req.query());
      if (answer.path === pathAndQuery) ready.set(pathAndQuery, answer);
    }
    const { body, etag, headers } = answer;
    const known = c.req.header("If-None-Match")?.split(",").some((tag) =>
      tag.trim().replace(/^W\//, "") === etag
    );
    if (known) return c.body(null, 304, headers);
    return c.body(body, 200, { ...headers, "Content-Type": "application/json" });
  };
}

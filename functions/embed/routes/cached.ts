import { encodeBase64 } from "@std/encoding/base64";
import { decodeHex } from "@std/encoding/hex";
import type { Context } from "hono";
import QuickLRU from "quick-lru";
import { sha256Hex } from "../../../shared/digest.ts";
import { shorten, vectorToBytes } from "../../../shared/vector.ts";
import type { Serving } from "../takeover/serving.ts";
import { bundleTag, cacheTags, pictureTag } from "../cache_tags.ts";
import {
  NotCachedError,
  UnknownBundleError,
  UnknownEncodingFormatError,
  UnknownRouteError,
} from "../request_errors.ts";
import type { Embedding, Store } from "../store/store.ts";
import { cachedPath, embeddingItem, listAnswer } from "./answer.ts";
import { parseOptions, type VectorFormat, vectorFormat } from "./options.ts";

export const CACHED_ROUTE = "/v1/embeddings/:bundle/:file";

/** A key determines its vector, so whoever has the answer may keep it: a year is the longest that HTTP suggests. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** After a minute an answer is looked up again: the store has to hear that it is asked for, and may have dropped it. */
const READY_MS = 60_000;

export interface CachedOptions {
  /** Most answers that are kept ready. */
  maxReady: number;
  /** Milliseconds for which one is. */
  readyMs?: number;
  /** Is called for an answer that took no look at the store. */
  countHit(): void;
}

interface Answer {
  /** The one of its paths that it is kept under: there are endless others, of any length. */
  path: string;
  bundle: string;
  body: string | Uint8Array<ArrayBuffer>;
  etag: string;
  headers: Record<string, string>;
  /** Those and what only a body has. */
  headersOfBody: Record<string, string>;
}

/**
 * `GET /v1/embeddings/{bundle}/{sha256}.json` and `.bin`: an embedding that was computed before, from the cache alone, as
 * `POST` answered it or as float32 in little endian. What was asked for last is kept as it is sent.
 */
export function getCached(
  serving: Pick<Serving, "knows" | "current">,
  store: Pick<Store, "get">,
  { maxReady, readyMs = READY_MS, countHit }: CachedOptions,
) {
  const ready = new QuickLRU<string, Answer>({ maxSize: maxReady, maxAge: readyMs });

  const lookUp = async (
    { bundle, file }: { bundle: string; file: string },
    query: Record<string, string>,
  ): Promise<Answer> => {
    const [, sha256, extension] = /^([0-9a-f]{64})\.(json|bin)$/.exec(file) ?? [];
    if (sha256 === undefined) {
      throw new UnknownRouteError(
        `Cannot look up an embedding: the path must end in {SHA-256 of the picture's bytes}.json or .bin: received ${file}`,
      );
    }
    if (!serving.knows(bundle)) {
      throw new UnknownBundleError(
        `Cannot look up an embedding: the bundle served here is ${serving.current.manifest.id}: received ${bundle}`,
      );
    }
    const options = parseOptions(query);
    if (extension === "bin" && options.encoding_format !== undefined) {
      throw new UnknownEncodingFormatError(
        `Cannot look up an embedding: a path that ends in .bin must have no encoding_format: received ${options.encoding_format}`,
        { param: "encoding_format" },
      );
    }
    const embedding = await store.get(bundle, sha256);
    if (embedding === undefined) {
      throw new NotCachedError(
        `Cannot look up an embedding: the picture must have been embedded before: ${sha256} was not`,
      );
    }
    const format = vectorFormat(options, { id: bundle, dimensions: embedding.vector.length });
    const { path, contentType, body } = extension === "bin"
      ? binaryAnswer(embedding, format, bundle)
      : jsonAnswer(embedding, format, bundle);
    const digest = await sha256Hex(typeof body === "string" ? new TextEncoder().encode(body) : body);
    const etag = `"${digest}"`;
    const headers = {
      "Cache-Control": IMMUTABLE,
      "ETag": etag,
      "Repr-Digest": `sha-256=:${encodeBase64(decodeHex(digest))}:`,
      ...cacheTags([bundleTag(bundle), pictureTag(sha256)]),
    };
    return { path, bundle, body, etag, headers, headersOfBody: { ...headers, "Content-Type": contentType } };
  };

  return async function cached(c: Context<object, typeof CACHED_ROUTE>): Promise<Response> {
    const { url } = c.req;
    const pathAndQuery = url.slice(url.indexOf("/", "https://".length));
    let answer = ready.get(pathAndQuery);
    if (answer && serving.knows(answer.bundle)) {
      countHit();
    } else {
      answer = await lookUp(c.req.param(), c.req.query());
      if (answer.path === pathAndQuery) ready.set(pathAndQuery, answer);
    }
    const { body, etag, headers, headersOfBody } = answer;
    if (isKnown(c.req.header("If-None-Match"), etag)) return c.body(null, 304, headers);
    return c.body(body, 200, headersOfBody);
  };
}

function jsonAnswer(embedding: Embedding, format: VectorFormat, bundle: string) {
  return {
    path: cachedPath(bundle, embedding.sha256, format),
    contentType: "application/json",
    body: JSON.stringify(listAnswer([embeddingItem(embedding, 0, format)], bundle)),
  };
}

/** The vector alone: 4 bytes a number, which is all that a program needs to compare. */
function binaryAnswer(
  { sha256, vector }: Embedding,
  { dimensions = vector.length }: VectorFormat,
  bundle: string,
) {
  const query = dimensions === vector.length ? "" : `?dimensions=${dimensions}`;
  return {
    path: `/v1/embeddings/${bundle}/${sha256}.bin${query}`,
    contentType: "application/octet-stream",
    body: vectorToBytes(shorten(vector, dimensions)),
  };
}

/** Whether a caller has what is tagged so, or anything at all of that address (RFC 9110, section 13.1.2). */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(etag) || ifNoneMatch?.trim() === "*";
}

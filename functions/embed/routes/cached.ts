import type { Context } from "hono";
import type { Manifest } from "../../../shared/bundle.ts";
import { NotCachedError, UnknownBundleError, UnknownRouteError } from "../request_errors.ts";
import type { Store } from "../store/store.ts";
import { embeddingItem, listAnswer } from "./answer.ts";
import { parseOptions, vectorFormat } from "./options.ts";

export const CACHED_ROUTE = "/v1/embeddings/:bundle/:file";

/** A key determines its vector, so whoever has the answer may keep it: a year is the longest that HTTP suggests. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** `GET /v1/embeddings/{bundle}/{sha256}.json`: an embedding that was computed before, from the cache alone. */
export function getCached(manifest: Manifest, store: Store) {
  const bundleId = manifest.id;
  return async function cached(c: Context<object, typeof CACHED_ROUTE>): Promise<Response> {
    const { bundle, file } = c.req.param();
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
    const { encoding_format, dimensions } = c.req.query();
    const format = vectorFormat(parseOptions({ encoding_format, dimensions }), manifest);
    const embedding = await store.get(bundleId, sha256);
    if (embedding === undefined) {
      throw new NotCachedError(
        `Cannot look up an embedding: the picture must have been embedded before: ${sha256} was not`,
      );
    }
    return c.json(listAnswer([embeddingItem(embedding, 0, format)], bundleId), 200, {
      "Cache-Control": IMMUTABLE,
    });
  };
}

import type { Context } from "hono";
import type { BundleResponse } from "../../../shared/api.ts";
import type { Manifest } from "../../../shared/bundle.ts";
import { type AccessSettings, isLocalOnly, isPublic } from "../access/access.ts";
import type { Settings } from "../settings.ts";

/** `GET /v1/bundle`: what a client must know of the encoder that is served, and of the limits. */
export function getBundle(
  { id, embedding, similarity }: Manifest,
  { maxBytes, maxBatch }: Pick<Settings, "maxBytes" | "maxBatch">,
  access: AccessSettings,
) {
  const answer: BundleResponse = {
    id,
    dimensions: embedding.dimensions,
    dimensionsOrdered: embedding.whitening !== undefined,
    copyThreshold: similarity.copyThreshold,
    differentPairsAbove: similarity.differentPairsAbove,
    maxBytes,
    maxBatch,
    publicLookup: isLocalOnly(access) || isPublic("lookup", access),
  };
  return function bundle(c: Context): Response {
    return c.json(answer, 200, { "Cache-Control": "no-cache" });
  };
}

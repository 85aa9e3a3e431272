import type { Context } from "hono";
import type { BundleResponse } from "../../../shared/api.ts";
import { type AccessSettings, isLocalOnly, isPublic } from "../access/access.ts";
import type { Serving } from "../takeover/serving.ts";
import type { Settings } from "../settings.ts";

/** `GET /v1/bundle`: what a client must know of the encoder that is served, and of the limits. */
export function getBundle(
  serving: Pick<Serving, "current">,
  { maxBytes, maxBatch }: Pick<Settings, "maxBytes" | "maxBatch">,
  access: AccessSettings,
) {
  return function bundle(c: Context): Response {
    const { id, embedding, similarity } = serving.current.manifest;
    const answer: BundleResponse = {
      id,
      dimensions: embedding.dimensions,
      dimensionsOrdered: embedding.whitening !== undefined,
      copyThreshold: similarity.copyThreshold,
      differentPairsAbove: similarity.differentPairsAbove,
      thresholds: similarity.copies?.thresholds ?? [],
      maxBytes,
      maxBatch,
      publicLookup: isLocalOnly(access) || isPublic("lookup", access),
    };
    return c.json(answer, 200, { "Cache-Control": "no-cache" });
  };
}

import type { Context } from "hono";
import { bundleTag, cacheTags, groupTag, pictureTag } from "../cache_tags.ts";
import type { Placement } from "../store/store.ts";

/** How long a shared cache may answer with what can change, in seconds, and how much longer while it asks anew. */
const SHARED_SECONDS = 60;
const STALE_SECONDS = 300;

/** Lets a shared cache keep an answer that can change for a minute, and purge it by its tags before that. */
export function cacheShortly(c: Context, tags: string[]): void {
  const shared = `s-maxage=${SHARED_SECONDS}, stale-while-revalidate=${STALE_SECONDS}`;
  c.header("Cache-Control", `public, max-age=0, ${shared}`);
  for (const [name, value] of Object.entries(cacheTags(tags))) c.header(name, value);
}

/** The same for what is said of a picture and of the one to serve instead of it. */
export function tagPlacement(c: Context, { picture, canonical }: Placement, ...others: string[]): void {
  cacheShortly(c, [
    bundleTag(c.get("view").bundle.id),
    pictureTag(picture.sha256),
    groupTag(canonical.sha256),
    ...others,
  ]);
}

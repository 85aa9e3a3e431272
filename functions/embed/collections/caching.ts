import type { Context } from "hono";

/** How long a shared cache may answer with what can change, in seconds, and how much longer while it asks anew. */
const SHARED_SECONDS = 60;
const STALE_SECONDS = 300;

/**
 * Lets a shared cache keep an answer that can change for a minute, and names what it is about, so that it can be
 * purged: for Fastly and Varnish (`Surrogate-Key`), Cloudflare (`Cache-Tag`) and Deno Deploy (`Deno-Cache-Tag`).
 *
 * @param tags of letters, digits, `.`, `_` and `-`
 */
export function cacheShortly(c: Context, tags: string[]): void {
  c.header(
    "Cache-Control",
    `public, max-age=0, s-maxage=${SHARED_SECONDS}, stale-while-revalidate=${STALE_SECONDS}`,
  );
  c.header("Surrogate-Key", tags.join(" "));
  c.header("Cache-Tag", tags.join(","));
  c.header("Deno-Cache-Tag", tags.join(","));
}

export const bundleTag = (bundle: string): string => `bundle-${bundle.slice(0, 16)}`;
export const collectionTag = (collection: string): string => `collection-${collection}`;
export const pictureTag = (sha256: string): string => `picture-${sha256.slice(0, 32)}`;
export const groupTag = (sha256: string): string => `group-${sha256.slice(0, 32)}`;

/**
 * Headers that name what an answer is about, so that a shared cache can be told to forget it: for Fastly and Varnish
 * (`Surrogate-Key`), Cloudflare (`Cache-Tag`) and Deno Deploy (`Deno-Cache-Tag`).
 *
 * @param tags of letters, digits, `.`, `_` and `-`
 */
export function cacheTags(tags: string[]): Record<string, string> {
  const list = tags.join(",");
  return { "Surrogate-Key": tags.join(" "), "Cache-Tag": list, "Deno-Cache-Tag": list };
}

export const bundleTag = (bundle: string): string => `bundle-${bundle.slice(0, 16)}`;
export const collectionTag = (collection: string): string => `collection-${collection}`;
export const pictureTag = (sha256: string): string => `picture-${sha256.slice(0, 32)}`;
/** @param sha256 of the canonical picture */
export const groupTag = (sha256: string): string => `group-${sha256.slice(0, 32)}`;

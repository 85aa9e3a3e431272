import type { Redirect, Store } from "../store/store.ts";
import { REDIRECT_FORMATS } from "./redirect_formats.ts";

/** Redirects that are read at a time. */
const PAGE = 1000;

/**
 * The body of a list of all redirects of a collection: read as it is sent, so that none of it waits in memory, however
 * long it is. A store that fails on the way breaks it off.
 */
export function redirectsBody(
  store: Pick<Store, "redirects">,
  { bundle, collection, format }: {
    bundle: string;
    collection: string;
    format: keyof typeof REDIRECT_FORMATS;
  },
): { body: ReadableStream<Uint8Array<ArrayBuffer>>; contentType: string } {
  const { contentType, before, entry, after } = REDIRECT_FORMATS[format]();
  async function* parts() {
    yield before(bundle);
    let isFirst = true;
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { redirects: Redirect[]; next: string | null } = await store.redirects(bundle, collection, {
        after: cursor,
        limit: PAGE,
      });
      yield page.redirects.map((redirect) => {
        const text = entry(redirect, isFirst);
        isFirst = false;
        return text;
      }).join("");
      cursor = page.next;
    }
    yield after;
  }
  return { body: ReadableStream.from(parts()).pipeThrough(new TextEncoderStream()), contentType };
}

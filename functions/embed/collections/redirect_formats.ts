import type { Redirect } from "../store/store.ts";

/** How a list of redirects is written, a part after the other. */
interface RedirectFormat {
  contentType: string;
  before(model: string): string;
  /** @param isFirst whether none was written before */
  entry(redirect: Redirect, isFirst: boolean): string;
  after: string;
}

/** The forms of a list of redirects; each call makes one for one list. */
export const REDIRECT_FORMATS = {
  json: (): RedirectFormat => ({
    contentType: "application/json",
    before: (model) => `{"object":"list","model":${JSON.stringify(model)},"data":[`,
    entry: ({ id, url, canonicalUrl }, isFirst) =>
      `${isFirst ? "" : ","}\n${JSON.stringify({ id, url, canonical_url: canonicalUrl })}`,
    after: "\n]}\n",
  }),

  /** RFC 4180. */
  csv: (): RedirectFormat => ({
    contentType: "text/csv; charset=utf-8; header=present",
    before: () => "url,canonical_url,id\r\n",
    entry: ({ id, url, canonicalUrl }) => `${[url, canonicalUrl, id].map(csvField).join(",")}\r\n`,
    after: "",
  }),

  /**
   * What an nginx `map` includes: from a URL to that URL and the one to serve, with a space between. nginx looks strings up
   * whatever their case, so whoever uses the map has to compare; and two of them that differ in case alone are an
   * error, so that the second is written as an expression, for another map (`docs/redirects.nginx.conf`).
   */
  nginx: (): RedirectFormat => {
    const seen = new Set<number>();
    return {
      contentType: "text/plain; charset=utf-8",
      before: () => "",
      entry: ({ url, canonicalUrl }) => {
        const [from, to] = [requestUrl(url), requestUrl(canonicalUrl)];
        const hash = hashOf(from.toLowerCase());
        const key = seen.has(hash) ? `~^=${from.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$` : from;
        seen.add(hash);
        return `${nginxText(key)} ${nginxText(`${from} ${to}`).replaceAll("$", "${lookalike_dollar}")};\n`;
      },
      after: "",
    };
  },
};

/** A URL as it is asked for: in ASCII, and without what browsers keep to themselves. */
function requestUrl(text: string): string {
  const url = new URL(text);
  url.hash = "";
  return url.href;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function nginxText(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** 53 bits (cyrb53, public domain): a million URLs are too many to keep. Equal ones of two URLs cost nothing but speed. */
function hashOf(text: string): number {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What a key may be allowed to do. `metrics` is reading /metrics; `collections-read` is looking up and comparing what
 * collections have, and `collections-write` is changing them; `bundles-read` is seeing which encoders there are and how good,
 * and `bundles-write` is saying which one is served; `jobs` is filing, seeing and
 * cancelling jobs.
 */
export const RIGHTS = [
  "embed",
  "lookup",
  "metrics",
  "collections-read",
  "collections-write",
  "bundles-read",
  "bundles-write",
  "jobs",
] as const;
export type Right = (typeof RIGHTS)[number];

/** What a page's key may do, and a secret key of which nothing else is said. */
export const CALLER_RIGHTS: readonly Right[] = ["embed", "lookup"];

/** A key that callers send, as the settings have it. */
export interface Key {
  /** For logs: says whose it is. */
  name: string;
  /** SHA-256 of its text. */
  hash: Uint8Array;
  rights: readonly Right[];
  /** Of a publishable key: what pages may use it for. A secret key has none. */
  pages?: {
    /** As browsers write them, such as `https://shop.example`. */
    origins: readonly string[];
    /** Requests of one client address. */
    perMinute: number;
  };
}

/** SHA-256 of a key's text. Keys have 256 random bits, so that it needs neither salt nor slowness. */
export function hashKey(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** The key whose text this is. Takes the same time for every text of one length, whether it is a key or not. */
export function findKey(keys: readonly Key[], text: string): Key | undefined {
  const hash = hashKey(text);
  let found: Key | undefined;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}

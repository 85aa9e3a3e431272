import type { AddressRange } from "./client_address.ts";
import type { Key, Right } from "./key.ts";

/** Who may call, as the settings say. */
export interface AccessSettings {
  keys: readonly Key[];
  /** Whether callers without a key may embed and look up; if `perMinute` is given, as often as that. */
  anonymous: { allowed: boolean; perMinute?: number };
  /** Whether callers without a key may look up what is cached, as a CDN must. */
  publicLookup: boolean;
  /** Collections that callers without a key may read, as a CDN must; `*` stands for all. */
  publicCollections: readonly string[];
  trustedProxies: readonly AddressRange[];
}

/**
 * Whether nobody has said who may call. Then everything is open, to callers on this machine only.
 */
export function isLocalOnly({ keys, anonymous }: AccessSettings): boolean {
  return keys.length === 0 && !anonymous.allowed;
}

/** Whether everybody may do this, from everywhere and without a key. */
export function isPublic(right: Right, { anonymous, publicLookup }: AccessSettings): boolean {
  if (right === "lookup") return publicLookup || anonymous.allowed;
  return right === "embed" && anonymous.allowed;
}

/** Whether such a request reads a collection that everybody may read. A search, which embeds, is a POST. */
export function readsPublicCollection(
  { method, path }: { method: string; path: string },
  { publicCollections }: AccessSettings,
): boolean {
  const name = /^\/v1\/collections\/([^/]+)/.exec(path)?.[1];
  if (name === undefined || (method !== "GET" && method !== "HEAD")) return false;
  return publicCollections.includes("*") || publicCollections.includes(name);
}

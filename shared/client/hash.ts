/** SHA-256 in hex; undefined where there is none: pages have SubtleCrypto over HTTPS and on localhost only. */
export async function hash(blob: Blob): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

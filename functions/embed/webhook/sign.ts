import { decodeBase64, encodeBase64 } from "@std/encoding/base64";

/** What a secret begins with. */
const PREFIX = "whsec_";

/** Bytes of a secret, as Standard Webhooks has them. */
const [LEAST_BYTES, MOST_BYTES] = [24, 64];

/** The bytes of a secret, `whsec_` and base64; undefined if it is none. */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  try {
    const bytes = new Uint8Array(decodeBase64(secret.slice(PREFIX.length)));
    return bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Headers that let the receiver of a message see that it is from who has the secret, whole, and no old one
 * (standardwebhooks.com, symmetric signatures): HMAC-SHA256 of id, time and body.
 *
 * @param at milliseconds since 1970, of this attempt
 */
export async function signedHeaders(
  secret: Uint8Array<ArrayBuffer>,
  { id, at, body }: { id: string; at: number; body: string },
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = encodeBase64(await crypto.subtle.sign("HMAC", key, signed));
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

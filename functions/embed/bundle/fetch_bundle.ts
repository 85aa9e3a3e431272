import { type Bundle, BundleError, openBundle, parseManifest } from "../../../shared/bundle.ts";
import type { BundleUrl } from "./bundle_address.ts";

/** The bundle's host does not answer, or not with the file. */
export class BundleUnreachableError extends Error {
  override name = "BundleUnreachableError";
}

/** A file of the bundle has more bytes than it may. */
export class BundleTooLargeError extends Error {
  override name = "BundleTooLargeError";
}

export interface FetchBundleOptions {
  /** Most bytes of the encoder. */
  maxBytes: number;
  /** Longest time for both files together. */
  maxSeconds: number;
  fetch?: typeof globalThis.fetch;
}

/** Some hundred times what a manifest has. */
const MAX_MANIFEST_BYTES = 1_000_000;

/**
 * Fetches a bundle, and verifies it as one on the disk is verified; if the address names an id, it must be that one,
 * whatever the host has now.
 *
 * @throws {BundleUnreachableError | BundleTooLargeError}
 * @throws {BundleError} if it is not whole, or not the one that the address names
 */
export async function fetchBundle(
  { url, id }: BundleUrl,
  { maxBytes, maxSeconds, fetch = globalThis.fetch }: FetchBundleOptions,
): Promise<Bundle> {
  const deadline = AbortSignal.timeout(maxSeconds * 1000);
  const get = (name: string, limit: number) =>
    fetchFile(fetch, new URL(name, url), limit, deadline).catch((cause) => {
      if (cause instanceof BundleTooLargeError) throw cause;
      const reason = deadline.aborted ? `it did not` : cause instanceof Error ? cause.message : String(cause);
      throw new BundleUnreachableError(
        `Cannot open the bundle: the host of BUNDLE must answer with ${name} within ${maxSeconds} s: received ${url}${name}: ${reason}`,
        { cause },
      );
    });
  const json = new TextDecoder().decode(await get("manifest.json", MAX_MANIFEST_BYTES));
  const manifest = parseManifest(json);
  if (id !== undefined && manifest.id !== id) {
    throw new BundleError(
      `Cannot open the bundle: the one at BUNDLE must have the id after its #, ${id}: received ${manifest.id}`,
    );
  }
  const { bytes } = manifest.encoder;
  if (bytes > maxBytes) {
    throw new BundleTooLargeError(
      `Cannot open the bundle: encoder.onnx must have at most ${maxBytes} bytes: the manifest says ${bytes}`,
    );
  }
  return await openBundle(json, await get("encoder.onnx", bytes));
}

async function fetchFile(
  fetch: typeof globalThis.fetch,
  url: URL,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  // A redirect may lead to a host that this process has no right to ask, and that nobody named.
  const { status, body } = await fetch(url, { signal, redirect: "manual" });
  if (status !== 200 || !body) {
    await body?.cancel();
    throw new Error(`status ${status}`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) {
      throw new BundleTooLargeError(
        `Cannot open the bundle: ${url} must have at most ${limit} bytes: received more`,
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

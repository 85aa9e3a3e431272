import { join } from "@std/path";
import { type Bundle, openBundle } from "../../../shared/bundle.ts";
import type { BundleAddress } from "./bundle_address.ts";
import { fetchBundle, type FetchBundleOptions } from "./fetch_bundle.ts";

/** The bundle's folder or its files are missing. */
export class MissingBundleError extends Error {
  override name = "MissingBundleError";
}

/**
 * Reads the bundle from its folder, or fetches it.
 *
 * @throws {MissingBundleError | BundleUnreachableError | BundleTooLargeError} if it cannot be had
 * @throws {BundleError} if it is not whole
 */
export async function readBundle(address: BundleAddress, options: FetchBundleOptions): Promise<Bundle> {
  return address.kind === "url" ? await fetchBundle(address, options) : await readBundleFolder(address.path);
}

/** @throws {MissingBundleError | BundleError} if the folder has no bundle, or one that is not whole */
export async function readBundleFolder(folder: string): Promise<Bundle> {
  let files: [string, Uint8Array];
  try {
    files = await Promise.all([
      Deno.readTextFile(join(folder, "manifest.json")),
      Deno.readFile(join(folder, "encoder.onnx")),
    ]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MissingBundleError(
      `Cannot open the bundle: BUNDLE must be a folder with manifest.json and encoder.onnx: received ${folder}: ${reason}`,
      { cause },
    );
  }
  return await openBundle(...files);
}

import { join } from "@std/path";
import { type Bundle, openBundle } from "../../shared/bundle.ts";
import { createEncoder } from "../../shared/encoder.ts";
import type { Dependencies } from "./app.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";
import { openSqliteStore } from "./store/sqlite.ts";

/** The bundle's folder or its files are missing. */
export class MissingBundleError extends Error {
  override name = "MissingBundleError";
}

/**
 * Loads what the app needs: the bundle, its encoder, already warm, so that no request pays for it, and the store.
 *
 * @throws {MissingBundleError | BundleError} if the bundle is not there, or not whole
 * @throws {EncoderError} if its graph does not run
 * @throws {StoreError} if the store cannot be opened
 */
export async function loadDependencies(settings: Settings, log: Log): Promise<Dependencies> {
  const store = openSqliteStore(settings.storePath);
  const bundle = await readBundle(settings.bundle);
  const encoder = await createEncoder(bundle);
  await encoder.embed(new Float32Array(3 * bundle.manifest.preprocessing.size ** 2), 1);
  return { manifest: bundle.manifest, encoder, store, limits: settings, access: settings.access, log };
}

async function readBundle(folder: string): Promise<Bundle> {
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

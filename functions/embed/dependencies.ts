import { join } from "@std/path";
import { type Bundle, openBundle } from "../../shared/bundle.ts";
import type { Dependencies } from "./app.ts";
import type { FetchPicture } from "./fetch/fetch_picture.ts";
import { openInferencePool } from "./inference/inference_pool.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store/open_store.ts";

/** The bundle's folder or its files are missing. */
export class MissingBundleError extends Error {
  override name = "MissingBundleError";
}

/**
 * Loads what the app needs: the bundle, workers with a session each, already warm, so that no request pays for it, and
 * the store.
 *
 * @throws {MissingBundleError | BundleError} if the bundle is not there, or not whole
 * @throws {EncoderError} if its graph does not run
 * @throws {StoreError} if the store cannot be opened
 */
export async function loadDependencies(settings: Settings, log: Log): Promise<Dependencies> {
  const { workers, maxPixels, maxSeconds } = settings;
  const bundle = await readBundle(settings.bundle);
  const store = await openStore(settings.store, log);
  const inference = await openInferencePool({ bundle, workers, maxPixels, maxSeconds, log });
  return {
    manifest: bundle.manifest,
    inference,
    store,
    limits: settings,
    access: settings.access,
    log,
    fetchPicture: await loadFetchPicture(settings),
  };
}

/** What fetches pictures by their URLs, loaded only where that is enabled. */
async function loadFetchPicture(
  { allowUrls, maxBytes, urlSeconds, urlRedirects }: Settings,
): Promise<FetchPicture | undefined> {
  if (allowUrls.length === 0) return undefined;
  const { createFetchPicture } = await import("./fetch/fetch_picture.ts");
  return createFetchPicture({
    allowed: allowUrls,
    maxBytes,
    maxSeconds: urlSeconds,
    maxRedirects: urlRedirects,
  });
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

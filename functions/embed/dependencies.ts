import type { Dependencies } from "./app.ts";
import { readBundle } from "./bundle/read_bundle.ts";
import type { FetchPicture } from "./fetch/fetch_picture.ts";
import { openInferencePool } from "./inference/inference_pool.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store/open_store.ts";

/**
 * Loads what the app needs: the bundle, workers with a session each, already warm, so that no request pays for it, and
 * the store.
 *
 * @throws {MissingBundleError | BundleUnreachableError | BundleTooLargeError} if the bundle cannot be had
 * @throws {BundleError} if it is not whole
 * @throws {EncoderError} if its graph does not run
 * @throws {StoreError} if the store cannot be opened
 */
export async function loadDependencies(settings: Settings, log: Log): Promise<Dependencies> {
  const { workers, maxPixels, maxSeconds } = settings;
  const bundle = await readBundle(settings.bundle, {
    maxBytes: settings.maxBundleBytes,
    maxSeconds: settings.bundleSeconds,
  });
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

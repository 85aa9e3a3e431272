import type { Bundle } from "../../shared/bundle.ts";
import { openObjects } from "../../shared/objects/location.ts";
import { Registry } from "../../shared/registry/registry.ts";
import type { Dependencies } from "./app.ts";
import { readBundle } from "./bundle/read_bundle.ts";
import type { FetchPicture } from "./fetch/fetch_picture.ts";
import { openJobs } from "./jobs/open_jobs.ts";
import { openInferencePool } from "./inference/inference_pool.ts";
import type { Log } from "./log.ts";
import type { Settings } from "./settings.ts";
import { openWebhook } from "./webhook/open_webhook.ts";
import { openStore } from "./store/open_store.ts";
import type { Store } from "./store/store.ts";
import { oneBundle } from "./takeover/bundles.ts";
import { RegistryBundles } from "./takeover/registry_bundles.ts";

/**
 * Loads what the app needs: the bundle, workers with a session each, already warm, so that no request pays for it, and
 * the store.
 *
 * @throws {MissingBundleError | BundleUnreachableError | BundleTooLargeError} if the bundle cannot be had
 * @throws {BundleError} if it is not whole
 * @throws {EncoderError} if its graph does not run
 * @throws {StoreError} if the store cannot be opened
 * @throws {RegistryError | ObjectStoreError} if the registry cannot be read
 */
export async function loadDependencies(settings: Settings, log: Log): Promise<Dependencies> {
  const store = await openStore(settings.store, log);
  return {
    ...await openBundles(settings, store, log),
    store,
    limits: settings,
    jobs: openJobs(settings.store, log),
    access: settings.access,
    log,
    webhook: openWebhook(settings.webhook, store, log),
    fetchPicture: await loadFetchPicture(settings),
  };
}

/** The bundle of the settings, or those of the registry as they become current. */
async function openBundles(
  settings: Settings,
  store: Store,
  log: Log,
): Promise<Pick<Dependencies, "bundles" | "followed">> {
  const { workers, maxPixels, maxSeconds, bulkSeconds, registrySeconds } = settings;
  const openInference = (bundle: Bundle) =>
    openInferencePool({ bundle, workers, maxPixels, maxSeconds, log });
  const openOne = async () => {
    const { maxBundleBytes: maxBytes, bundleSeconds } = settings;
    const bundle = await readBundle(settings.bundle, { maxBytes, maxSeconds: bundleSeconds });
    return { manifest: bundle.manifest, inference: await openInference(bundle) };
  };
  if (settings.registry === undefined) return { bundles: oneBundle(await openOne()) };
  const registry = new Registry(openObjects(settings.registry, { files: Deno, fetch }));
  const bundles = await RegistryBundles.open({
    registry,
    fallback: openOne,
    openInference,
    store,
    longestSeconds: maxSeconds + bulkSeconds,
    log,
  });
  bundles.watch(registrySeconds);
  return { bundles, followed: { registry, look: () => bundles.look() } };
}

/** What fetches pictures by their URLs, loaded only where that is enabled. */
export async function loadFetchPicture(
  { allowUrls, maxBytes, urlSeconds, urlRedirects }: Pick<
    Settings,
    "allowUrls" | "maxBytes" | "urlSeconds" | "urlRedirects"
  >,
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

import { type Bundle, openBundle } from "../../../shared/bundle.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { provideWasm, WASM_NAMES, type WasmName } from "../../../shared/wasm_file.ts";
import { createApp } from "../app.ts";
import { fetchBundle } from "../bundle/fetch_bundle.ts";
import { createLocalInference } from "../inference/local_inference.ts";
import { PROBE } from "../inference/probe.ts";
import { createConsoleLog, type Log } from "../log.ts";
import { readSettings, type Settings, SettingsError } from "../settings.ts";
import { createMemoryStore } from "../store/memory_store.ts";
import { openWebhook } from "../webhook/open_webhook.ts";
import type { Store } from "../store/store.ts";
import { oneBundle } from "../takeover/bundles.ts";
import type { StoreAddress } from "../../../shared/store_address.ts";

/** What a deployment carries besides code. */
export type AssetName = WasmName | "manifest.json" | "encoder.onnx";

/** Some 30 MB with 256 dimensions. */
const CACHED_EMBEDDINGS = 20_000;

/**
 * The edge function for platforms that have no workers and no disk: inference in the thread that answers, PostgreSQL or a
 * cache in memory, WebAssembly and bundle from `read`. Settings come from the environment as everywhere. BUNDLE can be a URL
 * only, which counts more than a bundle that is carried; besides, BASE_PATH is taken off the front of every path, since platforms
 * put the function's name there.
 *
 * @throws {SettingsError} if a setting is wrong, or there is neither a bundle that is carried nor a URL of one
 * @throws {BundleUnreachableError | BundleTooLargeError | BundleError | EncoderError} if the bundle is none
 */
export async function createEdgeFetch(
  read: (name: AssetName) => Promise<Uint8Array>,
  environment: (name: string) => string | undefined,
): Promise<(request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>> {
  for (const name of WASM_NAMES) provideWasm(name, () => read(name));
  const settings = readSettings(environment);
  const bundle = await openEdgeBundle(read, settings, Boolean(environment("BUNDLE")));
  const inference = createLocalInference(bundle.manifest, await createEncoder(bundle), settings.maxPixels);
  await inference.infer(PROBE);
  const log = createConsoleLog(settings.logLevel);
  const store = await openEdgeStore(settings.store, log);
  const app = createApp({
    bundles: oneBundle({ manifest: bundle.manifest, inference }),
    store,
    webhook: openWebhook(settings.webhook, store, log),
    limits: settings,
    access: settings.access,
    log,
  });
  const base = environment("BASE_PATH") ?? "";
  return function fetch(request, info) {
    const url = new URL(request.url);
    if (base === "" || !url.pathname.startsWith(`${base}/`)) return app.fetch(request, info);
    url.pathname = url.pathname.slice(base.length);
    return app.fetch(new Request(url, request), info);
  };
}

async function openEdgeStore(address: StoreAddress, log: Log): Promise<Store> {
  if (address.kind === "sqlite") return createMemoryStore(CACHED_EMBEDDINGS);
  const { openPostgresStore } = await import("../store/postgres.ts");
  return await openPostgresStore(address, log);
}

async function openEdgeBundle(
  read: (name: AssetName) => Promise<Uint8Array>,
  { bundle, maxBundleBytes, bundleSeconds }: Settings,
  isNamed: boolean,
): Promise<Bundle> {
  if (bundle.kind === "url") {
    return await fetchBundle(bundle, { maxBytes: maxBundleBytes, maxSeconds: bundleSeconds });
  }
  if (isNamed) {
    throw new SettingsError(
      `Cannot start: BUNDLE must be https://host/path here, where there is no disk: received ${bundle.path}`,
    );
  }
  return await openBundle(new TextDecoder().decode(await read("manifest.json")), await read("encoder.onnx"));
}

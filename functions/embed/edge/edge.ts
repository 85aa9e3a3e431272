import { openBundle } from "../../../shared/bundle.ts";
import { createEncoder } from "../../../shared/encoder.ts";
import { provideWasm, WASM_NAMES, type WasmName } from "../../../shared/wasm_file.ts";
import { createApp } from "../app.ts";
import { createLocalInference } from "../inference/local_inference.ts";
import { PROBE } from "../inference/probe.ts";
import { createConsoleLog, type Log } from "../log.ts";
import { readSettings } from "../settings.ts";
import { createMemoryStore } from "../store/memory_store.ts";
import type { Store } from "../store/store.ts";
import type { StoreAddress } from "../../../shared/store_address.ts";

/** What a deployment carries besides code. */
export type AssetName = WasmName | "manifest.json" | "encoder.onnx";

/** Some 30 MB with 256 dimensions. */
const CACHED_EMBEDDINGS = 20_000;

/**
 * The edge function for platforms that have no workers and no disk: inference in the thread that answers, PostgreSQL or a
 * cache in memory, WebAssembly and bundle from `read`. Settings come from the environment as everywhere; besides, BUNDLE may be a
 * URL, whose `manifest.json` and `encoder.onnx` are fetched, and BASE_PATH is taken off the front of every path, since
 * platforms put the function's name there.
 */
export async function createEdgeFetch(
  read: (name: AssetName) => Promise<Uint8Array>,
  environment: (name: string) => string | undefined,
): Promise<(request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>> {
  for (const name of WASM_NAMES) provideWasm(name, () => read(name));
  const settings = readSettings((name) => name === "BUNDLE" ? undefined : environment(name));
  const folder = environment("BUNDLE");
  const readBundleFile = (name: "manifest.json" | "encoder.onnx") =>
    folder ? fetchFile(`${folder.replace(/\/$/, "")}/${name}`) : read(name);
  const bundle = await openBundle(
    new TextDecoder().decode(await readBundleFile("manifest.json")),
    await readBundleFile("encoder.onnx"),
  );
  const inference = createLocalInference(bundle.manifest, await createEncoder(bundle), settings.maxPixels);
  await inference.infer(PROBE);
  const log = createConsoleLog(settings.logLevel);
  const app = createApp({
    manifest: bundle.manifest,
    inference,
    store: await openEdgeStore(settings.store, log),
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

async function fetchFile(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(
      `Cannot open the bundle: BUNDLE must have the file ${url}: received status ${response.status}`,
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

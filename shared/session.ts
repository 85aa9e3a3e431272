import type * as Ort from "onnxruntime-web";
import { free } from "./free.ts";
import { readWasm } from "./wasm_file.ts";

/** What is used of onnxruntime's JavaScript interface. */
export interface Runtime {
  Tensor: typeof Ort.Tensor;
  InferenceSession: Pick<typeof Ort.InferenceSession, "create">;
}

let runtime: Promise<Runtime> | undefined;
/** The runtime's file (14 MB), from when it is read to when the first session has compiled it. */
let file: Uint8Array<ArrayBuffer> | undefined;

/**
 * The platform's own onnxruntime where there is one, which Supabase's Edge Runtime keeps at
 * `globalThis[Symbol.for("onnxruntime")]`; else onnxruntime-web, for WebAssembly on one thread.
 */
export function loadRuntime(): Promise<Runtime> {
  return runtime ??= findRuntime().catch((error) => {
    runtime = undefined;
    throw error;
  });
}

async function findRuntime(): Promise<Runtime> {
  const own = (globalThis as Record<symbol, unknown>)[Symbol.for("onnxruntime")];
  if (own) return own as Runtime;
  const ort = await importRuntime();
  // More threads need SharedArrayBuffer and workers of the runtime's own, which edge platforms lack.
  ort.env.wasm.numThreads = 1;
  file = await readWasm("onnxruntime");
  ort.env.wasm.wasmBinary = file.buffer;
  return ort;
}

/**
 * Where there are workers, the build that takes Deno for Node. Elsewhere the build for browsers, which has all its code
 * in one file, and does not load in a worker of Deno's.
 */
function importRuntime(): Promise<typeof Ort> {
  return globalThis.Worker === undefined ? import("onnxruntime-web/wasm") : import("onnxruntime-web");
}

/**
 * Loads an ONNX file.
 *
 * The build for Node replaces the global `Worker`, as it starts, by that of `node:worker_threads`, whose workers lack
 * `self`. It is put back.
 */
export async function createSession(graph: Uint8Array): Promise<Ort.InferenceSession> {
  const { InferenceSession } = await loadRuntime();
  const { Worker } = globalThis;
  try {
    return await InferenceSession.create(graph, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3, // errors only: graphs with outputs that nobody asked for would be warned about
    });
  } finally {
    if (Worker) globalThis.Worker = Worker;
    // The runtime keeps a reference for good.
    if (file) free(file);
    file = undefined;
  }
}
